// audit list and verify: who or what changed what, and the proof that nobody has changed it since.

import type { Config } from '../config.ts'
import { listAudit, verifyAudit } from '../store/audit.ts'
import { openHouse } from '../works.ts'
import { misuse } from '../refusal.ts'
import { plain, print, utc, type Format } from './print.ts'

interface ListOptions {
  target?: string
  action?: string
  actor?: string
  limit: number
  format: Format
}

export async function listCommand(config: Config, { format, ...filter }: ListOptions): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    const rows = await listAudit(house.database.db, filter)
    print(
      format,
      rows,
      rows,
      {
        id: (row) => row.id,
        at: (row) => utc(row.at),
        actor: (row) => plain(row.actor),
        action: (row) => plain(row.action),
        target: (row) => plain(row.target),
        what: (row) => plain(row.detail?.words ?? row.detail?.verdict ?? ''),
      },
      'Nothing was changed by hand or by a runbook yet.',
    )
  } finally {
    await house.close()
  }
}

/** Ends with 1 when a line is not as it was written. `--anchor` is what an earlier verification printed. */
export async function verifyCommand(config: Config, options: { anchor?: string; format: Format }): Promise<number> {
  const anchor = options.anchor === undefined ? undefined : readAnchor(options.anchor)
  const house = await openHouse(config, { quiet: true })
  try {
    const { lines, broken, head } = await verifyAudit(house.database.db)
    const anchored = anchor && (await house.database.db('audit').where({ id: anchor.id }).first<{ hash: string } | undefined>('hash'))
    const isMoved = anchor !== undefined && anchored?.hash !== anchor.hash
    if (options.format === 'json') console.log(JSON.stringify({ lines, broken, head, anchor_holds: anchor ? !isMoved : null }, null, 2))
    else if (broken)
      console.log(`Line ${broken.id} is where the audit is broken: ${broken.why}. What is before it, ${lines} of them, is whole.`)
    else if (isMoved) console.log(`The chain is whole, and is not the one that ${options.anchor} was taken from: it was written anew.`)
    else console.log(`${lines} lines are as they were written. The end of the chain is ${head.id}:${head.hash}`)
    return broken || isMoved ? 1 : 0
  } finally {
    await house.close()
  }
}

function readAnchor(given: string): { id: number; hash: string } {
  const [, id, hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(given) ?? []
  if (id === undefined) throw misuse(`"${given}" is no end of a chain: "rolewatch audit verify" prints it, as 12:5f0c….`)
  return { id: Number(id), hash }
}
