// One round: an invented posting is visited, stored and matched as any other, and then waited for until Slack has answered.

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StageName } from '../../ops/metrics.ts'
import type { Watch } from '../../ops/telemetry.ts'
import { CANARY } from '../store/canary-marks.ts'
import { getBoard } from '../store/boards.ts'
import { endRound, isUnderWay, type Ended, type Round } from '../store/canary.ts'
import type { Db } from '../store/database.ts'
import type { RunRecord } from '../store/runs.ts'
import { openArchive } from '../scrape/archive.ts'
import { visit, type RunParts } from '../scrape/run.ts'
import { openDoorTo } from './door.ts'
import { boardOf, canarySource } from './source.ts'
import { withTimes } from './watch.ts'

export interface RoundParts {
  /** What visits are made with; the canary's goes to another door, and its pages are kept only as long as its round takes. */
  runParts: RunParts
  /** The canary's own: see `createCanaryWatch`. */
  watch: Watch
  /** Where its pages are kept meanwhile. */
  folder: string
}

export interface Visited {
  run: RunRecord
  /** Seconds of each stage. */
  times: ReadonlyMap<StageName, number>
  /** Why the posting did not get as far as the outbox; null when it did. */
  trouble: string | null
}

/** Between two looks at whether a message has been answered: soon at first, because most are. */
const FIRST_LOOK_MS = 50
const LONGEST_LOOK_MS = 1000

/** Visits the canary's board, on which this round's posting is. */
export async function visitBoard(parts: RoundParts, round: Round): Promise<Visited> {
  const { database, now = () => new Date() } = parts.runParts
  const board = await getBoard(database.db, round.boardId)
  if (!board) throw new Error('the board of the canary is not there')
  const { watch, times } = withTimes(parts.watch)
  await dropLeftovers(parts.folder)
  const own = join(parts.folder, round.id)
  try {
    const run = await visit(
      {
        ...parts.runParts,
        watch,
        door: openDoorTo(boardOf(round.id, now())),
        archive: openArchive(own),
        sources: { [CANARY]: canarySource },
        maxNewPerDay: undefined,
      },
      { board, trigger: 'schedule' },
    )
    return { run, times, trouble: await troubleOf(database.db, round, run) }
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** A stored posting that its search does not find would be waited for in vain. */
async function troubleOf(db: Db, round: Round, run: RunRecord): Promise<string | null> {
  if (run.outcome !== 'ok' || run.new !== 1) return `the visit ended ${run.outcome}${run.error === null ? '' : `: ${run.error}`}`
  const told = await db('outbox').where({ uid: round.uid }).first('id')
  return told || !(await isUnderWay(db, round.id)) ? null : 'the posting was stored and no search found it'
}

/** What killed processes of this machine left on its disk. */
async function dropLeftovers(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
}

/**
 * Waits until the round has come through or failed, and ends it. Undefined when its time is over, when somebody else has ended it, or
 * when the wait was broken off: it is then judged by whoever takes the next round.
 */
export async function awaitAnswer(db: Db, round: Round, seconds: number, signal: AbortSignal): Promise<Ended | undefined> {
  const until = performance.now() + seconds * 1000
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LONGEST_LOOK_MS)) {
    const ended = await endRound(db, round)
    if (ended) return ended
    const left = until - performance.now()
    if (left <= 0 || signal.aborted || !(await isUnderWay(db, round.id))) return undefined
    await sleep(Math.min(pause, left), undefined, { signal }).catch(() => {})
  }
}
