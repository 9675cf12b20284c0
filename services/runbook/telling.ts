// Telling: what waits of one incident as one message that stands by itself, since a webhook cannot answer in a thread.

import { fit, link, oneLine, time } from '../notify/text.ts'
import type { SlackBlock, SlackMessage } from '../notify/digest.ts'
import type { Incident } from '../store/incidents.ts'
import { headlineOf, lastedOf, needsPerson } from './headline.ts'
import type { RunTold, StepTold, Update } from './update.ts'

export interface Telling {
  /** As it is now; undefined for a run that belongs to none. */
  incident: Incident | undefined
  /** Oldest first; at least one. */
  updates: readonly Update[]
  /** When some of it went out before, in a message that nobody answered. */
  lostAt: Date | null
  /** The alert's own `dashboard_url`. */
  dashboardUrl: string | null
  /** Base of our own links. */
  publicUrl: string | undefined
  now: Date
}

// Slack: a header has 150 characters at the most, a section 3,000.
const HEADER = 150
const LINE = 340
const MOST_LINES = 8
const MOST_RUNS = 2
const BEFORE_MS = 30 * 60_000
const AFTER_MS = 10 * 60_000

/** Builds the message. Pure. */
export function tell(telling: Telling): SlackMessage {
  const { updates, lostAt, now, incident } = telling
  const last = updates.at(-1)
  const header = fit(`${nameOf(telling)}: ${last ? headlineOf(last) : ''}`, HEADER)
  const links = linksOf(telling)
  const runs = lastOfEachRun(updates).slice(-MOST_RUNS)
  const blocks: SlackBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: header, emoji: false } },
    section(firedLines(telling)),
    ...(lostAt ? [context(`Told again: a message of ${time(lostAt, now)} got no answer, it may have arrived or not.`)] : []),
    ...runs.flatMap((update) => runSections(telling, update)),
    ...updates.filter(({ run, why }) => !run || why).flatMap((update) => ownLines(telling, update)),
    ...(links.length > 0 ? [context(links.join(' · '))] : []),
  ]
  const what = incident ? `. ${fit(incident.summary, 300)} (${incident.severity}, ${incident.priority})` : ''
  return { text: `${header}${what}`, blocks, unfurl_links: false, unfurl_media: false }
}

function nameOf({ incident, updates }: Telling): string {
  if (incident) return `INC-${incident.number} ${incident.alertname}`
  return `${updates.at(-1)?.run?.alert ?? ''}, run by hand`
}

function lastOfEachRun(updates: readonly Update[]): Update[] {
  const byRun = new Map<string, Update>()
  for (const update of updates) {
    if (!update.run) continue
    // The newest comes last.
    byRun.delete(update.run.id)
    byRun.set(update.run.id, update)
  }
  return [...byRun.values()]
}

/** What fired: in every message, since each stands by itself. */
function firedLines({ incident, updates, now }: Telling): string[] {
  if (!incident) {
    const run = updates.at(-1)?.run
    return [`*${fit(`Asked for by ${run?.actor ?? ''}`, LINE)}*`, ...(run?.about ? [fit(run.about, LINE)] : [])]
  }
  const { severity, priority, labels, flaps, acknowledged_by: by, acknowledged_at: at } = incident
  const source = labels['source']
  const facts = [
    `${severity}, ${priority}`,
    `since ${time(incident.opened_at, now)}`,
    flaps > 0 ? `came back ${flaps === 1 ? 'once' : `${flaps} times`}, last ${time(incident.last_fired_at, now)}` : '',
    source === undefined ? '' : `source ${fit(source, 100)}`,
    at ? `acknowledged by ${fit(by ?? '', 100)} at ${time(at, now)}` : '',
  ]
  return [`*${fit(incident.summary, LINE)}*`, facts.filter((fact) => fact !== '').join(' · ')]
}

function runSections(telling: Telling, update: Update): SlackBlock[] {
  const { run } = update
  if (!run) return []
  const signed = (...signs: string[]) => run.steps.filter(({ sign }) => signs.includes(sign))
  const done = run.steps.filter(({ sign }) => sign !== 'planned' && sign !== 'later')
  const isAsked = update.kind === 'asked'
  const causes = run.causes.length > 0 ? ` (${run.causes.join(', ')})` : ''
  return [
    ...listed(`Found: ${run.verdict ?? 'nothing yet'}${causes}${occasionOf(telling, run)}`, run.looks.map(lineOf)),
    ...listed('Done', done.map(lineOf)),
    ...listed(update.kind === 'found' ? 'What it does now' : 'What it would do', signed('planned').map(plannedLine)),
    ...listed(isAsked ? 'What it asks to do' : 'What it would ask for', signed('later').map(plannedLine)),
    ...(saysMore(run) ? [section([fit(run.words ?? '', LINE * 2)])] : []),
    ...listed('What a person must do', needsPerson(update) ? run.people.map((words) => `• ${fit(words, LINE)}`) : []),
    ...askLines(telling, run),
  ]
}

