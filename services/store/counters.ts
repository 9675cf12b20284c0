// Counters per UTC day: what the daily caps take from.

import type { Db } from './database.ts'

/**
 * Takes up to `amount` from what is left of a day's cap and returns what was granted, 0 to `amount`. However many take at once,
 * together they never get more than `cap`. Inside a transaction the counter is held until its end.
 */
export async function takeFromCap(db: Db, name: string, amount: number, cap: number, now = new Date()): Promise<number> {
  const wanted = { name, day: now.toISOString().slice(0, 10), amount: Math.max(0, Math.trunc(amount)), cap: Math.max(0, Math.trunc(cap)) }
  for (;;) {
    // The inner select locks the row and reads it as it is then; the update only adds to it.
    const { rows } = await db.raw<{ rows: { granted: number }[] }>(
      `with first as (
         insert into counters (name, day, value) values (:name, :day, least(:amount::bigint, :cap::bigint))
         on conflict do nothing returning value as granted
       ), next as (
         update counters c set value = c.value + left_over.granted
           from (select name, day, least(:amount::bigint, greatest(0, :cap::bigint - value)) as granted
                   from counters where name = :name and day = :day for update) left_over
          where (c.name, c.day) = (left_over.name, left_over.day)
         returning left_over.granted
       )
       select granted from first union all select granted from next`,
      wanted,
    )
    // No row: somebody began the day between the two halves, and the next look sees it.
    if (rows[0]) return rows[0].granted
  }
}

/** What was taken on the UTC day of `now`. */
export async function readCounter(db: Db, name: string, now = new Date()): Promise<number> {
  const row = await db('counters')
    .where({ name, day: now.toISOString().slice(0, 10) })
    .first<{ value: number } | undefined>('value')
  return row?.value ?? 0
}
