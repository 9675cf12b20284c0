// Looks at processes: the queue, who works on it, and how each process is.

import { z } from 'zod'
import type { Finding, Read } from '../../../ops/runbook/action.ts'
import { VISITS } from '../../scrape/schedule.ts'
import { countOverdue } from '../../store/visited.ts'
import { endedVisits, GONE_SECONDS, listWorkers, type WorkerRow } from '../../store/workers.ts'
import type { ActionParts } from '../parts.ts'
import { counted, lasting } from '../words.ts'

const nothing = z.strictObject({})
const TEN_MINUTES = 600
/** A process that fell silent so long ago has been mourned. */
const MOURNED_SECONDS = 900
/** As in alerts/symptoms.yaml. */
const LATE_LOOP = { degraded: 0.2, broken: 0.5 }
const MUCH_MEMORY = 1_073_741_824
const FULL_HEAP = { degraded: 0.85, broken: 0.95 }
/** Rows that are kept. */
const KEPT = 20

export function processLooks({ database, queue }: Pick<ActionParts, 'database' | 'queue'>): Read[] {
  const { db } = database
  return [
    {
      kind: 'read',
      name: 'queue.state',
      summary: 'Visits that are overdue, wait, go on, ended and died',
      args: nothing,
      timeoutSeconds: 10,
      gives: [],
      async look(_args, { now }) {
        const counts = (await queue.counts()).find(({ name }) => name === VISITS)
        return judgeQueue({
          ready: counts?.ready ?? 0,
          active: counts?.active ?? 0,
          waitingSeconds: await queue.waitingSeconds(VISITS),
          overdue: await countOverdue(db, TEN_MINUTES, now()),
          ended: await endedVisits(db, TEN_MINUTES, now()),
          dead: await queue.deadLetters(VISITS),
        })
      },
    },
    {
      kind: 'read',
      name: 'workers.state',
      summary: 'Which processes are alive, and which of them make visits',
      args: nothing,
      timeoutSeconds: 5,
      gives: ['worker'],
      look: async () => judgeWorkers(await listWorkers(db)),
    },
    {
      kind: 'read',
      name: 'process.state',
      summary: 'Event loop, heap and memory of each process',
      args: nothing,
      timeoutSeconds: 5,
      gives: ['worker'],
      look: async () => judgeProcesses((await listWorkers(db)).filter(isAlive)),
    },
  ]
}

interface QueueFacts {
  ready: number
  active: number
  waitingSeconds: number
  overdue: number
  ended: number
  dead: { id: string; data: unknown; at: Date; error: unknown }[]
}

function judgeQueue(facts: QueueFacts): Finding {
  const { ready, active, waitingSeconds, overdue, ended, dead } = facts
  const kept = { ...facts, dead: dead.slice(0, 5) }
  const words = `${counted(ready, 'visit')} waiting, the oldest for ${lasting(waitingSeconds)}; ${active} going on, ${ended} ended within ten minutes; ${counted(overdue, 'board')} overdue; ${counted(dead.length, 'dead letter')}.`
  const isHeld = overdue > 0 || waitingSeconds > TEN_MINUTES
  if (isHeld && ended === 0) return { verdict: 'broken', causes: ['worker'], words, facts: kept }
  if (isHeld) return { verdict: 'degraded', causes: dead.length > 0 ? ['load', 'backlog'] : ['load'], words, facts: kept }
  return { verdict: dead.length > 0 ? 'degraded' : 'healthy', causes: dead.length > 0 ? ['backlog'] : [], words, facts: kept }
}

const isAlive = (one: WorkerRow): boolean => one.silent_seconds < GONE_SECONDS

function judgeWorkers(all: readonly WorkerRow[]): Finding {
  const alive = all.filter(isAlive)
  const working = alive.filter((one) => one.role !== 'api').toSorted((a, b) => b.state.active - a.state.active)
  // Another process on the same machine that began after it is in its place.
  const lost = all.filter(
    (gone) =>
      !isAlive(gone) &&
      gone.silent_seconds < MOURNED_SECONDS &&
      !alive.some((one) => one.host === gone.host && one.started_at > gone.beat_at),
  )
  const facts = all.slice(0, KEPT)
  const told = lost[0] ? ` ${lost[0].owner} has not been heard of for ${lasting(lost[0].silent_seconds)}.` : ''
  const words = `${counted(alive.length, 'process', 'processes')} alive, ${working.length} of them to make visits.${told}`
  if (working.length === 0) return { verdict: 'broken', causes: ['worker'], words, facts }
  return {
    verdict: lost.length > 0 ? 'degraded' : 'healthy',
    causes: lost.length > 0 ? ['worker'] : [],
    words,
    values: { worker: working[0]?.owner ?? '' },
    facts,
  }
}

const fill = ({ state }: WorkerRow): number => (state.heap_limit_bytes > 0 ? state.heap_bytes / state.heap_limit_bytes : 0)
const late = ({ state }: WorkerRow): number => state.event_loop_p99_seconds

/** Memory before lateness: a heap that is nearly full makes the event loop late. */
function judgeProcesses(alive: readonly WorkerRow[]): Finding {
  const most = (of: (one: WorkerRow) => number) => alive.toSorted((a, b) => of(b) - of(a))[0]
  const full = most(fill)
  const large = most(({ state }) => state.rss_bytes)
  const slow = most(late)
  if (!full || !large || !slow) return { verdict: 'inconclusive', causes: [], words: 'No process says how it is.' }
  const facts = alive.slice(0, KEPT).map(({ owner, role, state }) => ({ owner, role, ...state }))
  const finding = (one: WorkerRow, rest: Pick<Finding, 'verdict' | 'causes' | 'words'>): Finding => ({
    ...rest,
    values: { worker: one.owner },
    facts,
  })
  if (fill(full) > FULL_HEAP.degraded)
    return finding(full, {
      verdict: fill(full) > FULL_HEAP.broken ? 'broken' : 'degraded',
      causes: ['memory'],
      words: `The heap of ${full.owner} is ${percent(fill(full))} full (${megabytes(full.state.heap_bytes)}).`,
    })
  if (large.state.rss_bytes > MUCH_MEMORY)
    return finding(large, {
      verdict: 'degraded',
      causes: ['memory'],
      words: `${large.owner} takes ${megabytes(large.state.rss_bytes)} of memory; its heap is ${percent(fill(large))} full.`,
    })
  if (late(slow) > LATE_LOOP.degraded)
    return finding(slow, {
      verdict: late(slow) > LATE_LOOP.broken ? 'broken' : 'degraded',
      causes: ['load'],
      words: `The event loop of ${slow.owner} is ${Math.round(late(slow) * 1000)} ms late (p99).`,
    })
  return finding(slow, {
    verdict: 'healthy',
    causes: [],
    words: `Of ${counted(alive.length, 'process', 'processes')} the fullest heap is ${percent(fill(full))} full, the largest takes ${megabytes(large.state.rss_bytes)}, and the slowest event loop is ${Math.round(late(slow) * 1000)} ms late.`,
  })
}

const percent = (share: number): string => `${Math.round(share * 100)}%`
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
