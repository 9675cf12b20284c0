// A month of made-up life: what happened minute by minute, what the processes of it counted, and what Prometheus saw of that.

import { between, chanceOf, pick, type Chance } from '../../../ops/sandbox/chance.ts'

export type Labels = Readonly<Record<string, string>>

/** Something that happened, as whoever counts by hand would note it down. */
export interface Happening {
  minute: number
  labels: Labels
  amount: number
  /** How long it took, for what is kept in a histogram. */
  seconds: number
}

/** A counter, or with bounds a histogram, with everything that it counted. */
export interface Counted {
  metric: string
  bounds?: readonly number[]
  /** Every label set, whether something happened to it or not. */
  sets: readonly Labels[]
  happenings: Happening[]
}

/** A gauge's value at each minute; undefined where it is not known. */
export interface Gauged {
  metric: string
  labels: Labels
  values: (number | undefined)[]
}

export interface History {
  /** Unix seconds of the sample of minute 0. */
  start: number
  minutes: number
  /** Whether a process lived at that minute. */
  lives(instance: string, minute: number): boolean
  /** Whether it began anew at that minute. */
  begins(instance: string, minute: number): boolean
  /** Whether Prometheus scraped at that minute. */
  seen(minute: number): boolean
  counted: Counted[]
  gauged: Gauged[]
}

const DAY = 1440
const SOURCES = ['ashby', 'greenhouse', 'lever'] as const
const GOOD = ['ok', 'unchanged', 'empty_verified']
const TROUBLE = 'empty_suspect partial drift blocked throttled gone timeout network server_error rejected skipped'.split(' ')
const REASONS = ['missing_field', 'wrong_type', 'duplicate_id', 'unlisted'] as const
const WORKERS = ['a', 'b'] as const
// Of the bounds, those that objectives look at and a few beside them: each is a series with a sample a minute.
const DELIVERY = [1, 10, 30, 60, 600]
const HTTP = [0.05, 0.4, 0.8, 5]
const RESUME = [1, 5, 8, 60]
const DETECTION = [300, 900, 1800]
const CANARY = [10, 30, 120]
const ANSWERS = [
  ...[200, 304, 500, 503].map((status) => ({ method: 'GET', route: '/api/v1/postings', status: `${status}` })),
  { method: 'POST', route: '/api/v1/searches', status: '201' },
]

/** From when to when something was so, in minutes, the end left out. */
type Span = readonly [from: number, to: number]
const within = (spans: readonly Span[], minute: number): boolean => spans.some(([from, to]) => minute >= from && minute < to)

/** Makes a history of so many minutes; the same seed makes the same one. */
export function makeHistory(seed: number, minutes: number): History {
  const chance = (name: string) => chanceOf(seed, name)
  // Each process is away now and then, sometimes for less than the time between two scrapes.
  const restarts = new Map<string, Span[]>(
    WORKERS.map((instance) => {
      const roll = chance(`restarts ${instance}`)
      return [instance, Array.from({ length: 14 }, (): Span => spanAt(roll, minutes, 0, 25))]
    }),
  )
  const blinking = chance('blind')
  const blind = Array.from({ length: 8 }, () => spanAt(blinking, minutes, 3, 40))
  const away = (instance: string) => restarts.get(instance) ?? []
  const history: History = {
    start: 1_767_225_630,
    minutes,
    lives: (instance, minute) => !within(away(instance), minute),
    begins: (instance, minute) => away(instance).some(([, to]) => to === minute),
    seen: (minute) => !within(blind, minute),
    counted: [],
    gauged: [],
  }
  const visits = makeVisits(history, chance('visits'))
  history.counted.push(...visits, makeDelivery(history, chance('delivery')), makeAnswers(history, chance('answers')))
  history.counted.push(makeResumes(history, chance('resumes')), makeDetections(history, chance('detections')))
  history.counted.push(makeCanary(history, chance('canary')))
  history.gauged.push(...makeFreshness(history, visits[0]), ...makeDrills(history, chance('drills')))
  return history
}

const spanAt = (chance: Chance, minutes: number, least: number, most: number): Span => {
  const from = between(chance, DAY, minutes - 1)
  return [from, from + between(chance, least, most)]
}

