// Text for Slack: escaping, cutting and dates hold for any text.

import { expect } from 'chai'
import { assert, property, string, integer, date, constantFrom, array, oneof } from 'fast-check'
import { count, counted, day, escapeText, fit, link, oneLine, time } from '../../../services/notify/text.ts'

/** Text that people really write, and everything else. */
const anyText = oneof(
  string({ unit: 'grapheme', maxLength: 400 }),
  string({ unit: 'binary', maxLength: 400 }),
  array(constantFrom('Senior', 'R&D', '<!channel>', '&', '<', '>', '&amp;', '\n', '\t', '😀', '*', '|', '\uD800'), { maxLength: 60 }).map(
    (words) => words.join(' '),
  ),
)
const unescape = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

describe('text for Slack', () => {
  it('escapes what Slack reads as markup, and nothing else', () => {
    expect(escapeText(`R&D <lead> "O'Brien"`)).to.equal(`R&amp;D &lt;lead&gt; "O'Brien"`)
    assert(property(anyText, (text) => unescape(escapeText(text)) === text))
  })

  it('makes one line of anything', () => {
    expect(oneLine('  Senior\r\n\tEngineer\u0000\u2028 (x) ')).to.equal('Senior Engineer (x)')
    assert(property(anyText, (text) => !/[\n\r\t\p{Cc}]/u.test(oneLine(text)) && oneLine(text).isWellFormed()))
  })

  it('leaves a short text whole', () => {
    expect(fit('Backend engineer', 16)).to.equal('Backend engineer')
    assert(property(anyText, (text) => fit(text, 10_000) === escapeText(oneLine(text))))
  })

  it('cuts a long text at a word', () => {
    expect(fit('Senior platform engineer in Berlin', 26)).to.equal('Senior platform engineer…')
    expect(fit('Senior platform engineer in Berlin', 25)).to.equal('Senior platform engineer…')
    expect(fit('Senior platform engineer in Berlin', 24)).to.equal('Senior platform…')
  })

  it('cuts a word that is longer than the field', () => {
    expect(fit('Donaudampfschifffahrtsgesellschaft', 10)).to.equal('Donaudamp…')
  })

  it('never cuts through an escape or a pair of surrogates', () => {
    expect(fit('&&&&', 12)).to.equal('&amp;&amp;…')
    expect(fit('😀😀😀', 4)).to.equal('😀…')
  })

  it('keeps any limit for any text, well formed and escaped', () => {
    assert(
      property(anyText, integer({ min: 1, max: 300 }), (text, limit) => {
        const fitted = fit(text, limit)
        const bare = fitted.replaceAll(/&(amp|lt|gt);/g, '')
        return fitted.length <= limit && !/[&<>\n]/.test(bare) && fitted.isWellFormed()
      }),
    )
  })

  it('links http addresses and nothing else', () => {
    expect(link('https://jobs.example/a?b=1&c=2', 'Title')).to.equal('<https://jobs.example/a?b=1&amp;c=2|Title>')
    expect(link('https://jobs.example/a|b>c', 'Title')).to.equal('<https://jobs.example/a%7Cb%3Ec|Title>')
    for (const address of [null, '', 'nonsense', 'javascript:alert(1)', 'mailto:a@b.example', `https://jobs.example/${'a'.repeat(1000)}`])
      expect(link(address, 'Title')).to.equal('Title')
  })

  it('makes at most one link of any address, which nothing breaks out of', () => {
    assert(property(anyText, (text) => /^(<https?:[^<>|\n]+\|Title>|Title)$/.test(link(`https://jobs.example/${text}`, 'Title'))))
  })

  it('writes numbers as people do', () => {
    expect([count(9980), counted(1, 'posting'), counted(2, 'posting'), counted(10_000, 'posting')]).to.deep.equal([
      '9,980',
      '1 posting',
      '2 postings',
      '10,000 postings',
    ])
  })

  it('tells days and times in UTC, and the day only when it is another one', () => {
    const at = new Date('2025-11-21T23:59:30.000Z')
    expect(day(at)).to.equal('21 Nov 2025')
    expect(time(at, new Date('2025-11-21T00:00:00Z'))).to.equal('23:59 UTC')
    expect(time(at, new Date('2025-11-22T00:00:00Z'))).to.equal('21 Nov 2025, 23:59 UTC')
    assert(
      property(
        date({ noInvalidDate: true, min: new Date('1990-01-01'), max: new Date('2200-01-01') }),
        (any) => time(any, any) === `${any.toISOString().slice(11, 16)} UTC`,
      ),
    )
  })
})
