// What the dead man's switch says: what a silent Watchdog means, since when, and what to look at first.

import type { SlackBlock, SlackMessage } from './digest.ts'
import { day, fit, link, time } from './text.ts'

/** Something to be said. Times in ISO 8601. */
export interface Utterance {
  kind: 'silent' | 'back'
  id: string
  /** When the Watchdog last came, or, where it never did, when the switch was started. */
  since: string
  /** Whether it ever came. */
  ever: boolean
  at: string
  /** How often this silence was spoken of. */
  times: number
  /** Seconds until it is spoken of again. */
  again: number
}

/** The Watchdog does not come. `runbook` is its page's address, or null. */
export function silenceMessage({ since, ever, at, times, again }: Utterance, runbook: string | null): SlackMessage {
  const from = new Date(since)
  const until = new Date(at)
  const lasted = lasting((until.getTime() - from.getTime()) / 1000)
  const when = `${time(from, until)}${day(from) === day(until) ? `, ${day(from)}` : ''}`
  return message(`Alerting is silent: no Watchdog for ${lasted}`, [
    section(
      ever ? `The Watchdog last came at ${when}.` : `No Watchdog has come since this switch was started at ${when}.`,
      'Prometheus, Alertmanager or the way between them is down: until it is back, nobody will be told of anything.',
    ),
    section(
      '*What to do first*',
      '1. Does Prometheus run, and does it show Watchdog as firing? If it does not, start it; look at its disk first.',
      '2. Does Alertmanager run, and what does its log say of the receiver that leads here?',
      `Runbook: ${link(runbook, 'runbooks/Watchdog.md')}`,
    ),
    context(`${times === 1 ? 'First notice' : `Notice ${times}`}; the next in ${lasting(again)} if nothing changes`),
  ])
}

/** It is back. */
export function backMessage({ since, at }: Utterance): SlackMessage {
  const from = new Date(since)
  const until = new Date(at)
  const lasted = lasting((until.getTime() - from.getTime()) / 1000)
  return message(`Alerting is alive again after ${lasted}`, [
    section(
      `The Watchdog is back. It was silent from ${time(from, until)} to ${time(until, until)} (${lasted}).`,
      'What happened in between may not have been told: look at the dashboards.',
    ),
  ])
}

/** `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 120) return `${whole} s`
  const minutes = Math.round(whole / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
  return `${Math.floor(hours / 24)} d${hours % 24 === 0 ? '' : ` ${hours % 24} h`}`
}

function message(headline: string, blocks: SlackBlock[]): SlackMessage {
  const header: SlackBlock = { type: 'header', text: { type: 'plain_text', text: fit(headline, 150), emoji: false } }
  return { text: headline, blocks: [header, ...blocks], unfurl_links: false, unfurl_media: false }
}

function section(...lines: string[]): SlackBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n'), verbatim: true } }
}

function context(text: string): SlackBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] }
}
