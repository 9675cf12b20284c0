// The channel's page: what Slack would show, and nothing that could run.

import { expect } from 'chai'
import fc from 'fast-check'
import { renderChannel, renderMrkdwn } from '../../../ops/sandbox/slack-page.ts'

describe('mrkdwn', () => {
  for (const [text, html] of [
    ['plain', 'plain'],
    ['*bold* and _italic_ and ~gone~', '<strong>bold</strong> and <em>italic</em> and <s>gone</s>'],
    ['2*3*4 and snake_case_name', '2*3*4 and snake_case_name'],
    ['use `npm`', 'use <code>npm</code>'],
    ['one\ntwo', 'one<br>two'],
    ['R&amp;D &lt;b&gt;', 'R&amp;D &lt;b&gt;'],
    ['<https://example.com/a?b=1&amp;c=2|A job>', '<a href="https://example.com/a?b=1&amp;c=2" rel="noreferrer noopener">A job</a>'],
    ['<https://example.com>', '<a href="https://example.com" rel="noreferrer noopener">https://example.com</a>'],
    ['*<https://example.com|A *job*>*', '<strong><a href="https://example.com" rel="noreferrer noopener">A *job*</a></strong>'],
    ['<https://e.com|R&amp;D "lab">', '<a href="https://e.com" rel="noreferrer noopener">R&amp;D &quot;lab&quot;</a>'],
    ['<javascript:alert(1)|click>', 'click'],
    ['<!channel> hello', '!channel hello'],
  ] as const)
    it(`renders ${JSON.stringify(text)}`, () => {
      expect(renderMrkdwn(text)).to.equal(html)
    })

  it('never lets markup of a message through', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '"', '&', '*', '|', ';', 'a', 'lt', ' ', 'script', 'http://', '\ue000', '1') }),
        (text) => {
          const rest = renderMrkdwn(text)
            .replaceAll(/<\/?(strong|em|s|code|br)>/g, '')
            .replaceAll(/<a href="https?:\/\/[^"<>]*" rel="noreferrer noopener">|<\/a>/gi, '')
          expect(rest).to.not.match(/[<>]/)
        },
      ),
    )
  })
})

describe('the channel as a page', () => {
  const message = (payload: unknown) => ({ at: '2026-03-10T12:00:00.000Z', payload })

  it('shows headers, sections with fields, contexts, dividers and buttons', () => {
    const html = renderChannel([
      message({
        text: 'fallback',
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: '3 new roles <b>' } },
          { type: 'section', text: { type: 'mrkdwn', text: '*A*' }, fields: [{ type: 'mrkdwn', text: '_B_' }] },
          { type: 'divider' },
          { type: 'context', elements: [{ type: 'mrkdwn', text: 'seen just now' }] },
          { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' } }] },
          { type: 'rich_text' },
        ],
      }),
    ])
    for (const part of [
      '<h2>3 new roles &lt;b&gt;</h2>',
      '<strong>A</strong>',
      '<em>B</em>',
      '<hr>',
      '<div class="context">seen just now</div>',
      '<span class="button">Open</span>',
      '[rich_text]',
      '2026-03-10 12:00:00',
    ])
      expect(html).to.include(part)
    expect(html).to.not.include('fallback')
  })

  it('shows the text of a message without blocks', () => {
    expect(renderChannel([message({ text: 'hello *you*' })])).to.include('hello <strong>you</strong>')
  })

  it('says when there is nothing', () => {
    expect(renderChannel([])).to.include('No messages yet')
  })

  it('has no script and bears any payload', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const html = renderChannel([message(value), message({ blocks: [value, { type: 'section', text: value }] })])
        expect(html).to.not.match(/<script|onclick|onerror/i)
      }),
      { numRuns: 50 },
    )
  })
})
