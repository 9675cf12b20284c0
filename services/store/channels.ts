// How a channel stands: since when it refuses, how long it wants to be left alone, and what stands in for it; the same for all workers.

import type { Db } from './database.ts'
import { wakeNotifiers } from './matches.ts'
import type { Channel, Lane } from './outbox.ts'

export interface ChannelState {
  /** Since its first refusal after it last accepted something; null while it accepts. */
  failingSeconds: number | null
  /** How long it still wants to be left alone; 0 when it does not mind. */
  quietSeconds: number
  /** What a person has put in its place. */
  substitute: Channel | null
}

const AT_EASE: ChannelState = { failingSeconds: null, quietSeconds: 0, substitute: null }

// greatest() of null and 0 would be 0.
const COLUMNS = `case when failing_since is not null then greatest(0, extract(epoch from clock.now - failing_since))::float8 end as "failingSeconds",
  greatest(0, extract(epoch from quiet_until - clock.now))::float8 as "quietSeconds", substitute`

/** How the channel stands now. */
export async function channelState(db: Db, channel: Lane, now: Date | null = null): Promise<ChannelState> {
  const result = await db.raw<{ rows: ChannelState[] }>(
    `select ${COLUMNS} from channels, (select coalesce(?::timestamptz, clock_timestamp()) as now) clock where name = ?`,
    [now, channel],
  )
  return result.rows[0] ?? AT_EASE
}

/** Writes a refusal down: the first one counts, until something is accepted. Returns how the channel stands after it. */
export async function noteRefusal(db: Db, channel: Lane, quietSeconds: number, now: Date | null = null): Promise<ChannelState> {
  const result = await db.raw<{ rows: ChannelState[] }>(
    `with clock as materialized (select coalesce(?::timestamptz, clock_timestamp()) as now),
     noted as (
       insert into channels as c (name, failing_since, quiet_until)
       select ?, clock.now, clock.now + make_interval(secs => ?) from clock
       on conflict (name) do update set failing_since = coalesce(c.failing_since, excluded.failing_since),
         quiet_until = greatest(c.quiet_until, excluded.quiet_until)
       returning failing_since, quiet_until, substitute)
     select ${COLUMNS} from noted, clock`,
    [now, channel, quietSeconds],
  )
  return result.rows[0] ?? AT_EASE
}

/** The channel accepts again. */
export async function noteAcceptance(db: Db, channel: Lane): Promise<void> {
  await db('channels').where({ name: channel }).update({ failing_since: null, quiet_until: null })
}

/**
 * Puts another channel in the place of this one, or, with null, takes it away again: a person's decision. What waits for its next try
 * is due at once. Returns what stood in for it before.
 */
export async function setSubstitute(trx: Db, channel: Channel, substitute: Channel | null): Promise<Channel | null> {
  await trx('channels').insert({ name: channel }).onConflict('name').ignore()
  const before = await trx('channels').where({ name: channel }).forUpdate().first<Pick<ChannelState, 'substitute'>>('substitute')
  // A channel that is asked again is still not asked before its time.
  const next = substitute === null ? 'greatest(clock_timestamp(), quiet_until)' : 'clock_timestamp()'
  await trx('channels')
    .where({ name: channel })
    .update({ substitute, next_at: trx.raw(next) })
  await trx('outbox')
    .where({ channel, state: 'pending' })
    .update({ due_at: trx.raw('least(due_at, clock_timestamp())') })
  await wakeNotifiers(trx)
  return before.substitute
}

/** As `setSubstitute`, where `was` still stands in for the channel; false where somebody has switched it since. */
export async function replaceSubstitute(trx: Db, channel: Channel, was: Channel | null, substitute: Channel | null): Promise<boolean> {
  const now = await trx('channels').where({ name: channel }).forUpdate().first<Pick<ChannelState, 'substitute'> | undefined>('substitute')
  if ((now?.substitute ?? null) !== was) return false
  await setSubstitute(trx, channel, substitute)
  return true
}