/** Notes down what a process did, unless it was away or just beginning. */
function note(history: History, counted: Counted, minute: number, labels: Labels, amount = 1, seconds = 0): void {
  const instance = labels['instance'] ?? ''
  if (history.lives(instance, minute) && !history.begins(instance, minute)) counted.happenings.push({ minute, labels, amount, seconds })
}

/** Every label set of a metric: all values of each label with all of the others. */
function combine(values: Readonly<Record<string, readonly string[]>>): Labels[] {
  return Object.entries(values).reduce<Labels[]>(
    (sets, [label, all]) => sets.flatMap((set) => all.map((value) => ({ ...set, [label]: value }))),
    [{}],
  )
}

/** The very object of the list, so that happenings can be told apart by it. */
function finder(sets: readonly Labels[]): (labels: Labels) => Labels {
  const key = (labels: Labels) =>
    Object.entries(labels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .join('|')
  const byKey = new Map(sets.map((set) => [key(set), set]))
  return (labels) => {
    const found = byKey.get(key(labels))
    if (!found) throw new Error(`no series for ${key(labels)}`)
    return found
  }
}

/** Hourly visits to 66 boards: quiet at night, with outages of one source, a drift, and an open breaker. */
function makeVisits(history: History, chance: Chance): [Counted, Counted, Counted] {
  const { minutes } = history
  const runs: Counted = {
    metric: 'rolewatch_scrape_runs_total',
    sets: combine({ source: SOURCES, outcome: [...GOOD, ...TROUBLE], instance: WORKERS }),
    happenings: [],
  }
  const read: Counted = {
    metric: 'rolewatch_postings_read_total',
    sets: combine({ source: SOURCES, instance: WORKERS }),
    happenings: [],
  }
  const refused: Counted = {
    metric: 'rolewatch_postings_rejected_total',
    sets: combine({ source: SOURCES, reason: REASONS, instance: WORKERS }),
    happenings: [],
  }
  const [runOf, readOf, refusedOf] = [finder(runs.sets), finder(read.sets), finder(refused.sets)]
  const troubles = new Map(SOURCES.map((source) => [source, Array.from({ length: 9 }, () => spanAt(chance, minutes, 10, 300))]))
  for (let minute = 0; minute < minutes; minute++) {
    const quiet = minute % DAY >= 120 && minute % DAY < 240
    for (const source of SOURCES) {
      const count = quiet ? 0 : between(chance, 0, 2) + (chance() < 0.01 ? 30 : 0)
      for (let visit = 0; visit < count; visit++) {
        const instance = pick(chance, WORKERS)
        const bad = within(troubles.get(source) ?? [], minute) ? chance() < 0.8 : chance() < 0.01
        const outcome = pick(chance, bad ? TROUBLE : GOOD)
        note(history, runs, minute, runOf({ source, outcome, instance }))
        if (outcome !== 'ok' && outcome !== 'partial') continue
        const postings = between(chance, 5, 60)
        note(history, read, minute, readOf({ source, instance }), postings)
        if (outcome === 'partial' || chance() < 0.05)
          note(history, refused, minute, refusedOf({ source, reason: pick(chance, REASONS), instance }), between(chance, 1, 4))
      }
    }
  }
  return [runs, read, refused]
}

/** A histogram whose things happen with a chance each minute, most of them quickly. */
function makeTimed(history: History, chance: Chance, of: Pick<Counted, 'metric' | 'sets'> & { bounds: number[] }, each: number): Counted {
  const counted: Counted = { ...of, happenings: [] }
  const most = of.bounds.at(-1) ?? 1
  for (let minute = 0; minute < history.minutes; minute++)
    for (const labels of of.sets) {
      const count = Math.floor(each + chance()) + (chance() < 0.002 ? between(chance, 5, 40) : 0)
      for (let one = 0; one < count; one++) note(history, counted, minute, labels, 1, most * 1.5 * chance() ** 8)
    }
  return counted
}

/** Nothing has ever been sent by mail. */
function makeDelivery(history: History, chance: Chance): Counted {
  const [slack, email] = ['slack', 'email'].map((channel) => ({ channel, instance: 'a' }))
  if (!slack || !email) throw new Error('two channels are two')
  const made = makeTimed(history, chance, { metric: 'rolewatch_alert_delivery_seconds', bounds: DELIVERY, sets: [slack] }, 0.4)
  return { ...made, sets: [slack, email] }
}

function makeAnswers(history: History, chance: Chance): Counted {
  const sets = ANSWERS.map((labels) => ({ ...labels, instance: 'a' }))
  return makeTimed(history, chance, { metric: 'rolewatch_http_request_seconds', bounds: HTTP, sets }, 0.3)
}

function makeResumes(history: History, chance: Chance): Counted {
  return makeTimed(history, chance, { metric: 'rolewatch_resume_analysis_seconds', bounds: RESUME, sets: [{ instance: 'a' }] }, 0.1)
}

function makeCanary(history: History, chance: Chance): Counted {
  const sets = [{ channel: 'slack', instance: 'b' }]
  return makeTimed(history, chance, { metric: 'rolewatch_canary_round_trip_seconds', bounds: CANARY, sets }, 0.2)
}

/** One drill a day of each kind. */
function makeDetections(history: History, chance: Chance): Counted {
  const sets = combine({ kind: ['outage', 'drift'], instance: ['a'] })
  const counted: Counted = { metric: 'rolewatch_detection_seconds', bounds: DETECTION, sets, happenings: [] }
  for (let day = 0; day * DAY < history.minutes; day++)
    for (const labels of sets) note(history, counted, day * DAY + between(chance, 0, DAY - 1), labels, 1, between(chance, 20, 1200))
  return counted
}

/** When each source was last read, as every process knows it; one of them was never read for most of the month, and one is let go. */
function makeFreshness(history: History, runs: Counted): Gauged[] {
  const [late, gone] = [history.minutes - 2 * DAY, history.minutes - 4 * DAY]
  return SOURCES.flatMap((source) => {
    const good = new Set<number>()
    for (const { minute, labels } of runs.happenings)
      if (labels['source'] === source && ['ok', 'unchanged'].includes(labels['outcome'] ?? '')) good.add(minute)
    const read: (number | undefined)[] = []
    for (let minute = 0; minute < history.minutes; minute++)
      read.push(good.has(minute) ? history.start + minute * 60 - 7 : minute === 0 ? undefined : read[minute - 1])
    return WORKERS.flatMap((instance) => {
      const known = read.map((value, minute) => (source === 'lever' && minute < late ? undefined : value))
      const expected = read.map((_, minute) => (source === 'ashby' && minute > gone ? undefined : source === 'lever' ? 1800 : 60))
      return [
        { metric: 'rolewatch_source_last_success_timestamp_seconds', labels: { source, instance }, values: known },
        { metric: 'rolewatch_source_expected_interval_seconds', labels: { source, instance }, values: expected },
      ]
    })
  })
}

/** Restores are tried every week, now and then too late, and some take too long or lose too much. */
function makeDrills(history: History, chance: Chance): Gauged[] {
  return ['rollback', 'disaster'].flatMap((kind) => {
    const [seconds, loss, success]: (number | undefined)[][] = [[], [], []]
    let next = between(chance, 10, 900)
    for (let minute = 0; minute < history.minutes; minute++) {
      const due = minute === next
      if (due) next += between(chance, 5, 11) * DAY
      const slow = kind === 'rollback' ? 300 : 3600
      seconds?.push(due ? between(chance, 1, 2 * slow) : seconds[minute - 1])
      loss?.push(due ? between(chance, 1, kind === 'rollback' ? 1500 : 150_000) : loss[minute - 1])
      success?.push(due ? history.start + minute * 60 - 11 : success[minute - 1])
    }
    const labels = { kind, instance: 'a' }
    return [
      { metric: 'rolewatch_restore_drill_seconds', labels, values: seconds ?? [] },
      { metric: 'rolewatch_restore_drill_data_loss_seconds', labels, values: loss ?? [] },
      { metric: 'rolewatch_restore_drill_last_success_timestamp_seconds', labels, values: success ?? [] },
    ]
  })
}
