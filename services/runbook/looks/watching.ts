// Looks at the watching itself: budgets, Prometheus and Alertmanager, what was changed lately, caps, and the last restore drills.

import { z } from 'zod'
import type { Finding, Read, Verdict } from '../../../ops/runbook/action.ts'
import { DRILLS } from '../../../ops/metrics.ts'
import { textOf } from '../../../ops/slo/tally.ts'
import { Failure } from '../../../scrapers/failure.ts'
import { openPrometheus } from '../../slo/prometheus.ts'
import { reportSlos, type SloReport } from '../../slo/report.ts'
import { changesByHand } from '../../store/changes.ts'
import { readCounter } from '../../store/counters.ts'
import { listWorkers } from '../../store/workers.ts'
import type { ActionParts } from '../parts.ts'
import { whole } from '../values.ts'
import { counted, lasting, moment } from '../words.ts'

const nothing = z.strictObject({})
const HOUR_MS = 3_600_000
/** One a week, and a day for it: as in alerts/slo/restore-drill.slo.yaml. */
const OVERDUE_SECONDS = 8 * 86_400

export function watchingLooks(parts: Pick<ActionParts, 'database' | 'config' | 'slos' | 'watch'>): Read[] {
  const { database, config, slos } = parts
  const { db } = database
  const names = slos.map(({ slo }) => slo)
  return [
    {
      kind: 'read',
      name: 'slo.state',
      summary: 'How an objective stands: budget left, and how quickly it is spent',
      args: z.strictObject({ slo: z.string().refine((name) => names.includes(name), `must be one of ${names.join(', ')}`) }),
      timeoutSeconds: 15,
      gives: [],
      async look(args, { now }) {
        const wanted = slos.filter(({ slo }) => slo === args['slo'])
        const [report] = await reportSlos({ slos: wanted, prometheusUrl: config.prometheusUrl, db: async () => db, now })
        return report ? judgeSlo(report) : { verdict: 'inconclusive', causes: [], words: 'There is no such objective.' }
      },
    },
    {
      kind: 'read',
      name: 'monitoring.state',
      summary: 'Whether Prometheus answers, evaluates its rules and knows an Alertmanager',
      args: nothing,
      timeoutSeconds: 15,
      gives: [],
      look: () => judgeMonitoring(config.prometheusUrl),
    },
    {
      kind: 'read',
      name: 'changes.recent',
      summary: 'What was changed by hand, and which processes began, within the last hours',
      args: z.strictObject({ hours: whole(1, 168).default(24) }),
      timeoutSeconds: 10,
      gives: [],
      async look(args, { now }) {
        const since = new Date(now().getTime() - Number(args['hours']) * HOUR_MS)
        const lines = await changesByHand(db, since)
        const begun = (await listWorkers(db)).filter((one) => one.started_at > since)
        // Who it was is in the audit, under the line's number.
        const facts = {
          changes: lines.map(({ id, at, action, target }) => ({ audit: id, at, action, target })),
          processes: begun.map(({ owner, version, started_at }) => ({ owner, version, started_at })),
        }
        const [last] = lines
        const words = `Within ${counted(Number(args['hours']), 'hour')}: ${counted(last?.total ?? 0, 'change')} by hand${last ? `, the last ${last.action} of ${last.target} at ${moment(last.at)} (line ${last.id} of the audit)` : ''}; ${counted(begun.length, 'process', 'processes')} began${begun[0] ? `, the last heard of with version ${begun[0].version}` : ''}.`
        return { verdict: 'healthy', causes: [], words, facts }
      },
    },
    {
      kind: 'read',
      name: 'caps.state',
      summary: 'How much of the daily caps is used',
      args: nothing,
      timeoutSeconds: 5,
      gives: [],
      async look(_args, { now }) {
        const caps = [
          { name: 'calls', cap: config.maxCallsPerDay },
          { name: 'new_postings', cap: config.maxNewPostingsPerDay },
        ]
        const used = await Promise.all(caps.map(async (one) => ({ ...one, used: await readCounter(db, one.name, now()) })))
        const set = used.filter((one) => one.cap !== undefined)
        const full = set.filter((one) => one.used >= (one.cap ?? Infinity))
        const words =
          set.length === 0
            ? 'No daily cap is set.'
            : `Used today (UTC): ${set.map((one) => `${one.used} of ${one.cap} ${one.name}`).join(', ')}.`
        return { verdict: full.length > 0 ? 'degraded' : 'healthy', causes: full.length > 0 ? ['load'] : [], words, facts: used }
      },
    },
    {
      kind: 'read',
      name: 'restore.state',
      summary: 'How the last restore drills went',
      args: z.strictObject({ kind: z.enum(DRILLS, `must be one of ${DRILLS.join(', ')}`).optional() }),
      timeoutSeconds: 5,
      gives: [],
      look: (args, { now }) =>
        judgeDrills(
          parts,
          DRILLS.filter((kind) => args['kind'] === undefined || args['kind'] === kind),
          now(),
        ),
    },
  ]
}

