// runs and undo-close: what visits did, and taking back what one of them closed.

import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { undoClose } from '../store/postings.ts'
import { listRuns } from '../store/runs.ts'
import { openHouse } from '../works.ts'
import { print, refusal, utc, type Format } from './print.ts'

interface Options {
  source?: string
  board?: string
  outcome?: string
  limit: number
  format: Format
}

export async function runsCommand(config: Config, options: Options): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    const { format, ...filter } = options
    const runs = await listRuns(house.database.db, filter)
    print(
      format,
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
      'No runs yet: rolewatch refresh makes some.',
    )
  } finally {
    await house.close()
  }
}

export async function undoCloseCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const batch = args[0] ?? ''
  if (!/^[0-9a-f-]{36}$/i.test(batch)) throw refusal(`"${batch}" is not the id of a run: "rolewatch runs" shows them.`)
  const house = await openHouse(config, { quiet: true })
  try {
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
