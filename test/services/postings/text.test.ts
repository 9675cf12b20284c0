// Text as it is kept, and HTML as plain lines.

import { expect } from 'chai'
import fc from 'fast-check'
import { oneLine, plainText, storable, tidy } from '../../../services/postings/text.ts'

describe('text', () => {
  it('loses what PostgreSQL refuses: NUL and half surrogate pairs', () => {
    expect(storable('a\u0000b')).to.equal('ab')
    expect(storable('a\ud800b')).to.equal('a\ufffdb')
    expect(storable('😀')).to.equal('😀')
    expect(storable('a\tb\nc')).to.equal('a\tb\nc')
    expect(storable('a\r\nb\rc')).to.equal('a\nb\nc')
    expect(storable('a\u0007\u001bb\u0085')).to.equal('ab')
  })

  it('is storable whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const kept of [storable(text), oneLine(text), tidy(text), plainText(text)]) {
          expect(kept.isWellFormed()).to.equal(true)
          expect(kept).to.not.include('\u0000')
        }
      }),
    )
  })

  it('on one line has single spaces and no ends', () => {
    expect(oneLine('  Senior\u00a0 Engineer\n\t(Remote) ')).to.equal('Senior Engineer (Remote)')
    expect(oneLine('Data\u200bbase Ad\u00admin\ufeff')).to.equal('Database Admin')
  })

  it('in lines has at most one empty one between two, and no blanks at their ends', () => {
    expect(tidy(' a  b \n\n\n\n c\u00a0\u00a0d \n\te \n')).to.equal('a b\n\nc d\ne')
    expect(tidy('a\u00a0b\u2003c')).to.equal('a b c')
    expect(tidy('')).to.equal('')
  })

  it('stays as it is when it is tidied twice', () => {
    const unit = fc.constantFrom('a', ' ', '\n', '\t', '\u00a0', '\u200b', '-', 'é')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => tidy(tidy(text)) === tidy(text)),
      { numRuns: 500 },
    )
  })
})

describe('HTML as plain lines', () => {
  for (const [what, html, text] of [
    ['puts paragraphs apart', '<p>One.</p><p>Two.</p>', 'One.\n\nTwo.'],
    ['puts headings on lines of their own', '<h2>What</h2><p>This.</p><h3>How</h3>So.', 'What\n\nThis.\n\nHow\n\nSo.'],
    ['gives every item a dash', '<p>We ask:</p><ul><li>Go</li><li>SQL</li></ul><p>End.</p>', 'We ask:\n\n- Go\n- SQL\n\nEnd.'],
    ['keeps a paragraph inside an item on the item’s line', '<ul><li><p>Go</p></li><li><div><p>SQL</p></div></li></ul>', '- Go\n- SQL'],
    ['gives nested items a dash too', '<ul><li>A<ul><li>B</li></ul></li></ul>', '- A\n- B'],
    ['breaks lines at br, div and table rows', 'a<br>b<div>c</div>d<table><tr><td>e</td><td>f</td></tr></table>', 'a\nb\nc\nd\n\ne f'],
    ['decodes entities once', '<p>R&amp;D &lt;b&gt; &amp;lt; caf&eacute; &#8364;&nbsp;5</p>', 'R&D <b> &lt; café € 5'],
    ['shows links as their words', '<a href="https://example.com/x">our values</a>', 'our values'],
    ['leaves scripts, styles and pictures out', '<style>p{}</style><script>alert("<p>")</script>a<img alt="x">b', 'ab'],
    ['joins lines that only the source breaks', '<p>one\n   two\tthree</p>', 'one two three'],
    ['keeps words apart that only tags divide', '<span>one</span> <b>two</b>', 'one two'],
    ['makes do with broken HTML', '<p>one<b>two</p></i><li>three', 'onetwo\n\n- three'],
    ['takes plain text as it is', 'no tags & 1 < 2', 'no tags & 1 < 2'],
    ['makes nothing of nothing', '<p>&nbsp;</p><div></div>', ''],
  ] as const)
    it(what, () => {
      expect(plainText(html)).to.equal(text)
    })

  it('reads a hundred thousand nested tags without running out of stack', () => {
    expect(plainText(`${'<div>'.repeat(100_000)}deep`)).to.equal('deep')
    expect(plainText(`${'<ul><li>'.repeat(20_000)}deep`)).to.match(/deep$/)
  })

  it('never throws, whatever it is given', () => {
    const unit = fc.constantFrom(
      '<',
      '>',
      '/',
      'p',
      'li',
      '<ul>',
      '</ul>',
      '<script',
      '&',
      'amp;',
      '#',
      'x',
      '"',
      ' ',
      '\n',
      '<!--',
      '-->',
      '\u0000',
    )
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 40 }), (parts) => typeof plainText(parts.join('')) === 'string'),
      { numRuns: 500 },
    )
  })
})
