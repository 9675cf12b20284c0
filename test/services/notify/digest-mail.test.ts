// A message as a letter: the same words and links in text and in HTML, and nothing in them that a posting could slip in.

import { expect } from 'chai'
import fc from 'fast-check'
import { digest, type DigestOptions, type SlackMessage } from '../../../services/notify/digest.ts'
import { letterOf } from '../../../services/notify/digest-mail.ts'
import type { MessagePosting } from '../../../services/store/message-postings.ts'

const NOW = new Date('2025-11-21T12:00:00Z')
const search = { id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', name: 'Backend & more', query: { q: 'backend' } }

function posting(fields: Partial<MessagePosting> = {}): MessagePosting {
  return {
    title: 'Engineer <C++>',
    url: 'https://jobs.example/1?a=1&b="2"',
    company: 'Acme & Sons',
    places: [{ text: 'Berlin' }],
    work_mode: 'hybrid',
    pay: [],
    posted_at: new Date('2025-11-20T10:00:00Z'),
    first_seen_at: NOW,
    closed: false,
    ...fields,
  }
}

const build = (postings: MessagePosting[], options: Partial<DigestOptions> = {}): SlackMessage =>
  digest(search, postings, { total: postings.length, lost: [], link: 'https://roles.example/#/searches/1', now: NOW, ...options })

/** What a browser would show: tags gone, entities read. */
function shown(html: string): string {
  const body = /<body[^>]*>([\s\S]*)<\/body>/.exec(html)?.[1] ?? ''
  const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }
  return body.replaceAll(/<[^>]*>/g, '').replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity)
}

const addressesIn = (html: string): string[] =>
  [...html.matchAll(/<a href="([^"]*)">/g)].map(([, url = '']) =>
    url.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'"),
  )

describe('the digest as a letter', () => {
  it('has the digest`s header as its subject, and its lines and links in text', () => {
    const { subject, text } = letterOf(build([posting(), posting({ title: 'Second', url: 'nowhere' })], { total: 30 }))
    expect(subject).to.equal('Backend & more: 30 new postings')
    expect(text).to.equal(
      [
        'Backend & more: 30 new postings',
        '',
        'Engineer <C++> <https://jobs.example/1?a=1&b=%222%22>',
        'Acme & Sons · Berlin · hybrid · posted 20 Nov 2025',
        'Fits: “backend”',
        '',
        'Second',
        'Acme & Sons · Berlin · hybrid · posted 20 Nov 2025',
        'Fits: “backend”',
        '',
        '… and 28 more <https://roles.example/#/searches/1>',
        '',
      ].join('\n'),
    )
  })

  it('says the same in HTML, with the titles in bold and as links', () => {
    const { html } = letterOf(build([posting()], { total: 3 }))
    expect(html).to.contain('<h2>Backend &amp; more: 3 new postings</h2>')
    expect(html).to.contain(
      '<p><strong><a href="https://jobs.example/1?a=1&amp;b=%222%22">Engineer &lt;C++&gt;</a></strong><br>\nAcme &amp; Sons · Berlin',
    )
    expect(addressesIn(html)).to.deep.equal(['https://jobs.example/1?a=1&b=%222%22', 'https://roles.example/#/searches/1'])
    expect(html).to.match(/^<!doctype html>/)
  })

  it('mentions what may have been lost, alone too', () => {
    const lost = [{ messageId: 'x', count: 2, at: new Date('2025-11-21T11:00:00Z') }]
    const { subject, text } = letterOf(build([], { total: 0, lost }))
    expect(subject).to.match(/^Backend & more: An earlier message with 2 postings may not have reached you \(11:00 UTC\)/)
    expect(text).to.contain(
      'An earlier message with 2 postings may not have reached you (11:00 UTC): see them <https://roles.example/#/searches/1>',
    )
  })

  it('makes no link of anything but the web', () => {
    const message: SlackMessage = {
      text: 'x',
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '<javascript:alert(1)|click> <!channel>', verbatim: true } }],
      unfurl_links: false,
      unfurl_media: false,
    }
    expect(addressesIn(letterOf(message).html)).to.deep.equal([])
    expect(shown(letterOf(message).html)).to.contain('<javascript:alert(1)|click> <!channel>')
  })

  it('lets nothing out of a posting but words, whatever it holds', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(fc.constantFrom('<', '>', '&', '"', "'", '*', '|', '\n', '\r\n', '&lt;', '</p>', '<script>', 'a', ' '), { maxLength: 12 })
        .map((all) => all.join('')),
    )
    fc.assert(
      fc.property(nasty, nasty, nasty, (title, company, path) => {
        const { subject, text, html } = letterOf(build([posting({ title, company, url: `https://jobs.example/${path}` })]))
        expect(subject).to.not.match(/[\r\n]/)
        const tags = [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, '""'))
        for (const tag of tags)
          expect(tag).to.match(/^<(!doctype html|meta charset=""|body style=""|a href=""|br|\/?(html|head|body|h2|p|strong|a))>$/)
        for (const url of addressesIn(html)) expect(new URL(url).origin).to.equal('https://jobs.example')
        expect(shown(html).replaceAll(/\s+/g, '')).to.equal(text.replaceAll(/ <https:[^>\s]*>/g, '').replaceAll(/\s+/g, ''))
      }),
      { numRuns: 500 },
    )
  })
})
