// runs and undo-close: what visits did, and taking back what one of them closed.

import { OUTCOMES } from '../../ops/metrics.ts'
import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { undoClose } from '../store/postings.ts'
import { getRun, listRuns, type RunFilter } from '../store/runs.ts'
import { openHouse } from '../works.ts'
import { misuse, refusal } from '../refusal.ts'
import { checkSources, readId } from './given.ts'
import { print, utc, type Format } from './print.ts'

interface Options {
  source?: string
  board?: string
  outcome?: string
  limit: number
  format: Format
}

export async function runsCommand(config: Config, options: Options): Promise<void> {
  const filter = readFilter(options)
  const house = await openHouse(config, { quiet: true })
  try {
    const runs = await listRuns(house.database.db, filter)
    print(
      options.format,
      runs,
      runs,
      {
        started: (r) => utc(r.started_at),
        board: (r) => `${r.source}/${r.board}`,
        outcome: (r) => r.outcome,
        seen: (r) => r.seen,
        new: (r) => r.new,
        changed: (r) => r.changed,
        closed: (r) => r.closed,
        reopened: (r) => r.reopened,
        id: (r) => r.id,
        why: (r) => r.error,
      },
      'No such runs yet: rolewatch refresh makes some.',
    )
  } finally {
    await house.close()
  }
}

/** The board may bring its source with it, as everywhere. */
function readFilter({ source, board, outcome, limit }: Options): RunFilter {
  const [before, ident] = board?.includes('/') ? [board.slice(0, board.indexOf('/')), board.slice(board.indexOf('/') + 1)] : [source, board]
  checkSources([source, before].filter((name) => name !== undefined))
  if (outcome !== undefined && !OUTCOMES.some((one) => one === outcome))
    throw misuse(`No such outcome: ${outcome}. There are ${OUTCOMES.join(', ')}.`)
  return { limit, ...(before ? { source: before } : {}), ...(ident ? { board: ident } : {}), ...(outcome ? { outcome } : {}) }
}

export async function undoCloseCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const batch = readId(args[0], 'run', 'rolewatch runs')
  const house = await openHouse(config, { quiet: true })
  try {
    const run = await getRun(house.database.db, batch)
    if (!run) throw refusal(`There is no run ${batch}: "rolewatch runs" shows them.`)
    if (run.undone_at) throw refusal(`What the run ${batch} closed was opened again at ${utc(run.undone_at)} already.`)
    const undone = await house.database.inTransaction(async (trx) => {
      const result = await undoClose(trx, batch)
      if (result) await appendAudit(trx, { actor: 'cli', action: 'postings.undo_close', target: `run/${batch}`, after: result })
      return result
    })
    if (!undone) throw refusal(`The run ${batch} closed nothing.`)
    console.log(`${undone.reopened} postings are open again. The next visit reads the board in full and judges afresh.`)
  } finally {
    await house.close()
  }
}
