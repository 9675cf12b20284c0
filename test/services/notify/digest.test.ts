// The digest: what people read, and that no posting can push a message over Slack's limits.

import { expect } from 'chai'
import { array, assert, boolean, constantFrom, date, integer, oneof, option, property, record, string } from 'fast-check'
import { digest, LISTED, type DigestOptions, type SlackBlock, type SlackMessage } from '../../../services/notify/digest.ts'
import type { MessagePosting } from '../../../services/store/message-postings.ts'
import { messageIssue } from '../../../ops/sandbox/slack-rules.ts'

const NOW = new Date('2025-11-21T12:30:00Z')
const search = { id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', name: 'Backend in Berlin', query: { q: 'backend', country: 'DE' } }

function posting(fields: Partial<MessagePosting> = {}): MessagePosting {
  return {
    title: 'Backend Engineer',
    url: 'https://jobs.example/1',
    company: 'Acme',
    places: [{ text: 'Berlin, Germany' }],
    work_mode: 'hybrid',
    pay: [{ min_minor: 15_000_000, max_minor: 18_000_000, currency: 'USD', period: 'year', basis: 'base' }],
    posted_at: new Date('2025-11-20T23:30:00Z'),
    first_seen_at: new Date('2025-11-21T09:00:00Z'),
    closed: false,
    ...fields,
  }
}

function build(postings: MessagePosting[], options: Partial<DigestOptions> = {}): SlackMessage {
  return digest(search, postings, { total: postings.length, lost: [], link: 'https://roles.example/#/search/1', now: NOW, ...options })
}

const textsOf = (block: SlackBlock): string[] => (block.type === 'context' ? block.elements.map((one) => one.text) : [block.text.text])
const sectionOf = (fields: Partial<MessagePosting>): string[] =>
  textsOf(build([posting(fields)]).blocks[1] as SlackBlock)[0]?.split('\n') ?? []
const factsOf = (fields: Partial<MessagePosting>) => sectionOf(fields)[1]
const lost = (count: number, at: string) => ({ messageId: at, count, at: new Date(at) })

describe('the digest', () => {
  it('says what is new, of what search, and why', () => {
    const message = build([posting(), posting({ title: 'Go Developer', url: 'https://jobs.example/2' })])
    expect(message.blocks).to.deep.equal([
      { type: 'header', text: { type: 'plain_text', text: 'Backend in Berlin: 2 new postings', emoji: false } },
      ...['<https://jobs.example/1|Backend Engineer>', '<https://jobs.example/2|Go Developer>'].map((title) => ({
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: `*${title}*\nAcme · Berlin, Germany · hybrid · USD 150,000–180,000 a year · posted 20 Nov 2025\nFits: “backend” · Germany`,
          verbatim: true,
        },
      })),
    ])
    expect(message.text).to.equal('Backend in Berlin: 2 new: Backend Engineer (Acme), Go Developer (Acme)')
  })

  it('lists the first twenty and counts the rest', () => {
    const many = Array.from({ length: LISTED }, (_, index) => posting({ title: `Role ${index}` }))
    const message = build(many, { total: 10_000 })
    expect(message.blocks).to.have.length(1 + LISTED + 1)
    expect(textsOf(message.blocks[0] as SlackBlock)).to.deep.equal(['Backend in Berlin: 10,000 new postings'])
    expect(textsOf(message.blocks.at(-1) as SlackBlock)).to.deep.equal(['… and <https://roles.example/#/search/1|9,980 more>'])
    expect(message.text).to.match(/and 9,997 more$/)
  })

  it('counts the rest without a link where there is no address', () => {
    expect(textsOf(build([posting()], { total: 3, link: null }).blocks.at(-1) as SlackBlock)).to.deep.equal(['… and 2 more'])
  })

  it('leaves out what is not known', () => {
    const bare = sectionOf({ places: [], work_mode: null, pay: [], posted_at: null })
    expect(bare[1]).to.equal('Acme · first seen 21 Nov 2025')
    expect(sectionOf({ title: ' \n ' })[0]).to.equal('*<https://jobs.example/1|Untitled>*')
    expect(sectionOf({ url: 'not an address' })[0]).to.equal('*Backend Engineer*')
  })

  it('says when a posting was closed before it could be told', () => {
    expect(factsOf({ closed: true })).to.match(/· closed meanwhile$/)
  })

  it('gives no reason where the search asks for nothing', () => {
    const message = digest({ ...search, query: {} }, [posting()], { total: 1, lost: [], link: null, now: NOW })
    expect(textsOf(message.blocks[1] as SlackBlock)[0]?.split('\n')).to.have.length(2)
  })

  it('names three places and counts the others, each once', () => {
    const named = (...names: string[]) => names.map((text) => ({ text }))
    expect(factsOf({ places: named('Berlin', 'Paris', 'Berlin', 'Rome') })).to.contain('Berlin / Paris / Rome ·')
    expect(factsOf({ places: named('A', 'B', 'C', 'D', 'E') })).to.contain('A / B / C and 2 more places')
  })

  it('states pay as the source does', () => {
    const band = (fields: Partial<MessagePosting['pay'][number]>) =>
      ({
        min_minor: null,
        max_minor: null,
        currency: 'EUR',
        period: 'year',
        basis: 'base' as const,
        ...fields,
      }) as MessagePosting['pay'][number]
    const said = (...pay: MessagePosting['pay']) => factsOf({ pay, work_mode: 'onsite', places: [] })?.split(' · ').slice(2, -1).join()
    expect(said(band({ min_minor: 6050, max_minor: 7500, period: 'hour' }))).to.equal('EUR 60.50–75 an hour')
    expect(said(band({ min_minor: 9_000_000 }))).to.equal('EUR from 90,000 a year')
    expect(said(band({ max_minor: 9_000_000, currency: null, period: null }))).to.equal('up to 90,000')
    expect(said(band({ min_minor: 100, max_minor: 100, period: 'day' }))).to.equal('EUR 1 a day')
    expect(said(band({ min_minor: 1, max_minor: 2, basis: 'equity' }), band({}))).to.equal('')
    const three = [1, 2, 3].map((n) => band({ min_minor: n * 100, max_minor: n * 200 }))
    expect(said(...three)).to.equal('EUR 1–2 a year or EUR 2–4 a year and 1 more band')
  })

  it('carries what may have been lost, with its time and its day when that was another', () => {
    const message = build([posting()], { lost: [lost(12, '2025-11-20T18:00:00Z'), lost(1, '2025-11-21T12:03:00Z')] })
    expect(message.blocks.map((block) => block.type)).to.deep.equal(['header', 'context', 'context', 'section'])
    expect(message.blocks.slice(1, 3).flatMap(textsOf)).to.deep.equal([
      'An earlier message with 12 postings may not have reached you (20 Nov 2025, 18:00 UTC): <https://roles.example/#/search/1|see them>',
      'An earlier message with 1 posting may not have reached you (12:03 UTC): <https://roles.example/#/search/1|see them>',
    ])
  })

  it('is only that line when there is nothing else to say', () => {
    const message = build([], { lost: [lost(3, '2025-11-21T12:03:00Z')], link: null })
    expect(message.blocks.flatMap(textsOf)).to.deep.equal(['An earlier message with 3 postings may not have reached you (12:03 UTC)'])
    expect(message.text).to.equal('Backend in Berlin: An earlier message with 3 postings may not have reached you (12:03 UTC)')
  })

  it('sums up lost messages beyond the newest five', () => {
    const many = [1, 2, 3, 4, 5, 6, 7].map((n) => lost(n, `2025-11-21T12:0${n}:00Z`))
    const lines = build([], { lost: many }).blocks.flatMap(textsOf)
    expect(lines).to.have.length(6)
    expect(lines[0]).to.contain('with 3 postings')
    expect(lines[5]).to.equal('So may 2 older messages with 3 postings')
  })

  it('lets nobody be called by a title', () => {
    const message = build([posting({ title: '<!channel> & <https://evil.example|click>', company: '<@U1>' })])
    expect(JSON.stringify(message)).to.not.match(/<!|<@|<https:\/\/evil/)
  })
})

