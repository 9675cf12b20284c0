// The digest: all that is due of one search as one Slack message, within Slack's limits whatever the postings hold.

import type { WorkMode } from '../../scrapers/source.ts'
import { toMajor } from '../postings/pay.ts'
import type { LostMessage, Message } from '../store/claims.ts'
import type { MessagePosting } from '../store/message-postings.ts'
import { terms } from './terms.ts'
import { count, counted, day, fit, link, oneLine, time } from './text.ts'

interface PlainText {
  type: 'plain_text'
  text: string
  emoji: boolean
}
interface Markdown {
  type: 'mrkdwn'
  text: string
  /** Nothing is linked or mentioned but what we link ourselves. */
  verbatim: true
}

/** The blocks we use (docs.slack.dev, "Block Kit"): header ≤ 150 characters, section ≤ 3,000, at most 50 in a message. */
export type SlackBlock =
  | { type: 'header'; text: PlainText }
  | { type: 'section'; text: Markdown }
  | { type: 'context'; elements: Markdown[] }

export interface SlackMessage {
  /** What a notification shows, and whoever cannot see blocks. */
  text: string
  blocks: SlackBlock[]
  unfurl_links: false
  unfurl_media: false
}

export interface DigestOptions {
  /** How many postings the message stands for; those not given are counted at its end. */
  total: number
  /** Earlier messages that may not have arrived. */
  lost: readonly LostMessage[]
  /** Where all of the search can be seen, or null. */
  link: string | null
  now: Date
}

/** Postings listed in one message; the rest is a number and a link. */
export const LISTED = 20
const LOST_LISTED = 5
const HEADER = 150
const PAY_LISTED = 2
const PLACES_LISTED = 3

/** Builds the message. Pure; the postings come newest first. */
export function digest(search: Message['search'], postings: readonly MessagePosting[], options: DigestOptions): SlackMessage {
  const listed = postings.slice(0, LISTED)
  const why = fit(terms(search.query).join(' · '), 300)
  const lost = lostLines(options)
  const blocks: SlackBlock[] = [
    ...(options.total > 0 ? [header(search.name, options.total)] : []),
    ...lost.map(context),
    ...listed.map((posting) => section(posting, why)),
  ]
  const more = options.total - listed.length
  if (options.total > 0 && more > 0) blocks.push(context(`… and ${link(options.link, `${count(more)} more`)}`))
  return { text: summary(search, listed, options, lost), blocks, unfurl_links: false, unfurl_media: false }
}

function header(name: string, total: number): SlackBlock {
  const ending = `: ${counted(total, 'new posting')}`
  return { type: 'header', text: { type: 'plain_text', text: `${fit(name, HEADER - ending.length)}${ending}`, emoji: false } }
}

function lostLines(options: DigestOptions): string[] {
  const line = (one: { count: number; at: Date }) =>
    `An earlier message with ${counted(one.count, 'posting')} may not have reached you (${time(one.at, options.now)})` +
    (options.link === null ? '' : `: ${link(options.link, 'see them')}`)
  const shown = options.lost.slice(-LOST_LISTED)
  const older = options.lost.slice(0, -LOST_LISTED)
  const rest = older.reduce((sum, one) => sum + one.count, 0)
  return [...shown.map(line), ...(rest > 0 ? [`So may ${counted(older.length, 'older message')} with ${counted(rest, 'posting')}`] : [])]
}

function section(posting: MessagePosting, why: string): SlackBlock {
  const title = fit(posting.title, 300) || 'Untitled'
  const facts = [
    fit(posting.company, 150),
    fit(places(posting), 300),
    mode(posting.work_mode),
    fit(pay(posting), 200),
    posting.posted_at ? `posted ${day(posting.posted_at)}` : `first seen ${day(posting.first_seen_at)}`,
    posting.closed ? 'closed meanwhile' : '',
  ].filter((fact) => fact !== '')
  const lines = [`*${link(posting.url, title)}*`, facts.join(' · '), ...(why === '' ? [] : [`Fits: ${why}`])]
  return { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n'), verbatim: true } }
}

function context(text: string): SlackBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] }
}

function places(posting: MessagePosting): string {
  const names = [...new Set(posting.places.map((place) => oneLine(place.text)).filter((name) => name !== ''))]
  const rest = names.length - PLACES_LISTED
  return names.slice(0, PLACES_LISTED).join(' / ') + (rest > 0 ? ` and ${counted(rest, 'more place')}` : '')
}

function mode(workMode: WorkMode | null): string {
  return workMode === 'onsite' ? 'on site' : (workMode ?? '')
}

/** The bands as the source states them: `USD 150,000–180,000 a year`; equity alone is no pay. */
function pay(posting: MessagePosting): string {
  const bands = posting.pay.filter((one) => one.basis !== 'equity' && (one.min_minor !== null || one.max_minor !== null))
  const rest = bands.length - PAY_LISTED
  return bands.slice(0, PAY_LISTED).map(band).join(' or ') + (rest > 0 ? ` and ${counted(rest, 'more band')}` : '')
}

function band(one: MessagePosting['pay'][number]): string {
  const low = one.min_minor === null ? null : amount(one.min_minor, one.currency)
  const high = one.max_minor === null ? null : amount(one.max_minor, one.currency)
  const range = low === null ? `up to ${high ?? ''}` : high === null ? `from ${low}` : low === high ? low : `${low}–${high}`
  return `${one.currency ? `${one.currency} ` : ''}${range}${one.period ? ` ${one.period === 'hour' ? 'an' : 'a'} ${one.period}` : ''}`
}

function amount(minor: number, currency: string | null): string {
  const major = toMajor(minor, currency)
  const decimals = Number.isInteger(major) ? 0 : 2
  return major.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

function summary(search: Message['search'], listed: readonly MessagePosting[], options: DigestOptions, lost: readonly string[]): string {
  const name = fit(search.name, HEADER)
  if (options.total === 0) return `${name}: ${lost[0] ?? 'an earlier message may not have reached you'}`
  const first = listed.slice(0, 3).map((posting) => `${fit(posting.title, 100)} (${fit(posting.company, 60)})`)
  const more = options.total - first.length
  return `${name}: ${count(options.total)} new: ${first.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`
}
