// Lint of runbooks: what a page asks of the machine must exist and fit, and faults come with their line.

import { expect } from 'chai'
import { z } from 'zod'
import { registryOf, type Read, type Write } from '../../../ops/runbook/action.ts'
import { lintPage } from '../../../ops/runbook/lint.ts'

const source = z.enum(['ashby', 'lever'], 'must be ashby or lever')

const look: Read = {
  kind: 'read',
  name: 'host.state',
  summary: 'How its hosts are',
  args: z.strictObject({ source }),
  timeoutSeconds: 1,
  gives: ['host'],
  look: async () => ({ verdict: 'healthy', causes: [], words: 'well' }),
}
const deed: Write = {
  kind: 'write',
  name: 'source.pause',
  summary: 'Pauses it',
  args: z.strictObject({ source, for: z.string().regex(/^\d+h$/, 'must be as 2h'), host: z.string().optional() }),
  timeoutSeconds: 1,
  reach: 'source',
  reversible: true,
  transaction: true,
  cooldownSeconds: 1,
  perHour: 1,
  perDay: 1,
  plan: async () => ({ target: 'source/lever', words: 'would pause' }),
  act: async () => ({ words: 'paused' }),
  undo: async () => 'resumed',
}
const registry = registryOf([look, deed])

function lint(diagnosis: string, steps: string, labels: string[] = ['source']): string[] {
  const text = `# HostGone\n\n## Meaning\n\nGone.\n\n## Impact\n\nMuch.\n\n## Diagnosis\n\n1. ${diagnosis}\n\n## Steps\n\n1. ${steps}\n2. Ask somebody.\n\n## Escalation\n\nOwner.\n`
  return lintPage('HostGone', text, registry, labels).map(({ line, words }) => `${line}: ${words}`)
}

const LOOK = '`host.state source=$source` How is it?'
const DEED = '`source.pause source=$source for=2h when=blocked` so that it rests.'

describe('lint', () => {
  it('finds nothing wrong with a page that fits', () => {
    expect(lint(LOOK, DEED)).to.deep.equal([])
  })

  it('lets a step use what a look before it gives', () => {
    expect(lint(LOOK, '`source.pause source=$source for=2h host=$host`')).to.deep.equal([])
  })

  const faults: [string, string, string, RegExp, string[]?][] = [
    ['an action that does not exist', '`host.stat source=lever`', DEED, /^13: there is no action host\.stat$/],
    ['code without an action', '`` ', DEED, /^13: there is no action in this code$/],
    ['a change under Diagnosis', DEED.replace(' when=blocked', ''), DEED, /^13: source\.pause changes something/],
    ['a look under Steps', LOOK, LOOK, /^17: host\.state only looks/],
    ['an argument that it does not take', '`host.state source=lever port=1`', DEED, /^13: host\.state takes no port: it takes source$/],
    ['an argument that is missing', '`host.state`', DEED, /^13: source is missing$/],
    ['a value that it refuses', LOOK, '`source.pause source=lever for=soon`', /^17: for=soon must be as 2h$/],
    ['a label that the alert does not carry', LOOK, DEED, /^13: source=\$source: neither the alert nor a line above gives source$/, []],
    ['a finding that comes from nowhere', LOOK, '`source.pause source=lever for=2h host=$board`', /^17: host=\$board: neither/],
    ['a condition that does not exist', LOOK, DEED.replace('blocked', 'sad'), /^17: when=sad is neither a cause nor a verdict$/],
    ['a condition on a look', '`host.state source=lever when=blocked`', DEED, /^13: when= belongs to steps/],
  ]
  for (const [what, diagnosis, steps, words, labels] of faults)
    it(`tells of ${what} with its line`, () => {
      expect(
        lint(diagnosis, steps, labels).some((fault) => words.test(fault)),
        lint(diagnosis, steps, labels).join('\n'),
      ).to.equal(true)
    })

  it('wants at least one step for a person', () => {
    const text = `# HostGone\n\n## Meaning\n\nGone.\n\n## Impact\n\nMuch.\n\n## Diagnosis\n\n1. Look.\n\n## Steps\n\n1. ${DEED}\n\n## Escalation\n\nOwner.\n`
    expect(lintPage('HostGone', text, registry, ['source']).map(({ words }) => words)).to.deep.equal([
      'Steps must ask a person for at least one thing: what to do when the machine does not help',
    ])
  })

  it('wants the page to be called as its file', () => {
    expect(lintPage('Other', '# HostGone\n', registry, [])[0]?.words).to.equal('the file is called Other.md, the page HostGone')
  })
})

describe('a registry', () => {
  it('refuses two actions of one name, names of another form, and an undo that does not fit', () => {
    expect(() => registryOf([look, look])).to.throw('two actions are called host.state')
    expect(() => registryOf([{ ...look, name: 'look' }])).to.throw('look is no name of an action')
    expect(() => registryOf([{ ...deed, reversible: false }])).to.throw('exactly when it is reversible')
  })
})