const text = string({ unit: 'binary', maxLength: 500 })
const longText = string({ unit: constantFrom('&', '<', '>', 'a', ' ', '😀', '|', '\n'), maxLength: 6000, size: 'max' })
const minor = option(integer({ min: 0, max: 1_000_000_000 }))
const anyPosting = record({
  title: oneof(text, longText),
  url: oneof(
    text,
    longText.map((tail) => `https://jobs.example/${tail}`),
  ),
  company: longText,
  places: array(record({ text: longText }), { maxLength: 5 }),
  work_mode: constantFrom('onsite' as const, 'hybrid' as const, 'remote' as const, null),
  pay: array(
    record({
      min_minor: minor,
      max_minor: minor,
      currency: option(constantFrom('USD', 'EUR')),
      period: constantFrom('hour' as const, 'year' as const, null),
      basis: constantFrom('base' as const, 'equity' as const),
    }),
    { maxLength: 4 },
  ),
  posted_at: option(date({ noInvalidDate: true, min: new Date('1990-01-01'), max: new Date('2100-01-01') })),
  first_seen_at: date({ noInvalidDate: true, min: new Date('1990-01-01'), max: new Date('2100-01-01') }),
  closed: boolean(),
})
const anyLost = array(
  record({
    messageId: text,
    count: integer({ min: 1, max: 10_000 }),
    at: date({ noInvalidDate: true, min: new Date('2020-01-01'), max: new Date('2030-01-01') }),
  }),
  { maxLength: 30 },
)

describe('the digest of anything', () => {
  it('keeps every limit of Slack, and escapes everything but its own links', () => {
    assert(
      property(
        longText,
        longText,
        array(anyPosting, { maxLength: 40 }),
        integer({ min: 0, max: 100_000 }),
        anyLost,
        (name, q, postings, more, lostOnes) => {
          const total = postings.length === 0 ? 0 : postings.length + more
          const lostAny = total === 0 && lostOnes.length === 0 ? [lost(1, '2025-11-21T12:03:00Z')] : lostOnes
          const message = digest({ ...search, name, query: { q } }, postings, {
            total,
            lost: lostAny,
            link: 'https://roles.example/#/search/1',
            now: NOW,
          })
          expect(messageIssue(message)).to.equal(null)
          for (const one of [message.text, ...message.blocks.flatMap(textsOf)]) {
            expect(one.isWellFormed()).to.equal(true)
            const bare = one.replaceAll(/<https?:[^<>|\s]+\|([^<>]+)>/g, '$1').replaceAll(/&(amp|lt|gt);/g, '')
            expect(bare, 'left unescaped').to.match(/^[^&<>]*$/)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
