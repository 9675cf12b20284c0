// What every objective comes to when somebody counts the happenings by hand: plain arithmetic, without PromQL and without the generator.

import type { History, Labels } from './history.ts'

const HOUR = 60
const DAY = 24 * HOUR

/** One SLO as its promise reads, counted by hand: windows are in minutes, and `until` is the last minute of the window. */
export interface Account {
  objective: number
  period: number
  groups: Labels[]
  count(group: Labels, until: number): { bad: number; total: number }
}

type Part = (labels: Labels, seconds: number) => boolean

/** How many happenings of a metric there were; what was counted while a process was away was not counted. */
function counter(history: History, metric: string) {
  const happenings = history.counted.find((one) => one.metric === metric)?.happenings ?? []
  return (period: number, until: number, group: Labels, fits: Part): number =>
    happenings
      .filter(({ minute, labels, seconds }) => minute > until - period && minute <= until && isIn(group, labels) && fits(labels, seconds))
      .reduce((sum, { amount }) => sum + amount, 0)
}

const isIn = (group: Labels, labels: Labels): boolean => Object.entries(group).every(([label, value]) => labels[label] === value)
const all: Part = () => true
const outcomeIn =
  (...names: string[]): Part =>
  (labels) =>
    names.includes(labels['outcome'] ?? '')

/** What a gauge shows between two samples: the newest one, if it is less than five minutes old, and the highest of all processes. */
function gauge(history: History, metric: string) {
  const gauges = history.gauged.filter((one) => one.metric === metric)
  return (group: Labels, minute: number): number | undefined => {
    const shown = gauges
      .filter(({ labels }) => isIn(group, labels))
      .flatMap(({ labels, values }) => {
        for (let back = minute; back > minute - 5; back--) {
          const value = values[back]
          if (value !== undefined && history.seen(back) && history.lives(labels['instance'] ?? '', back)) return [value]
        }
        return []
      })
    return shown.length === 0 ? undefined : Math.max(...shown)
  }
}

/** Looks half a minute after each sample whether it is bad then; undefined is neither good nor bad. */
function slices(history: History, period: number, until: number, isBad: (minute: number, now: number) => boolean | undefined) {
  const seen = { bad: 0, total: 0 }
  for (let minute = until - period; minute < until; minute++) {
    const bad = isBad(minute, history.start + minute * 60 + 30)
    if (bad === undefined) continue
    seen.total += 1
    if (bad) seen.bad += 1
  }
  return seen
}

/** Every objective of the house, told anew from what it promises. */
export function accountsOf(history: History): Record<string, Account> {
  const sources = ['ashby', 'greenhouse', 'lever'].map((source) => ({ source }))
  const kinds = ['rollback', 'disaster'].map((kind) => ({ kind }))
  return {
    'scrape-success': {
      objective: 0.95,
      period: DAY,
      groups: [{}],
      count(group, until) {
        const runs = counter(history, 'rolewatch_scrape_runs_total')
        const bad = runs(DAY, until, group, (labels) => !outcomeIn('ok', 'unchanged', 'empty_verified', 'gone', 'skipped')(labels, 0))
        return { bad, total: bad + runs(DAY, until, group, outcomeIn('ok', 'unchanged', 'empty_verified')) }
      },
    },
    extraction: {
      objective: 0.99,
      period: DAY,
      groups: sources,
      count: (group, until) => ({
        bad: counter(history, 'rolewatch_postings_rejected_total')(DAY, until, group, ({ reason }) =>
          /^(missing_field|wrong_type)$/.test(reason ?? ''),
        ),
        total: counter(history, 'rolewatch_postings_read_total')(DAY, until, group, all),
      }),
    },
    freshness: {
      objective: 0.99,
      period: 7 * DAY,
      groups: sources,
      count(group, until) {
        const read = gauge(history, 'rolewatch_source_last_success_timestamp_seconds')
        const expected = gauge(history, 'rolewatch_source_expected_interval_seconds')
        return slices(history, 7 * DAY, until, (minute, now) => {
          const [last, interval] = [read(group, minute), expected(group, minute)]
          if (interval === undefined) return undefined
          return last === undefined || now - last > 1.5 * interval + 600
        })
      },
    },
    'alert-delivery': slower(history, 'rolewatch_alert_delivery_seconds', 0.99, HOUR, 30, [{ channel: 'slack' }, { channel: 'email' }]),
    'resume-analysis': slower(history, 'rolewatch_resume_analysis_seconds', 0.95, DAY, 5, [{}]),
    'api-latency': slower(history, 'rolewatch_http_request_seconds', 0.95, 7 * DAY, 0.4, [{}], ({ status }) => Number(status) < 500),
    canary: slower(history, 'rolewatch_canary_round_trip_seconds', 0.99, 7 * DAY, 30, [{ channel: 'slack' }]),
    detection: slower(history, 'rolewatch_detection_seconds', 0.9, 30 * DAY, 900, [{ kind: 'outage' }, { kind: 'drift' }]),
    'api-availability': {
      objective: 0.999,
      period: 7 * DAY,
      groups: [{}],
      count(group, until) {
        const requests = counter(history, 'rolewatch_http_request_seconds')
        return { bad: requests(7 * DAY, until, group, ({ status }) => Number(status) >= 500), total: requests(7 * DAY, until, group, all) }
      },
    },
    'restore-drill': {
      objective: 0.95,
      period: 30 * DAY,
      groups: kinds,
      count(group, until) {
        const done = gauge(history, 'rolewatch_restore_drill_last_success_timestamp_seconds')
        return slices(history, 30 * DAY, until, (minute, now) => {
          const last = done(group, minute)
          return last === undefined ? undefined : now - last > 8 * 86_400
        })
      },
    },
    'restore-time': above(history, 'rolewatch_restore_drill_seconds', 300, 'rollback'),
    'restore-loss': above(history, 'rolewatch_restore_drill_data_loss_seconds', 900, 'rollback'),
    'disaster-time': above(history, 'rolewatch_restore_drill_seconds', 3600, 'disaster'),
    'disaster-loss': above(history, 'rolewatch_restore_drill_data_loss_seconds', 86_400, 'disaster'),
  }
}

function slower(
  history: History,
  metric: string,
  objective: number,
  period: number,
  limit: number,
  groups: Labels[],
  counts: Part = all,
): Account {
  const timed = counter(history, metric)
  return {
    objective,
    period,
    groups,
    count: (group, until) => ({
      bad: timed(period, until, group, (labels, seconds) => counts(labels, 0) && seconds > limit),
      total: timed(period, until, group, counts),
    }),
  }
}

function above(history: History, metric: string, limit: number, kind: string): Account {
  const shown = gauge(history, metric)
  return {
    objective: 0.95,
    period: 30 * DAY,
    groups: [{ kind }],
    count: (group, until) =>
      slices(history, 30 * DAY, until, (minute) => {
        const value = shown(group, minute)
        return value === undefined ? undefined : value > limit
      }),
  }
}
