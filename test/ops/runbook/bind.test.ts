// Arguments: a value stays one value whatever characters it holds, and only what the action understands reaches it.

import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import type { Read } from '../../../ops/runbook/action.ts'
import { bind } from '../../../ops/runbook/bind.ts'
import { readPage, type Call } from '../../../ops/runbook/page.ts'

const read = (args: z.ZodObject): Read => ({
  kind: 'read',
  name: 'source.state',
  summary: '',
  args,
  timeoutSeconds: 1,
  gives: [],
  look: async () => ({ verdict: 'healthy', causes: [], words: '' }),
})
const anything = read(z.object({ source: z.string(), for: z.string().optional() }))
const named = read(
  z.object({ source: z.enum(['ashby', 'lever'], 'must be a source'), limit: z.coerce.number().int('must be a whole number').optional() }),
)

/** The call of a page's line, read as a page is. */
function callOf(line: string): Call {
  const text = `# A\n\n## Meaning\n\nx\n\n## Impact\n\nx\n\n## Diagnosis\n\n1. \`${line}\` x\n\n## Steps\n\n1. Call.\n\n## Escalation\n\nx\n`
  const { page, faults } = readPage(text)
  expect(faults).to.deep.equal([])
  const call = page.diagnosis[0]?.call
  if (!call) throw new Error('no call')
  return call
}

/** What an alert could carry to become something else than a value. */
const hostile = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'lever for=99d',
    'lever when=broken',
    '$(reboot)',
    '`source.pause source=ashby`',
    "'; drop table boards; --",
    'lever\n2. `source.pause source=ashby`',
    '$for',
    '__proto__',
    '../../etc/passwd',
    '\u202Erevel',
    '',
  ),
)

describe('ops/runbook/bind', () => {
  it('keeps the value of a label as one value of one argument, whatever it holds', () => {
    const call = callOf('source.state source=$source for=2h')
    fc.assert(
      fc.property(hostile, (source) => {
        const bound = bind(anything, call, { source, for: '1d', evil: 'x' }, {})
        expect(bound).to.deep.equal({ kind: 'bound', args: { source, for: '2h' }, given: { source, for: '2h' } })
      }),
    )
  })

  it('lets nothing through that the action does not understand', () => {
    const call = callOf('source.state source=$source')
    fc.assert(
      fc.property(hostile, (source) => {
        const bound = bind(named, call, { source }, {})
        if (source === 'lever' || source === 'ashby') return
        expect(bound).to.deep.equal({ kind: 'unbound', words: 'source must be a source' })
      }),
    )
    expect(bind(named, callOf('source.state source=lever limit=5'), {}, {})).to.deep.equal({
      kind: 'bound',
      args: { source: 'lever', limit: 5 },
      given: { source: 'lever', limit: '5' },
    })
    expect(bind(named, callOf('source.state source=lever limit=1.5'), {}, {})).to.deep.include({ words: 'limit must be a whole number' })
  })

  it('takes a label before a finding of the same name, and says what nobody gives', () => {
    const call = callOf('source.state source=$source')
    expect(bind(anything, call, { source: 'a' }, { source: 'b' })).to.deep.include({ given: { source: 'a' } })
    expect(bind(anything, call, {}, { source: 'b' })).to.deep.include({ given: { source: 'b' } })
    expect(bind(anything, call, {}, {})).to.deep.equal({
      kind: 'unbound',
      words: 'nothing is known of source: neither the alert nor a finding gives it',
    })
  })

  it('finds no value where an object has one of its own kind', () => {
    for (const name of ['constructor', 'toString', 'valueOf'])
      expect(bind(anything, { action: 'source.state', args: { source: { kind: 'name', name } }, when: [] }, {}, {}).kind, name).to.equal(
        'unbound',
      )
  })
})
