// From the fault to the person: real faults in the running product, through real Prometheus and Alertmanager, to whoever has to hear.

import { expect } from 'chai'
import { resetHost } from '../../services/store/hosts.ts'
import { sources } from '../../scrapers/index.ts'
import type { ReceivedMail } from '../mail.ts'
import { needTool } from '../tools.ts'
import { printLedger, type Entry } from './ledger.ts'
import type { Told } from './receiver.ts'
import { openStage, until, type Stage } from './stage.ts'

/** A letter's date has no parts of a second. */
const dateOf = (raw: string): number => Date.parse(/^Date: (.*)/m.exec(raw)?.[1] ?? '')

/** A subject that is not plain ASCII comes as encoded words (RFC 2047), of which Alertmanager writes those in Q. */
function subjectOf(raw: string): string {
  const [, subject = ''] = /^Subject: (.*(?:\r?\n[ \t].*)*)/m.exec(raw) ?? []
  const words = subject.replace(/\?=\s+=\?/g, '?==?')
  return words.replace(/=\?utf-8\?q\?(.*?)\?=/gi, (_, word: string) =>
    decodeURIComponent(word.replaceAll('_', ' ').replaceAll('%', '%25').replaceAll('=', '%')),
  )
}

describe('the way of an alert', function () {
  this.timeout(180_000)
  let stage: Stage
  let drift: Omit<Entry, 'resolved'> | undefined
  const ledger: Entry[] = []

  before(async function () {
    for (const program of ['prometheus', 'alertmanager']) needTool(this, program)
    stage = await openStage()
    await until('Prometheus to see both processes', async () => (await ask('up{job="rolewatch"} == 1')).length === 2)
    // The windows fill: what was before there was a Prometheus counts for nothing.
    await until('visits in the windows', async () => (await ask('slo:total:events10s{slo="scrape-success"} > 40')).length === 1)
  })
  after(async () => {
    if (ledger.length > 0) console.error(`\n${printLedger(ledger)}\n`)
    expect((await stage?.close()) ?? [], 'processes left behind').to.deep.equal([])
  })
  afterEach(() => stage.mend())

  /** What Prometheus answers. */
  async function ask<T = unknown>(query: string): Promise<T[]> {
    const answer = await fetch(`${stage.prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`)
    return ((await answer.json()) as { data: { result: T[] } }).data.result
  }

  /** Waits until Prometheus has no alert of this name, and of these labels. */
  async function untilQuiet(alert: string, more = ''): Promise<void> {
    await until(`${alert} to be silent`, async () => (await ask(`ALERTS{alertname="${alert}"${more}}`)).length === 0, 90)
  }

  /** The first message of the ops channel about an alert since a moment. */
  async function told(alert: string, kind: 'Page' | 'Ticket' | 'Resolved', since: number): Promise<Told> {
    const fits = ({ at, headline }: Told) => at >= since && new RegExp(`${kind}: ${alert}\\b`).test(headline)
    return until(`${kind}: ${alert}`, () => stage.ops.told.find(fits), 90)
  }

  /** When the first visit since a moment ended like this. */
  async function firstRun(outcomes: string[], since: number): Promise<number | undefined> {
    const row = await stage.database
      .db('runs')
      .whereIn('outcome', outcomes)
      .where('started_at', '>=', new Date(since))
      .min({ at: stage.database.db.raw("started_at + seconds * interval '1 second'") })
      .first<{ at: Date | null }>()
    return row?.at?.getTime()
  }

  async function resetBreakers(): Promise<void> {
    for (const { hosts } of Object.values(sources)) for (const host of hosts) await resetHost(stage.database.db, host)
  }

  /** What the product has heard of an alert by Alertmanager's webhook. */
  async function heard(alert: string): Promise<string[]> {
    const answer = await fetch(`${stage.api.url}/api/v1/alerts?status=all&alertname=${alert}`)
    return ((await answer.json()) as { items: { status: string }[] }).items.map(({ status }) => status)
  }

  /** The first letter with this subject since a moment. */
  async function letter(subject: string, since: number): Promise<{ at: number; body: string }> {
    const fits = ({ raw }: ReceivedMail) => dateOf(raw) >= since - 1000 && subjectOf(raw) === subject
    const { raw } = await until(subject, () => stage.mailbox.accepted.find(fits), 90)
    // Long lines are broken for the way (quoted-printable).
    return { at: Date.now(), body: raw.replace(/=\r?\n/g, '') }
  }

  /** What Alertmanager keeps quiet because of something else. */
  async function heldBack(): Promise<string[]> {
    const answer = await fetch(`${stage.alertmanager().url}/api/v2/alerts?inhibited=true&active=false`)
    return ((await answer.json()) as { labels: Record<string, string> }[]).map(({ labels }) => labels['alertname'] ?? '')
  }

  function enter(entry: Entry): void {
    ledger.push(entry)
    const { broken, sign = broken, told: at, repaired, resolved } = entry
    expect([broken, sign, at, repaired, resolved], 'in this order').to.deep.equal(
      [broken, sign, at, repaired, resolved].toSorted((a, b) => a - b),
    )
  }

  it('every source is broken: the page comes to the channel and to the product, and goes when they are mended', async () => {
    const { market } = stage.ground.sandbox
    const broken = Date.now()
    market.fault({ kind: 'status', status: 500 })
    const page = await told('ScrapeOutage', 'Page', broken)
    expect(JSON.stringify(page.payload)).to.include(`${stage.api.url}/runbooks/ScrapeOutage.md`)
    const sign = await firstRun(['server_error', 'rejected'], broken)
    expect(await heard('ScrapeOutage')).to.include('firing')
    const repaired = Date.now()
    market.clearFaults()
    await resetBreakers()
    const over = await told('ScrapeOutage', 'Resolved', repaired)
    await until('the product to hear of the end', async () => (await heard('ScrapeOutage')).includes('resolved'))
    enter({ fault: 'every source answers 500', alert: 'ScrapeOutage, Slack', broken, sign, told: page.at, repaired, resolved: over.at })
  })

  // The end of a drift is half a minute away, in which something else can be tried.
  it('a source changes its form: the ticket names the source', async () => {
    const { market } = stage.ground.sandbox
    const broken = Date.now()
    market.fault({ source: 'greenhouse', kind: 'renamed_field', field: 'jobs', name: 'positions' })
    // What a page says has changed, so no answer "not modified" is to hide it.
    await stage.database.db('boards').where({ source: 'greenhouse' }).update({ pages: null })
    const ticket = await told('SchemaDrift', 'Ticket', broken)
    expect(ticket.headline).to.include('greenhouse')
    const sign = await firstRun(['drift'], broken)
    drift = { fault: 'a source renames a field', alert: 'SchemaDrift, Slack', broken, sign, told: ticket.at, repaired: Date.now() }
  })

  it('messages to people are slow: whoever sees to it is told', async () => {
    const { market } = stage.ground.sandbox
    await untilQuiet('AlertDeliveryVerySlow')
    const broken = Date.now()
    market.fault({ source: 'slack', kind: 'slow', ms: 3000 })
    market.advance(1)
    const page = await told('AlertDeliveryVerySlow', 'Page', broken)
    const late = await stage.database
      .db('outbox')
      .where('created_at', '>=', new Date(broken))
      .whereRaw("delivered_at - created_at > interval '2 seconds'")
      .min({ at: 'delivered_at' })
      .first<{ at: Date }>()
    const repaired = Date.now()
    market.clearFaults()
    const over = await told('AlertDeliveryVerySlow', 'Resolved', repaired)
    const sign = late.at.getTime()
    enter({ fault: 'messages take 3 s', alert: 'AlertDeliveryVerySlow, Slack', broken, sign, told: page.at, repaired, resolved: over.at })
  })

  it('a worker stands still: the page comes from the process that is left', async () => {
    await until('visits in the windows', async () => (await ask('slo:total:events10s{slo="scrape-success"} > 40')).length === 1)
    const broken = Date.now()
    stage.worker.process().signal('SIGSTOP')
    const page = await told('VisitsStopped', 'Page', broken)
    const repaired = Date.now()
    stage.worker.process().signal('SIGCONT')
    const over = await told('VisitsStopped', 'Resolved', repaired)
    enter({ fault: 'the worker is stopped', alert: 'VisitsStopped, Slack', broken, told: page.at, repaired, resolved: over.at })
  })

  it('the source has its old form again: the ticket is closed', async () => {
    if (!drift) throw new Error('there was no drift')
    const over = await told('SchemaDrift', 'Resolved', drift.repaired)
    enter({ ...drift, resolved: over.at })
  })

  it('the API is killed, then everything: a ticket, then a page that keeps the ticket quiet, until both are back', async () => {
    await untilQuiet('TargetDown')
    const broken = Date.now()
    stage.api.process().signal('SIGKILL')
    const ticket = await told('TargetDown', 'Ticket', broken)
    expect(JSON.stringify(ticket.payload)).to.include(new URL(stage.api.url).host)
    const worse = Date.now()
    stage.worker.process().signal('SIGKILL')
    const page = await told('TargetAbsent', 'Page', worse)
    await until('TargetDown to be held back', async () => (await heldBack()).includes('TargetDown'))
    const others = stage.ops.told.filter(({ at, headline }) => at > page.at && !headline.includes('Resolved'))
    expect(others.map(({ headline }) => headline)).to.deep.equal([])
    const repaired = Date.now()
    await Promise.all([stage.api.start(), stage.worker.start()])
    const [back, over] = [await told('TargetAbsent', 'Resolved', repaired), await told('TargetDown', 'Resolved', repaired)]
    enter({ fault: 'kill -9 of the API', alert: 'TargetDown, Slack', broken, told: ticket.at, repaired, resolved: over.at })
    enter({ fault: 'kill -9 of everything', alert: 'TargetAbsent, Slack', broken: worse, told: page.at, repaired, resolved: back.at })
  })

  it('Alertmanager stops: the dead man speaks, and says when it is back', async () => {
    const said = async (words: RegExp, since: number) =>
      until(`${words}`, () => stage.deadmanChannel.told.find(({ at, headline }) => at >= since && words.test(headline)))
    await until('the Watchdog at the dead man', async () =>
      /last_seen_timestamp_seconds \d/.test(await (await fetch(`${stage.deadman.url}/metrics`)).text()),
    )
    const broken = Date.now()
    await stage.alertmanager().stop()
    const silent = await said(/Alerting is silent/, broken)
    const repaired = Date.now()
    await stage.restartAlertmanager()
    const back = await said(/alive again/, repaired)
    enter({
      fault: 'Alertmanager is stopped',
      alert: "dead man's switch, its own channel",
      broken,
      told: silent.at,
      repaired,
      resolved: back.at,
    })
  })

  it('the ops channel does not take messages: that comes by mail', async () => {
    const { market } = stage.ground.sandbox
    await untilQuiet('ScrapeOutage')
    await untilQuiet('AlertmanagerNotificationsFailing', ',integration="slack"')
    const broken = Date.now()
    stage.ops.broken = true
    market.fault({ kind: 'status', status: 500 })
    const mail = await letter('[Page] AlertmanagerNotificationsFailing · slack', broken)
    expect(mail.body).to.include('runbooks/AlertmanagerNotificationsFailing.md')
    expect(stage.ops.told.filter(({ at }) => at >= broken)).to.deep.equal([])
    const repaired = Date.now()
    stage.ops.broken = false
    // What could not be told meanwhile is told now.
    await told('ScrapeOutage', 'Page', repaired)
    market.clearFaults()
    await resetBreakers()
    const over = await letter('[Resolved] AlertmanagerNotificationsFailing · slack', repaired)
    enter({
      fault: 'the ops channel is gone',
      alert: 'AlertmanagerNotificationsFailing, mail',
      broken,
      told: mail.at,
      repaired,
      resolved: over.at,
    })
  })

  it('Slack would have taken every message', () => {
    expect(stage.ops.refused).to.deep.equal([])
    expect(stage.deadmanChannel.refused).to.deep.equal([])
  })
})
