// Descriptions made safe to show.

import { expect } from 'chai'
import fc from 'fast-check'
import { safeHtml } from '../../../services/api/safe-html.ts'

describe('safeHtml', () => {
  const cases: [string, string, string][] = [
    ['keeps text, lists and emphasis', '<p>a <strong>b</strong></p><ul><li>c</li></ul>', '<p>a <strong>b</strong></p><ul><li>c</li></ul>'],
    ['drops scripts and styles with what is in them', 'a<script>b()</script><style>c{}</style>', 'a'],
    ['drops handlers, styles and classes', '<p onclick="a()" style="b" class="c" id="d">e</p>', '<p>e</p>'],
    ['drops what loads or frames', '<img src="x"><iframe src="x"></iframe><video></video><form><input></form>', ''],
    ['keeps the text of what it does not know', '<blink>a</blink><div><span>b</span></div>', 'ab'],
    [
      'lets links lead out without a way back',
      '<a href="https://a.example" target="_blank" rel="opener">a</a>',
      '<a href="https://a.example" rel="noopener nofollow">a</a>',
    ],
    [
      'takes the address off a link that would run or hide something',
      '<a href="JaVaScRiPt:a()">a</a><a href="data:text/html,x">b</a><a href="//c.example">c</a>',
      '<a rel="noopener nofollow">a</a><a rel="noopener nofollow">b</a><a rel="noopener nofollow">c</a>',
    ],
    ['leaves text that looks like markup as text', '&lt;script&gt;', '&lt;script&gt;'],
  ]
  for (const [what, given, wanted] of cases)
    it(what, () => {
      expect(safeHtml(given)).to.equal(wanted)
    })
  it('lets nothing through that acts, however it is cut', () => {
    const bits = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '/',
      '=',
      ' ',
      'a',
      'img',
      'script',
      'svg',
      'onload',
      'href',
      'javascript:',
      'style',
      '&lt;',
      '\t',
      '\n',
      '<a href=',
      '<!--',
      '-->',
    )
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 30 }), (parts) => {
        const safe = safeHtml(parts.join(''))
        // A scheme stands at the beginning of an address, after nothing but what browsers pass over.
        expect(safe).not.to.match(/<(script|svg|img|style|iframe)|<[^>]*\son\w+=|="[\s\p{Cc}]*javascript:/iu)
        expect(safeHtml(safe)).to.equal(safe)
      }),
    )
  })
})
