// The rules of Slack's webhooks: what is taken and what is refused, limit by limit.

import { expect } from 'chai'
import fc from 'fast-check'
import { messageIssue } from '../../../ops/sandbox/slack-rules.ts'

const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) })
const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) })
const section = (length = 5) => ({ type: 'section', text: mrkdwn(length) })
const context = (count: number) => ({ type: 'context', elements: Array.from({ length: count }, () => mrkdwn(3)) })
const button = (text: number, url = 'https://example.com') => ({ type: 'button', text: plain(text), url })

describe('a message to Slack', () => {
  for (const [name, payload] of Object.entries({
    'text alone': { text: 'hello' },
    'fifty blocks': { blocks: Array.from({ length: 50 }, () => section()) },
    'a section at its limit': { blocks: [section(3000)] },
    'a header at its limit': { blocks: [{ type: 'header', text: plain(150) }] },
    'ten context elements': { blocks: [context(10)] },
    'a picture in a context': {
      blocks: [{ type: 'context', elements: [{ type: 'image', image_url: 'https://e.com/a.png', alt_text: 'a' }] }],
    },
    'ten fields': { blocks: [{ type: 'section', fields: Array.from({ length: 10 }, () => mrkdwn(2000)) }] },
    'a divider and buttons': { blocks: [{ type: 'divider' }, { type: 'actions', elements: [button(75)] }], text: 'x' },
    attachments: { attachments: [{ text: 'old' }] },
  }))
    it(`is taken: ${name}`, () => {
      expect(messageIssue(payload)).to.equal(null)
    })

  for (const [name, payload, error] of [
    ['nothing', {}, 'no_text'],
    ['empty text', { text: '' }, 'no_text'],
    ['blank text and no blocks', { text: '  ', blocks: [] }, 'no_text'],
    ['no object', 'hello', 'invalid_payload'],
    ['a list', [], 'invalid_payload'],
    ['text that is none', { text: 5 }, 'invalid_payload'],
    ['blocks that are no list', { text: 'x', blocks: {} }, 'invalid_blocks_format'],
    ['fifty-one blocks', { blocks: Array.from({ length: 51 }, () => section()) }, 'invalid_blocks'],
    ['a section one longer', { blocks: [section(3001)] }, 'invalid_blocks'],
    ['an empty section text', { blocks: [section(0)] }, 'invalid_blocks'],
    ['a section without anything', { blocks: [{ type: 'section' }] }, 'invalid_blocks'],
    ['a section whose text is a string', { blocks: [{ type: 'section', text: 'x' }] }, 'invalid_blocks'],
    ['a section whose text has no type', { blocks: [{ type: 'section', text: { text: 'x' } }] }, 'invalid_blocks'],
    ['a header one longer', { blocks: [{ type: 'header', text: plain(151) }] }, 'invalid_blocks'],
    ['a header in mrkdwn', { blocks: [{ type: 'header', text: mrkdwn(5) }] }, 'invalid_blocks'],
    ['a header without text', { blocks: [{ type: 'header' }] }, 'invalid_blocks'],
    ['eleven context elements', { blocks: [context(11)] }, 'invalid_blocks'],
    ['no context element', { blocks: [context(0)] }, 'invalid_blocks'],
    ['eleven fields', { blocks: [{ type: 'section', fields: Array.from({ length: 11 }, () => mrkdwn(1)) }] }, 'invalid_blocks'],
    ['a field too long', { blocks: [{ type: 'section', fields: [mrkdwn(2001)] }] }, 'invalid_blocks'],
    ['an unknown block', { blocks: [{ type: 'sektion' }] }, 'invalid_blocks'],
    ['a block that is no object', { blocks: ['x'] }, 'invalid_blocks'],
    ['a block id too long', { blocks: [{ ...section(), block_id: 'x'.repeat(256) }] }, 'invalid_blocks'],
    ['a button text too long', { blocks: [{ type: 'actions', elements: [button(76)] }] }, 'invalid_blocks'],
    ['a button address too long', { blocks: [{ type: 'actions', elements: [button(5, 'x'.repeat(3001))] }] }, 'invalid_blocks'],
    ['a picture without alt text', { blocks: [{ type: 'image', image_url: 'https://e.com/a.png' }] }, 'invalid_blocks'],
  ] as const)
    it(`is refused: ${name}`, () => {
      expect(messageIssue(payload)?.error).to.equal(error)
    })

  it('is judged without ever failing, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const issue = messageIssue(value)
        expect(issue === null || issue.error.length > 0).to.equal(true)
        messageIssue({ text: 'x', blocks: value })
        messageIssue({ text: 'x', blocks: [value, { type: 'section', text: value }, { type: 'context', elements: value }] })
      }),
    )
  })
})
