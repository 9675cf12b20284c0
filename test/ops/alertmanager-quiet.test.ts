// The real Alertmanager with the house's configuration: what is kept quiet by its cause or by a maintenance window, and what is not.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { startAlertmanager, type Program } from '../programs.ts'
import { openSlackServer, type SlackServer } from '../slack.ts'
import { needTool } from '../tools.ts'
import { houseConfig, localConfig, type AlertmanagerConfig } from './alertmanager-places.ts'
import { attachmentsOf, post, until, WAITS, type Labels } from './alertmanager-talk.ts'

describe('the real Alertmanager, keeping quiet', function () {
  this.timeout(60_000)
  let folder: string
  before(function () {
    needTool(this, 'alertmanager')
    folder = mkdtempSync(join(tmpdir(), 'rolewatch-alertmanager-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  describe('by causes', () => {
    let program: Program
    before(async () => {
      program = await startAlertmanager({ folder: join(folder, 'quiet'), config: await localConfig(join(folder, 'quiet'), {}) })
    })
    after(() => program?.stop())

    const nameOf = (labels: Labels) =>
      Object.keys(labels)
        .toSorted()
        .map((name) => labels[name])
        .join(' ')
    const states = async (): Promise<Map<string, string>> => {
      const answer = await fetch(`${program.url}/api/v2/alerts`)
      const all = (await answer.json()) as { labels: Labels; status: { state: string } }[]
      return new Map(all.map(({ labels, status }) => [nameOf(labels), status.state]))
    }
    const page = (alertname: string, more: Labels = {}): Labels => ({ alertname, severity: 'page', ...more })
    const ticket = (alertname: string, more: Labels = {}): Labels => ({ alertname, severity: 'ticket', ...more })

    const cases: { cause: Labels; quiet: Labels[]; told: Labels[] }[] = [
      {
        cause: page('ScrapeOutage', { slo: 'scrape-success' }),
        quiet: [
          ticket('ScrapeFailuresRaised', { slo: 'scrape-success' }),
          page('EverySourceStale'),
          ticket('SourceStale', { source: 'ashby' }),
        ],
        told: [
          ticket('ExtractionFailing', { slo: 'extraction', source: 'ashby' }),
          page('ScrapeFailuresHigh', { slo: 'scrape-success' }),
          ticket('BreakerOpen', { source: 'ashby' }),
          ticket('SchemaDrift', { source: 'ashby' }),
        ],
      },
      {
        cause: page('AlertDeliveryVerySlow', { slo: 'alert-delivery', channel: 'slack' }),
        quiet: [ticket('AlertDeliverySlow', { slo: 'alert-delivery', channel: 'slack' })],
        told: [ticket('AlertDeliverySlow', { slo: 'alert-delivery', channel: 'email' }), ticket('ApiSlow', { slo: 'api-latency' })],
      },
      {
        cause: page('OutboxStuck', { channel: 'slack' }),
        quiet: [ticket('OutboxSlow', { channel: 'slack' })],
        told: [ticket('OutboxSlow', { channel: 'email' }), page('CanaryLate', { channel: 'slack' })],
      },
      {
        cause: page('DiskFull', { volume: 'data' }),
        quiet: [ticket('DiskFilling', { volume: 'data' })],
        told: [ticket('DiskFilling', { volume: 'wal' })],
      },
      {
        cause: page('TargetAbsent'),
        quiet: [
          ticket('TargetDown', { instance: 'a' }),
          page('VisitsStopped'),
          page('EverySourceStale'),
          ticket('SourceStale', { source: 'ashby' }),
          page('ScrapeOutage'),
          ticket('ScrapeFailuresRaised'),
          page('OutboxStuck', { channel: 'slack' }),
          page('CanaryLate', { channel: 'slack' }),
          page('ApiErrorsHigh'),
          page('PostgresSilent', { instance: 'a' }),
          page('AlertmanagerNotificationsFailing', { integration: 'webhook' }),
        ],
        told: [
          page('AlertmanagerNotificationsFailing', { integration: 'slack' }),
          page('PrometheusNoAlertmanager'),
          page('DiskFull', { volume: 'data' }),
          ticket('RestoreDrillOverdue', { kind: 'rollback' }),
          { alertname: 'Watchdog', severity: 'none' },
        ],
      },
      {
        cause: page('PostgresSilent', { instance: 'a' }),
        quiet: [page('VisitsStopped'), page('OutboxStuck', { channel: 'slack' }), page('ApiErrorsHigh'), ticket('PostgresSlow')],
        told: [ticket('TargetDown', { instance: 'a' }), page('ScrapeOutage')],
      },
      {
        cause: page('VisitsStopped'),
        quiet: [page('EverySourceStale'), ticket('SourceStale', { source: 'lever' }), page('CanaryLate', { channel: 'slack' })],
        told: [page('OutboxStuck', { channel: 'slack' })],
      },
      {
        cause: page('EverySourceStale'),
        quiet: [ticket('SourceStale', { source: 'lever' })],
        told: [ticket('BreakerOpen', { source: 'lever' })],
      },
      {
        cause: ticket('BreakerOpen', { source: 'ashby' }),
        quiet: [ticket('SourceStale', { source: 'ashby' }), ticket('ExtractionFailing', { source: 'ashby' })],
        told: [
          ticket('SourceStale', { source: 'lever' }),
          page('EverySourceStale', { source: 'ashby' }),
          page('ScrapeOutage'),
          ticket('SchemaDrift', { source: 'ashby' }),
        ],
      },
    ]
    for (const { cause, quiet, told } of cases)
      it(`what follows from ${nameOf(cause)}, and that alone`, async () => {
        const becomes = (labels: Labels, state: string) =>
          until(`${nameOf(labels)} is ${state}`, async () => ((await states()).get(nameOf(labels)) === state ? true : undefined), 5000)
        // Consequences are there before their cause is known, and each is looked at beside the cause alone.
        for (const [others, state] of [
          [quiet, 'suppressed'],
          [told, 'active'],
        ] as const)
          for (const labels of others) {
            await post(program, [{ labels }])
            await becomes(labels, 'active')
            await post(program, [{ labels: cause }])
            await becomes(cause, 'active')
            // Nothing says that nothing will happen: a cause that is known is known to all.
            if (state === 'active') await sleep(100)
            await becomes(labels, state)
            await post(program, [{ labels: cause }], 0)
            await becomes(labels, 'active')
            await post(program, [{ labels }], 0)
          }
        await until('all are over', async () => ((await states()).size === 0 ? true : undefined), 5000)
      })

    it('something by each of its rules', () => {
      const { inhibit_rules } = houseConfig()
      expect(inhibit_rules.length).to.be.at.most(cases.length + 1)
      const causes = inhibit_rules.flatMap(({ source_matchers }) =>
        source_matchers.flatMap((one) => /alertname = "(\w+)"/.exec(one)?.[1] ?? []),
      )
      expect(cases.map(({ cause }) => cause['alertname'])).to.include.members(causes)
    })
  })

  describe('in a maintenance window', () => {
    let slack: SlackServer
    let program: Program
    /** The window of the house, moved so that it is now, and so that one of its three conditions does not hold. */
    function moved(now: Date, wrong?: 'weekdays' | 'days_of_month' | 'times'): Record<string, unknown> {
      const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
      const weekday = (offset: number) => DAYS[(now.getUTCDay() + offset) % 7]
      const day = now.getUTCDate()
      const away = day > 14 ? '1:7' : '20:26'
      const away12 = now.getUTCHours() < 12 ? ['18:00', '20:00'] : ['02:00', '04:00']
      const [start_time, end_time] = wrong === 'times' ? away12 : ['00:00', '24:00']
      return {
        // Tomorrow too, in case it is midnight soon.
        weekdays: wrong === 'weekdays' ? [weekday(3)] : [weekday(0), weekday(1)],
        days_of_month: [wrong === 'days_of_month' ? away : '1:31'],
        times: [{ start_time, end_time }],
      }
    }

    /** Four roads for the same ticket, each with the window in another place. */
    function withWindows(config: AlertmanagerConfig): AlertmanagerConfig {
      const now = new Date()
      const kinds = [undefined, 'weekdays', 'days_of_month', 'times'] as const
      const find = (receiver: string) => config.route.routes?.find((one) => one.receiver === receiver)
      const tickets = find('slack-tickets')
      const house = config.time_intervals[0]?.time_intervals[0] ?? {}
      config.time_intervals = kinds.map((wrong) => {
        const interval = moved(now, wrong)
        expect(Object.keys(interval)).to.have.members(Object.keys(house))
        return { name: wrong ?? 'maintenance', time_intervals: [interval] }
      })
      const roads = kinds.slice(1).map((wrong) => ({
        ...tickets,
        matchers: ['severity = "ticket"', `road = "${wrong}"`],
        mute_time_intervals: [wrong ?? ''],
      }))
      config.route.routes = [...(config.route.routes?.filter((one) => one !== tickets) ?? []), ...roads, ...(tickets ? [tickets] : [])]
      return config
    }

    before(async () => {
      slack = await openSlackServer()
      const config = withWindows(await localConfig(join(folder, 'window'), { slack: slack.url, waits: WAITS }))
      program = await startAlertmanager({ folder: join(folder, 'window'), config })
    })
    after(async () => {
      await program?.stop()
      await slack?.close()
    })

    it('tells pages, and no tickets; one condition that does not hold opens it', async () => {
      await post(program, [
        { labels: { alertname: 'MutedTicket', severity: 'ticket' } },
        ...['weekdays', 'days_of_month', 'times'].map((road) => ({ labels: { alertname: `Told_${road}`, severity: 'ticket', road } })),
        { labels: { alertname: 'ToldPage', severity: 'page' } },
      ])
      const titles = () => attachmentsOf(slack).map(({ title }) => title)
      await until('four messages', () => (titles().length >= 4 ? true : undefined))
      await sleep(2500)
      expect(new Set(titles())).to.deep.equal(
        new Set(['⚠️ Ticket: Told_weekdays', '⚠️ Ticket: Told_days_of_month', '⚠️ Ticket: Told_times', '🚨 Page: ToldPage']),
      )
    })
  })
})
