// The real Alertmanager with the house's configuration: who is told what and when, and in which words.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { readConfig } from '../../services/config.ts'
import { openMailServer, PASSWORD, type MailServer } from '../mail.ts'
import { startAlertmanager, type Program } from '../programs.ts'
import { serveApi, type Served } from '../services/api/client.ts'
import { openSlackServer, type SlackServer } from '../slack.ts'
import { needTool } from '../tools.ts'
import { openWorld, type World } from '../world.ts'
import { localConfig } from './alertmanager-places.ts'
import { attachmentsOf, post, until, WAITS, type Labels } from './alertmanager-talk.ts'

/** A program that takes notifications and keeps them: the dead man's switch, as Alertmanager sees it. */
async function openListener() {
  const heard: { status: string; alerts: { labels: Labels }[] }[] = []
  const server = createServer((request, response) => {
    const take = async () => {
      heard.push((await json(request)) as (typeof heard)[number])
      response.end('ok')
    }
    void take()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/watchdog`,
    heard,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('the real Alertmanager, telling', function () {
  this.timeout(60_000)
  let folder: string
  before(function () {
    needTool(this, 'alertmanager')
    folder = mkdtempSync(join(tmpdir(), 'rolewatch-alertmanager-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  describe('tells', () => {
    const TOKEN = 'the-password-of-the-hook'
    let world: World
    let api: Served
    let slack: SlackServer
    let mail: MailServer
    let deadman: Awaited<ReturnType<typeof openListener>>
    let program: Program
    before(async () => {
      world = await openWorld()
      api = await serveApi(world, { config: readConfig({ ALERTMANAGER_HOOK_TOKEN: TOKEN }) })
      slack = await openSlackServer()
      mail = await openMailServer({ auth: true })
      deadman = await openListener()
      const config = await localConfig(join(folder, 'tells'), {
        slack: slack.url,
        hook: { url: `http://127.0.0.1:${api.port}/hooks/alertmanager`, token: TOKEN },
        deadman: deadman.url,
        mail: { port: mail.port, user: 'jo', password: PASSWORD.meant },
        waits: WAITS,
      })
      program = await startAlertmanager({ folder: join(folder, 'tells'), config })
    })
    after(async () => {
      await program?.stop()
      await Promise.all([slack?.close(), mail?.close(), deadman?.close(), api?.close()])
      await world?.close()
    })

    const attachments = () => attachmentsOf(slack)
    const told = (title: RegExp) => until(`Slack: ${title}`, () => attachments().find((one) => title.test(one.title)))
    const mailed = (subject: string) => mail.accepted.filter(({ raw }) => raw.includes(subject))
    const row = (alertname: string) =>
      world.db('alerts').where({ alertname }).first() as Promise<{ status: string; receipts: number } | undefined>

    it('a ticket, with its runbook, its dashboard at that time, and its end', async () => {
      const labels = { alertname: 'BreakerOpen', severity: 'ticket', priority: 'P2', owner: 'scraping', source: 'ashby' }
      const startsAt = new Date(Date.now() - 120_000)
      await post(program, [{ labels, startsAt }])
      const firing = await told(/Ticket: BreakerOpen/)
      expect(firing.title).to.equal('⚠️ Ticket: BreakerOpen · ashby')
      expect(firing.color).to.equal('warning')
      const dashboard = `https://grafana.example.com/d/rolewatch-scrapers?var-source=ashby&from=${startsAt.getTime() - 3_600_000}&to=now`
      expect(firing.title_link).to.equal(dashboard)
      // Its own name for itself, unless --web.external-url says another.
      const externalUrl = `http://${hostname()}:${new URL(program.url).port}`
      expect(firing.text.split('\n')).to.deep.equal([
        '*The breaker of &lt;ashby&gt; &amp; co is open*',
        'Requests to a host of this source failed in a row.',
        `ticket P2 · ashby · scraping · since ${startsAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
        `<https://rolewatch.example.com/runbooks/BreakerOpen.md|Runbook> · <${dashboard}|Dashboard> · <http://prometheus.example.com/graph?g0.expr=up|Query> · ` +
          `<${externalUrl}/#/silences/new?filter=%7Balertname%3D%22BreakerOpen%22%7D|Silence>`,
      ])
      await post(program, [{ labels, startsAt }], 0)
      const over = await told(/Resolved: BreakerOpen/)
      expect(over.title).to.equal('✅ Resolved: BreakerOpen · ashby')
      expect(over.color).to.equal('good')
      expect(over.text).to.match(/ · over after 2m\ds$/m)
      expect(over.title_link).to.match(/&from=\d{13}&to=\d{13}$/)
      expect((await row('BreakerOpen'))?.status).to.equal('resolved')
      expect(mailed('BreakerOpen')).to.have.length(0)
    })

    it('two sources apart, and two channels of one alert together', async () => {
      const labels = { severity: 'ticket', priority: 'P1', owner: 'scraping' }
      await post(program, [
        { labels: { ...labels, alertname: 'SchemaDrift', source: 'ashby' } },
        { labels: { ...labels, alertname: 'SchemaDrift', source: 'lever' } },
        { labels: { ...labels, alertname: 'OutboxSlow', channel: 'email' } },
        { labels: { ...labels, alertname: 'OutboxSlow', channel: 'slack' } },
      ])
      await told(/SchemaDrift · ashby$/)
      await told(/SchemaDrift · lever$/)
      const both = await told(/OutboxSlow/)
      expect(both.title).to.equal('⚠️ Ticket: OutboxSlow (2 alerts)')
      expect(both.text.match(/Runbook/g)).to.have.length(2)
      expect(both.text)
        .to.match(/ticket P1 · email · /)
        .and.to.match(/ticket P1 · slack · /)
    })

    it('a page at once; by e-mail too when it is not over after a while, and when Slack is what fails', async () => {
      const labels = { severity: 'page', priority: 'P0', owner: 'operations' }
      const began = performance.now()
      await post(program, [
        { labels: { ...labels, alertname: 'TargetAbsent' } },
        { labels: { ...labels, alertname: 'DiskFull', volume: 'data' } },
        { labels: { ...labels, alertname: 'AlertmanagerNotificationsFailing', integration: 'slack' } },
      ])
      expect((await told(/Page: TargetAbsent/)).title).to.equal('🚨 Page: TargetAbsent')
      expect((await told(/Page: DiskFull/)).color).to.equal('danger')
      await told(/Page: AlertmanagerNotificationsFailing · slack/)
      const [first] = await until('the first mail', () => (mail.accepted.length > 0 ? mail.accepted : undefined))
      expect(performance.now() - began).to.be.lessThan(4500)
      expect(first?.raw).to.match(/^Subject: =\?utf-8\?q\?\[Page\]_AlertmanagerNotificationsFailing_/m)
      expect(first).to.deep.include({ from: 'rolewatch@example.com', to: ['oncall@example.com'], user: 'jo' })
      await post(program, [{ labels: { ...labels, alertname: 'DiskFull', volume: 'data' } }], 0)
      await until('the late mail', () => (mailed('TargetAbsent').length > 0 ? true : undefined))
      expect(performance.now() - began).to.be.greaterThan(4900)
      const text = mailed('TargetAbsent')[0]?.raw.replaceAll('=\r\n', '').replaceAll('=3D', '=') ?? ''
      expect(text).to.contain('Runbook:   https://rolewatch.example.com/runbooks/BreakerOpen.md')
      expect(text).to.match(/Dashboard: https:\/\/grafana\.example\.com\/d\/rolewatch-scrapers\?var-source=ashby&from=\d{13}&to=now/)
      await sleep(1500)
      expect(mailed('DiskFull')).to.have.length(0)
      expect(await row('TargetAbsent')).to.include({ status: 'firing' })
      expect(await row('DiskFull')).to.include({ status: 'resolved' })
    })

    it('the hook again and again of what still fires', async () => {
      const before = (await row('TargetAbsent'))?.receipts ?? 0
      await until('a repetition', async () => (((await row('TargetAbsent'))?.receipts ?? 0) > before ? true : undefined))
    })

    it('the dead man of the Watchdog at every turn, the hook too, people never, and nobody of its end', async () => {
      const labels = { alertname: 'Watchdog', severity: 'none', priority: 'P3', owner: 'operations' }
      await post(program, [{ labels }])
      await until('three beats', () => (deadman.heard.length >= 3 ? true : undefined))
      expect(deadman.heard.every(({ status, alerts }) => status === 'firing' && alerts[0]?.labels['alertname'] === 'Watchdog')).to.equal(
        true,
      )
      expect(await world.metrics.value(world.metrics.watchdogLastSeen, {})).to.be.closeTo(Date.now() / 1000, 5)
      await post(program, [{ labels }], 0)
      const resolved = () => world.metrics.value(world.metrics.alertsReceived, { status: 'resolved' })
      const ended = await resolved()
      await until('the hook hears of the end', async () => ((await resolved()) > ended ? true : undefined))
      const beats = deadman.heard.length
      await sleep(1500)
      expect(deadman.heard.length).to.equal(beats)
      expect(attachments().filter((one) => one.title.includes('Watchdog'))).to.deep.equal([])
      expect(await row('Watchdog')).to.equal(undefined)
    })

    it('the hook alone of what has no severity that wakes or waits', async () => {
      await post(program, [{ labels: { alertname: 'Novelty', severity: 'none' } }])
      await until('the row', () => row('Novelty'))
      await sleep(1500)
      expect(attachments().filter((one) => one.title.includes('Novelty'))).to.deep.equal([])
    })

    it('no more than ten of many in one message', async () => {
      await post(
        program,
        Array.from({ length: 12 }, (_, n) => ({
          labels: { alertname: 'MemoryHigh', severity: 'ticket', instance: `10.0.0.${n + 10}:8080` },
        })),
      )
      const many = await told(/MemoryHigh/)
      expect(many.title).to.equal('⚠️ Ticket: MemoryHigh (12 alerts)')
      expect(many.text.match(/\|Runbook>/g)).to.have.length(10)
      expect(many.text).to.match(/… and 2 more: <http:\/\/\S+:\d+\/#\/alerts\?receiver=slack-tickets\|Alertmanager>$/)
    })
  })
})
