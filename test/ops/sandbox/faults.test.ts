// Rules of faults: what they strike, how often, in which order, and which of them are refused.

import { expect } from 'chai'
import { openFaults, ruleIssues, type FaultRule } from '../../../ops/sandbox/faults.ts'

const stripe = { source: 'greenhouse', host: 'boards-api.greenhouse.io', board: 'stripework' }
const other = { source: 'lever', host: 'api.lever.co', board: 'other' }
const robots = { ...stripe, board: null }
const slack = { source: 'slack', host: 'hooks.slack.com', board: null }

/** The kinds that strike the next `count` requests, `-` for none. */
function struck(rule: FaultRule, count = 4, where: Parameters<ReturnType<typeof openFaults>['take']>[0] = stripe): string {
  const faults = openFaults()
  faults.add(rule)
  return Array.from({ length: count }, () => faults.take(where)?.kind ?? '-').join(' ')
}

describe('a standing fault', () => {
  it('strikes every request for a board until it is cleared', () => {
    const faults = openFaults()
    faults.add({ kind: 'hang' })
    expect([faults.take(stripe)?.kind, faults.take(other)?.kind]).to.deep.equal(['hang', 'hang'])
    faults.clear()
    expect(faults.take(stripe)).to.equal(null)
  })

  it('strikes only its source, host or board', () => {
    expect(struck({ kind: 'hang', source: 'greenhouse' }, 1)).to.equal('hang')
    expect(struck({ kind: 'hang', source: 'greenhouse' }, 1, other)).to.equal('-')
    expect(struck({ kind: 'hang', host: 'api.lever.co' }, 1, other)).to.equal('hang')
    expect(struck({ kind: 'hang', host: 'api.eu.lever.co' }, 1, other)).to.equal('-')
    expect(struck({ kind: 'hang', board: 'stripework' }, 1)).to.equal('hang')
    expect(struck({ kind: 'hang', board: 'stripework' }, 1, other)).to.equal('-')
    expect(struck({ kind: 'hang', board: 'stripework', source: 'lever' }, 1)).to.equal('-')
  })

  it('strikes what is no board only when its host is named, and Slack only when Slack is', () => {
    expect(struck({ kind: 'hang' }, 1, robots)).to.equal('-')
    expect(struck({ kind: 'hang', source: 'greenhouse' }, 1, robots)).to.equal('-')
    expect(struck({ kind: 'hang', host: 'boards-api.greenhouse.io' }, 1, robots)).to.equal('hang')
    expect(struck({ kind: 'hang' }, 1, slack)).to.equal('-')
    expect(struck({ kind: 'hang', source: 'slack' }, 1, slack)).to.equal('hang')
    expect(struck({ kind: 'hang', source: 'slack' }, 1)).to.equal('-')
  })

  it('strikes as often as told, and from when on', () => {
    expect(struck({ kind: 'reset', times: 2 })).to.equal('reset reset - -')
    expect(struck({ kind: 'reset', from: 3 })).to.equal('- - reset reset')
    expect(struck({ kind: 'reset', from: 2, times: 1 })).to.equal('- reset - -')
  })

  it('follows a sequence of numbers, names and faults, and is then spent', () => {
    expect(struck({ sequence: [500, 'ok', { kind: 'slow', ms: 5 }, 'hang'] }, 5)).to.equal('status - slow hang -')
    const faults = openFaults()
    faults.add({ sequence: [503] })
    expect(faults.take(stripe)).to.deep.equal({ kind: 'status', status: 503 })
  })

  it('lets the oldest of several decide, and the next when that one is spent', () => {
    const faults = openFaults()
    faults.add({ kind: 'hang', times: 1 })
    const id = faults.add({ kind: 'reset' })
    expect([faults.take(stripe)?.kind, faults.take(stripe)?.kind]).to.deep.equal(['hang', 'reset'])
    expect(faults.list().map(({ seen }) => seen)).to.deep.equal([2, 1])
    faults.clear(id)
    expect(faults.list()).to.have.length(1)
    expect(faults.take(stripe)).to.equal(null)
  })
})

describe('a rule from outside', () => {
  const known = { sources: ['greenhouse', 'lever'], hosts: ['api.lever.co'], hasBoard: (ident: string) => ident === 'stripework' }
  const issues = (value: unknown) => ruleIssues(value, known).join('; ')

  for (const rule of [
    { kind: 'hang' },
    { kind: 'status', status: 429, retryAfter: 5, retryAfterForm: 'date', source: 'lever', times: 3 },
    { kind: 'slow', ms: 100, host: 'api.lever.co', from: 2 },
    { kind: 'dropped_field', field: 'title', share: 0.25, board: 'stripework' },
    { sequence: [500, 'ok', { kind: 'redirect', to: 'loop' }], source: 'greenhouse' },
    { kind: 'status', status: 500, source: 'slack' },
  ])
    it(`is taken: ${JSON.stringify(rule)}`, () => {
      expect(issues(rule)).to.equal('')
    })

  for (const [rule, words] of [
    [null, 'must be an object'],
    [[], 'must be an object'],
    [{}, 'kind must be one of'],
    [{ kind: 'explode' }, 'kind must be one of'],
    [{ kind: 'status' }, 'needs a status'],
    [{ kind: 'slow' }, 'slow needs ms'],
    [{ kind: 'status', status: 42 }, 'status must be a number from 200 to 599'],
    [{ kind: 'hang', tims: 3 }, 'tims is not known'],
    [{ kind: 'hang', times: 0 }, 'times must be a number from 1'],
    [{ kind: 'hang', source: 'monster' }, 'source must be one of greenhouse, lever, slack'],
    [{ kind: 'hang', host: 'api.leaver.co' }, 'host must be one of api.lever.co'],
    [{ kind: 'hang', board: 'nobody' }, 'there is no board nobody'],
    [{ kind: 'redirect', to: 'moon' }, 'to must be one of elsewhere, loop, private'],
    [{ kind: 'renamed_field', field: '' }, 'field must be a text'],
    [{ kind: 'captcha', source: 'slack' }, 'slack knows only'],
    [{ sequence: [] }, 'sequence must be a list'],
    [{ sequence: [42] }, 'sequence[0] must be a status'],
    [{ sequence: ['ok', 'bang'] }, 'sequence[1]: kind must be one of'],
    [{ sequence: [500], kind: 'hang' }, 'either kind or sequence'],
    [{ sequence: [null], source: 'slack' }, 'sequence[0]: kind must be one of'],
  ] as const)
    it(`is refused: ${JSON.stringify(rule)}`, () => {
      expect(issues(rule)).to.include(words)
    })

  it('hears of all its faults at once', () => {
    expect(ruleIssues({ kind: 'status', source: 'x', host: 'y', times: -1 }, known)).to.have.length(4)
  })
})
