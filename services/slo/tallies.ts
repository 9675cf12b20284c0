// What this process counts for and against each SLO, written into the database once a minute and once more at its end.

import type { Samples } from '../../ops/metrics.ts'
import type { Slo } from '../../ops/slo/spec.ts'
import { seriesOf, tallyEvents, tallyTime, type Tally } from '../../ops/slo/tally.ts'
import type { Watch } from '../../ops/telemetry.ts'
import type { Db } from '../store/database.ts'
import { rollUpTallies, writeTallies } from '../store/tallies.ts'

export interface Tallies {
  /** Counts what has happened since the last time and writes it, with what could not be written before. */
  flush(): Promise<void>
  /** Flushes at the end of every minute from now on. */
  start(): void
  /** Stops, and flushes once more. */
  close(): Promise<void>
}

export interface TallyParts {
  watch: Watch
  db: Db
  slos: readonly Slo[]
  now?: () => Date
  /** The length of a stretch. */
  seconds?: number
}

interface Stretch {
  at: Date
  events: Tally[]
  slices: Tally[]
}

const MINUTE = 60
const HOUR_MS = 3_600_000
/** A database that is away for longer has lost the oldest of them. */
const MOST_WAITING = 1440

/** Counts from 0: the metrics of a process begin with it. */
export function openTallies({ watch, db, slos, now = () => new Date(), seconds = MINUTE }: TallyParts): Tallies {
  const length = seconds * 1000
  const series = [...new Set(slos.flatMap(seriesOf))]
  const waiting: Stretch[] = []
  let before: Samples = new Map()
  let began = now().getTime()
  let tidied = 0

  const look = async (): Promise<void> => {
    const after = await watch.metrics.samples(series)
    const end = now().getTime()
    // After a sleep of the machine it is the last stretch that counts, not the one in which it fell asleep.
    const at = new Date(Math.floor(Math.max(began, end - length) / length) * length)
    waiting.push({
      at,
      events: slos.flatMap((slo) => tallyEvents(slo, before, after)),
      slices: slos.flatMap((slo) => tallyTime(slo, after, end / 1000, seconds)),
    })
    waiting.splice(0, waiting.length - MOST_WAITING)
    before = after
    began = end
  }
  const write = async (): Promise<void> => {
    for (let next = waiting[0]; next; next = waiting[0]) {
      await writeTallies(db, { ...next, seconds })
      waiting.shift()
    }
    const hour = Math.floor(now().getTime() / HOUR_MS)
    if (hour === tidied) return
    await rollUpTallies(db, now())
    tidied = hour
  }

  let going = Promise.resolve()
  const flush = (): Promise<void> => {
    going = going
      .then(look)
      .then(write)
      // What is not written now is written next time; counting must end nobody's work.
      .catch((error: unknown) => {
        watch.log.warn('slo.tallies', { waiting: waiting.length, error })
      })
    return going
  }

  const beat = everyStretch(flush, length, now)
  return {
    flush,
    start: () => beat.start(),
    async close() {
      beat.stop()
      await flush()
    },
  }
}

/** Works at the end of every stretch of the clock, so that what a minute counts is what happened in it. */
function everyStretch(work: () => Promise<void>, length: number, now: () => Date): { start(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const start = (): void => {
    if (stopped) return
    timer = setTimeout(() => void work().finally(start), length - (now().getTime() % length))
    timer.unref()
  }
  return {
    start,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
