// Snapshot dates: which days the trend views have rows for, at the cost of one row a day.

import type { Db } from './database.ts'

/** Marks a UTC day and tells how many postings its snapshot has. */
export async function takeSnapshot(db: Db, date: string): Promise<{ postings: number }> {
  await db('snapshots').insert({ date }).onConflict('date').ignore()
  const { rows } = await db.raw<{ rows: { n: number }[] }>('select count(*)::int as n from posting_snapshots where snapshot_date = ?', [
    date,
  ])
  return { postings: rows[0]?.n ?? 0 }
}
