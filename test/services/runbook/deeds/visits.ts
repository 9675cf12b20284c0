// Visits that wait in the queue, in words.

import type { Db } from '../../../../services/store/database.ts'

/** `greenhouse/acme runbook 10`: board, who asked, priority; by board. */
export async function currentVisits(db: Db): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { visit: string }[] }>(
    `select b.source || '/' || b.ident || ' ' || (j.data ->> 'trigger') || ' ' || j.priority as visit
       from pgboss.job j join boards b on b.id = (j.data ->> 'board_id')::bigint
      where j.name = 'visit' and j.state < 'active' order by 1`,
  )
  return rows.map(({ visit }) => visit)
}