const STATE: Readonly<Record<SloReport['state'], Verdict>> = { ok: 'healthy', warning: 'degraded', page: 'broken', no_data: 'inconclusive' }

function judgeSlo(report: SloReport): Finding {
  const left =
    report.budget_remaining === null
      ? 'nothing is known of its budget'
      : `${Math.round(report.budget_remaining * 100)}% of its budget is left`
  const rest = report.exhausted_in_seconds ? `, for ${lasting(report.exhausted_in_seconds)} at this pace` : ''
  const verdict = STATE[report.state]
  return {
    verdict,
    causes: [],
    words: `${report.title}: ${left}${rest}.`,
    facts: { state: report.state, sli: report.sli, burn: report.burn, source: report.source, note: report.note },
  }
}

/** Prometheus's own series: what it does not tell of itself is not known. */
const ITS_OWN = {
  failed_rules: 'sum(increase(prometheus_rule_evaluation_failures_total[10m]))',
  alertmanagers: 'max(prometheus_notifications_alertmanagers_discovered)',
  undelivered: 'sum(increase(prometheus_notifications_errors_total[10m]))',
  refused: 'sum(increase(alertmanager_notifications_failed_total[10m]))',
} as const

async function judgeMonitoring(url: string | undefined): Promise<Finding> {
  if (url === undefined) return { verdict: 'inconclusive', causes: [], words: 'PROMETHEUS_URL is not set: nothing can be asked.' }
  const prometheus = openPrometheus(url)
  const first = async (query: string): Promise<number | null> => (await prometheus.query(query))[0]?.value ?? null
  try {
    const facts = {
      failed_rules: await first(ITS_OWN.failed_rules),
      alertmanagers: await first(ITS_OWN.alertmanagers),
      undelivered: await first(ITS_OWN.undelivered),
      refused: await first(ITS_OWN.refused),
    }
    const faults = [
      (facts.failed_rules ?? 0) > 0 ? 'rules fail' : '',
      facts.alertmanagers === 0 ? 'no Alertmanager is known' : '',
      (facts.undelivered ?? 0) > 0 ? 'alerts do not reach Alertmanager' : '',
      (facts.refused ?? 0) > 0 ? 'Alertmanager cannot deliver' : '',
    ].filter((fault) => fault !== '')
    if (faults.length > 0)
      return { verdict: 'broken', causes: ['monitoring'], words: `In the last ten minutes: ${faults.join(', ')}.`, facts }
    const unknown = Object.values(facts).filter((value) => value === null).length
    if (unknown > 0)
      return {
        verdict: 'inconclusive',
        causes: [],
        words: 'Prometheus answers, but does not watch itself or Alertmanager: the rest is not known.',
        facts,
      }
    return { verdict: 'healthy', causes: [], words: 'Prometheus answers, its rules are evaluated, and Alertmanager delivers.', facts }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { verdict: 'broken', causes: ['monitoring'], words: `Prometheus gave no answer: ${error.message}.` }
  }
}

/** Drills as this process counts them; what is too much is what the objectives say. */
async function judgeDrills(
  parts: Pick<ActionParts, 'watch' | 'slos'>,
  kinds: readonly (typeof DRILLS)[number][],
  now: Date,
): Promise<Finding> {
  const { metrics } = parts.watch
  const rows = await Promise.all(
    kinds.map(async (kind) => ({
      kind,
      at: await metrics.value(metrics.restoreDrillSuccess, { kind }),
      seconds: await metrics.value(metrics.restoreDrill, { kind }),
      loss: await metrics.value(metrics.restoreDrillLoss, { kind }),
    })),
  )
  const done = rows.filter((row) => row.at > 0)
  if (done.length === 0) return { verdict: 'inconclusive', causes: [], words: 'This process knows of no restore drill.' }
  const told = done.map((row) => {
    const age = now.getTime() / 1000 - row.at
    const bad = [
      age > OVERDUE_SECONDS ? 'overdue' : '',
      row.seconds > boundOf(parts.slos, 'restore_drill_seconds', row.kind) ? 'too slow' : '',
      row.loss > boundOf(parts.slos, 'restore_drill_data_loss_seconds', row.kind) ? 'too much was lost' : '',
    ].filter((fault) => fault !== '')
    const words = `The last ${row.kind} drill was ${lasting(age)} ago, took ${lasting(row.seconds)} and lost ${lasting(row.loss)}`
    return { bad: bad.length > 0, words: `${words}${bad.length > 0 ? `: ${bad.join(', ')}` : ''}.` }
  })
  return {
    verdict: told.some(({ bad }) => bad) ? 'degraded' : 'healthy',
    causes: [],
    words: told.map(({ words }) => words).join(' '),
    facts: done,
  }
}

/** Above it the objective is missed; without an objective there is none. */
function boundOf(slos: ActionParts['slos'], metric: string, kind: string): number {
  const bounds = slos.flatMap(({ sli }) =>
    sli.kind === 'level' && sli.metric.endsWith(metric) && sli.where['kind']?.includes(kind) ? [Number(textOf(sli.above))] : [],
  )
  return Math.min(...bounds)
}
