// Deeds on pages and closings: pages set aside and let out, boards read afresh, and a closing taken back.

import { setImmediate as breathe } from 'node:timers/promises'
import { z } from 'zod'
import { fromKnex } from '../../../ops/queue.ts'
import type { Plan, Write } from '../../../ops/runbook/action.ts'
import { Failure } from '../../../scrapers/failure.ts'
import { sources } from '../../../scrapers/index.ts'
import { createPage } from '../../scrape/page.ts'
import { URGENT, visitTask, VISITS } from '../../scrape/schedule.ts'
import { findBoards } from '../../store/boards.ts'
import { countClosedBy } from '../../store/closings.ts'
import type { Db } from '../../store/database.ts'
import { undoClose } from '../../store/postings.ts'
import {
  countDoubtful,
  forgetReading,
  releaseBoards,
  releasePages,
  setAsideDoubtful,
  waitingPages,
  type WaitingPage,
} from '../../store/quarantine.ts'
import { getRun } from '../../store/runs.ts'
import type { ActionParts } from '../parts.ts'
import { source } from '../values.ts'
import { counted } from '../words.ts'

type Args = Record<string, unknown>

const LIMITS = { cooldownSeconds: 1800, perHour: 4, perDay: 12 } as const

export function pageDeeds(parts: Pick<ActionParts, 'database' | 'queue' | 'archive'>): Write<Db>[] {
  const { db } = parts.database
  return [replay(parts), quarantine(db), undoClosing(db)]
}

function replay({ database, queue, archive }: Pick<ActionParts, 'database' | 'queue' | 'archive'>): Write<Db> {
  return {
    kind: 'write',
    name: 'page.replay',
    summary: 'Reads the boards again whose pages wait in quarantine and can be read by the parser as it is now',
    args: z.strictObject({ source }),
    reach: 'source',
    reversible: false,
    transaction: true,
    ...LIMITS,
    timeoutSeconds: 60,
    async plan(args, { now }) {
      const waiting = await waitingPages(database.db, String(args['source']), now())
      const readable = await readableNow(archive, waiting)
      const plan: Plan = {
        target: targetOf(args),
        words: `${readable.length} of ${counted(waiting.length, 'board')} with pages in quarantine can be read now: they will be visited at once and read in full.`,
      }
      if (waiting.length === 0) return { ...plan, idle: 'No page of a board of this source that is visited waits in quarantine.' }
      if (readable.length > 0) return plan
      return { ...plan, idle: `None of ${counted(waiting.length, 'page')} in quarantine can be read by the parser as it is.` }
    },
    async act(args, { now }, trx) {
      const readable = await readableNow(archive, await waitingPages(trx, String(args['source']), now()))
      const ids = readable.map(({ board_id }) => board_id)
      await forgetReading(trx, ids)
      const released = await releaseBoards(
        trx,
        readable.map(({ id }) => id),
        now(),
      )
      const boards = await findBoards(trx, { ids })
      await queue.add(VISITS, await Promise.all(boards.map((one) => visitTask(one, 'runbook', URGENT))), fromKnex(trx))
      return {
        words: `${counted(released, 'page')} let out of quarantine; ${counted(boards.length, 'board')} to be visited at once and read in full.`,
      }
    },
  }
}

function quarantine(db: Db): Write<Db> {
  return {
    kind: 'write',
    name: 'page.quarantine',
    summary: 'Sets the pages of the boards aside whose last visit was doubtful, so that they are neither compared with nor forgotten',
    args: z.strictObject({ source }),
    reach: 'source',
    reversible: true,
    transaction: true,
    ...LIMITS,
    timeoutSeconds: 30,
    async plan(args) {
      const count = await countDoubtful(db, String(args['source']))
      const plan = { target: targetOf(args), words: `The newest page of ${counted(count, 'board')} will be set aside.` }
      return count === 0 ? { ...plan, idle: 'No page of a doubtful visit is left that is not set aside already.' } : plan
    },
    async act(args, { alert, now }, trx) {
      const ids = await setAsideDoubtful(trx, String(args['source']), `set aside by the runbook ${alert}`, now())
      return { words: `${counted(ids.length, 'page')} set aside.`, undo: ids }
    },
    async undo(saved, { now }, trx) {
      const ids = saved as number[]
      const done = await releasePages(trx, ids, now())
      return `${counted(done, 'page')} let out again.${done < ids.length ? ` Let out by others meanwhile: ${ids.length - done}.` : ''}`
    },
  }
}

function undoClosing(db: Db): Write<Db> {
  return {
    kind: 'write',
    name: 'closings.undo',
    summary: 'Opens again what one visit closed',
    args: z.strictObject({ batch: z.uuid('must be the id of a visit') }),
    reach: 'board',
    reversible: false,
    transaction: true,
    ...LIMITS,
    timeoutSeconds: 30,
    async plan(args) {
      const batch = String(args['batch'])
      const run = await getRun(db, batch)
      const count = run ? await countClosedBy(db, batch) : 0
      const board = run ? `${run.source}/${run.board}` : 'no board'
      const plan = { target: `run/${batch}`, words: `${counted(count, 'posting')} of ${board} will be open again.` }
      if (!run) return { ...plan, idle: 'There is no such visit.' }
      return count === 0 ? { ...plan, idle: 'Nothing that this visit closed is closed still.' } : plan
    },
    async act(args, _occasion, trx) {
      const undone = await undoClose(trx, String(args['batch']))
      return { words: `${counted(undone?.reopened ?? 0, 'posting')} open again.` }
    },
  }
}

const targetOf = (args: Args): string => `source/${String(args['source'])}`

/** Those that the parser, as it is now, reads whole. One after the other: bodies are large. */
async function readableNow(archive: ActionParts['archive'], waiting: readonly WaitingPage[]): Promise<WaitingPage[]> {
  const readable: WaitingPage[] = []
  for (const page of waiting) {
    if (await isReadable(archive, page)) readable.push(page)
    await breathe()
  }
  return readable
}

async function isReadable(archive: ActionParts['archive'], { hash, source: name, ident, region, url }: WaitingPage): Promise<boolean> {
  const kind = sources[name]
  if (!kind || hash === null || !(await archive.has(hash))) return false
  const ref = { ident, region: region ?? kind.regions[0] ?? null }
  try {
    const page = createPage({ url: url ?? kind.first(ref).url, status: 200, headers: {}, body: await archive.read(hash) })
    return kind.parse(page, ref, { url: page.url }).rejected.length === 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return false
  }
}