/** Who or what began a run that no alert did. */
function occasionOf({ incident }: Telling, { trigger, actor }: RunTold): string {
  if (trigger === 'drill') return ', in a drill'
  return incident && trigger === 'hand' ? `, in a run asked for by ${oneLine(actor)}` : ''
}

/** What a run would do is listed already. */
const saysMore = ({ outcome, words, steps }: RunTold): boolean =>
  oneLine(words ?? '') !== '' && !(outcome === 'suggested' && steps.length > 0)

const lineOf = ({ number, action, target, sign, words }: StepTold): string =>
  fit(`${number}. ${action}${target === null ? '' : ` on ${target}`} – ${sign}: ${words}`, LINE)

const plannedLine = ({ number, action, words }: StepTold): string => fit(`${number}. ${action}: ${words}`, LINE)

function askLines({ publicUrl, now }: Telling, { approval }: RunTold): SlackBlock[] {
  if (!approval) return []
  const until = time(new Date(approval.until), now)
  const page = publicUrl === undefined ? null : `${publicUrl}/#/approvals/${approval.id}`
  return [section([`${link(page, 'Approve or reject')} until ${until}, here or with:`, `\`rolewatch runbook approve ${approval.id}\``])]
}

/** What an update without a run says. */
function ownLines({ incident }: Telling, update: Update): SlackBlock[] {
  const name = incident ? `INC-${incident.number}` : ''
  const have = `Say that you have it: \`rolewatch incident ack ${name}\``
  const isOurs = incident?.severity === 'page' && incident.acknowledged_at === null
  if (update.kind === 'opened') return isOurs ? [section([have])] : []
  if (update.kind === 'noted') return [section(['There is no page in runbooks/ for this alert: nothing is looked at by itself.'])]
  if (update.kind === 'resolved') return [section([`The alert is over. It lasted ${lastedOf(update)}${times(update)}.`])]
  if (update.why === 'unacknowledged')
    return [section([`Nobody has acknowledged this page for ${update.waitedMinutes ?? 0} minutes: ${secondOf(update)}.`, have])]
  return [section(['It had its share of automatic runs, and the alert keeps coming back: more of the same does not help.'])]
}

const secondOf = ({ hasSecond }: Update): string =>
  hasSecond ? 'the second on call is written to' : 'there is no second channel to call anybody by (SMTP_URL is not set)'

const times = ({ flaps }: Update): string => (flaps === 0 ? '' : `, and came back ${flaps === 1 ? 'once' : `${flaps} times`}`)

function linksOf(telling: Telling): string[] {
  const { incident, updates, publicUrl } = telling
  const alert = incident?.alertname ?? updates.at(-1)?.run?.alert ?? ''
  const trace = updates.findLast(({ run }) => run?.traceId)?.run?.traceId
  const own = (path: string, label: string) => (publicUrl === undefined ? [] : [link(`${publicUrl}/#/${path}`, label)])
  const dashboard = dashboardOf(telling)
  return [
    ...(/^\w+$/.test(alert) ? own(`runbook/${alert}`, 'Runbook') : []),
    ...(dashboard === null ? [] : [link(dashboard, 'Dashboard')]),
    ...(incident ? own(`incidents/${incident.number}`, `INC-${incident.number}`) : []),
    ...(trace ? [`trace ${fit(trace, 64)}`] : []),
    ...(publicUrl === undefined && incident ? [`\`rolewatch incident show INC-${incident.number}\``] : []),
  ]
}

/** The alert's dashboard, from half an hour before it began to its end or to now; null where it has none that can be reached. */
function dashboardOf({ dashboardUrl, incident }: Telling): string | null {
  if (dashboardUrl === null || !incident || !/^https?:/.test(dashboardUrl) || !URL.canParse(dashboardUrl)) return null
  const url = new URL(dashboardUrl)
  const to = incident.resolved_at ? String(incident.resolved_at.getTime() + AFTER_MS) : 'now'
  url.searchParams.set('from', String(incident.opened_at.getTime() - BEFORE_MS))
  url.searchParams.set('to', to)
  return url.href
}

function listed(heading: string, lines: readonly string[]): SlackBlock[] {
  if (lines.length === 0) return []
  const rest = lines.length - MOST_LINES
  return [section([`*${fit(heading, LINE)}*`, ...lines.slice(0, MOST_LINES), ...(rest > 0 ? [`… and ${rest} more`] : [])])]
}

function section(lines: readonly string[]): SlackBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n'), verbatim: true } }
}

function context(text: string): SlackBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] }
}
