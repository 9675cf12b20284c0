// A runbook's page: what is a call, what is asked of a person, and what is wrong with its form.

import { expect } from 'chai'
import fc from 'fast-check'
import { readPage } from '../../../ops/runbook/page.ts'

/** A page with these lines under Diagnosis and Steps. */
function pageOf(diagnosis: string, steps: string, title = '# HostGone'): string {
  return `${title}\n\n## Meaning\n\nIt is gone.\n\n## Impact\n\nNobody gets in.\n\n## Diagnosis\n\n${diagnosis}\n\n## Steps\n\n${steps}\n\n## Escalation\n\nOwner: scraping.\n`
}

const LOOK = '1. `host.state source=$source` Is its breaker open?'
const ASK = '1. Wait for it.'

describe('a page', () => {
  it('has calls, with labels, plain values and conditions, and lines for a person', () => {
    const { page, faults } = readPage(
      pageOf(
        `${LOOK}\n2. Does its status page say\n   anything?`,
        '1. `source.pause source=$source for=2h when=blocked,broken` so that it is left in peace.\n2. Run `rolewatch doctor`.',
      ),
    )
    expect(faults).to.deep.equal([])
    expect(page.alert).to.equal('HostGone')
    expect(page.diagnosis).to.deep.equal([
      {
        number: 1,
        line: 13,
        text: 'Is its breaker open?',
        call: { action: 'host.state', args: { source: { kind: 'name', name: 'source' } }, when: [] },
      },
      { number: 2, line: 14, text: 'Does its status page say anything?', call: null },
    ])
    expect(page.steps.map(({ call }) => call)).to.deep.equal([
      {
        action: 'source.pause',
        args: { source: { kind: 'name', name: 'source' }, for: { kind: 'literal', text: '2h' } },
        when: ['blocked', 'broken'],
      },
      null,
    ])
  })

  it('takes code that does not begin its line for words', () => {
    const { page } = readPage(pageOf(LOOK, '1. Only then run `source.pause source=lever for=2h`.'))
    expect(page.steps[0]?.call).to.equal(null)
  })

  const faults: [string, string, number, RegExp][] = [
    ['no title', pageOf(LOOK, ASK, 'HostGone'), 1, /the first line must be/],
    ['a missing heading', pageOf(LOOK, ASK).replace('## Impact\n', ''), 10, /the headings must be Meaning, Impact/],
    ['headings in another order', pageOf(LOOK, ASK).replace('## Steps', '## Diagnose'), 15, /the headings must be/],
    ['a paragraph between the lines', pageOf(`${LOOK}\n\nThink.`, ASK), 15, /only numbered lines/],
    ['a list without numbers', pageOf('- `host.state`', ASK), 13, /only numbered lines/],
    ['a number that is left out', pageOf(LOOK, '1. Wait.\n3. Wait more.'), 18, /number 2, not 3/],
    ['nothing to do', pageOf(LOOK, ''), 15, /at least one numbered line/],
    ['code that is not closed', pageOf('1. `host.state source=$source Is it?', ASK), 13, /not closed/],
    ['an argument without a value', pageOf('1. `host.state source=` Is it?', ASK), 13, /"source=" is no argument/],
    ['a word that is no argument', pageOf('1. `host.state lever` Is it?', ASK), 13, /"lever" is no argument/],
    ['an argument given twice', pageOf('1. `host.state source=lever source=ashby` Is it?', ASK), 13, /source is given twice/],
    ['a condition from a label', pageOf(LOOK, '1. `source.resume source=lever when=$cause` Go.'), 17, /not labels/],
  ]
  for (const [what, text, line, words] of faults)
    it(`tells of ${what} with its line`, () => {
      const found = readPage(text).faults
      expect(
        found.some((fault) => fault.line === line && words.test(fault.words)),
        JSON.stringify(found),
      ).to.equal(true)
    })

  for (const hostile of ['$(reboot)', '`reboot`', '"a b"', ';reboot', '|cat', '$SOURCE', '${source}', '&&x', 'a\\nb', '*'])
    it(`takes no value like ${hostile}`, () => {
      const { page, faults: found } = readPage(pageOf(`1. \`host.state source=${hostile.replaceAll('`', "'")}\` Is it?`, ASK))
      expect(found).not.to.deep.equal([])
      expect(page.diagnosis[0]?.call?.args).to.deep.equal({})
    })

  it('is read without throwing, whatever the text is', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('# A', '## Steps', '## Diagnosis', '1. `a.b c=d`', '   more', '`', '$'))
    fc.assert(
      fc.property(fc.array(word), (lines) => {
        const { page, faults: found } = readPage(lines.join('\n'))
        return found.every(({ line }) => line >= 1 && line <= Math.max(1, lines.join('\n').split('\n').length)) && page.alert !== undefined
      }),
    )
  })
})
