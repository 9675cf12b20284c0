// The PostgreSQL server as it is now: connections, statements that take long, who waits for whom, and what takes up room.

import type { Db } from './database.ts'

export interface Activity {
  connections: number
  max_connections: number
  active: number
  /** Sessions of this database that have waited for longer than a second for a lock that another one holds. */
  blocked: number
  /** Age of the oldest transaction of this database, in seconds. */
  oldest_seconds: number
}

/** How busy the server is. */
export async function serverActivity(db: Db): Promise<Activity> {
  const { rows } = await db.raw<{ rows: Activity[] }>(
    `select count(*)::int as connections, current_setting('max_connections')::int as max_connections,
            count(*) filter (where state = 'active' and ours)::int as active,
            count(*) filter (where wait_event_type = 'Lock' and ours and query_start < clock_timestamp() - interval '1 second')::int as blocked,
            coalesce(max(extract(epoch from clock_timestamp() - xact_start)) filter (where ours and pid <> pg_backend_pid()), 0)::float8
              as oldest_seconds
       from (select *, datname = current_database() as ours from pg_stat_activity where backend_type = 'client backend') a`,
  )
  return rows[0] as Activity
}

export interface SlowStatement {
  pid: number
  seconds: number
  wait: string | null
  /** Pids that it waits for. */
  blocked_by: number[]
  application: string
  /** Of the product's own statements, whose values are parameters; what others ask may name people. */
  query: string | null
}

/** Statements that have run for longer than so many seconds, the longest first. */
export async function slowStatements(db: Db, seconds: number): Promise<SlowStatement[]> {
  const { rows } = await db.raw<{ rows: SlowStatement[] }>(
    `select pid, extract(epoch from clock_timestamp() - query_start)::float8 as seconds,
            wait_event_type || ':' || wait_event as wait, pg_blocking_pids(pid) as blocked_by, application_name as application,
            case when application_name like 'rolewatch%' then left(regexp_replace(query, '\\s+', ' ', 'g'), 300) end as query
       from pg_stat_activity
      where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid() and datname = current_database()
        and query_start < clock_timestamp() - make_interval(secs => ?)
      order by query_start limit 10`,
    [seconds],
  )
  return rows
}

export interface TableSize {
  table: string
  /** With its indexes. */
  bytes: number
  index_bytes: number
  rows: number
  /** Rows that are gone and still take up room. */
  dead: number
  last_vacuum: Date | null
}

/** The largest tables of the product, the largest first. */
export async function tableSizes(db: Db, limit = 20): Promise<TableSize[]> {
  const { rows } = await db.raw<{ rows: TableSize[] }>(
    `select relname as table, pg_total_relation_size(relid) as bytes, pg_indexes_size(relid) as index_bytes,
            n_live_tup as rows, n_dead_tup as dead,
            greatest(last_vacuum, last_autovacuum) as last_vacuum
       from pg_stat_user_tables where schemaname = 'public' order by 2 desc limit ?`,
    [limit],
  )
  return rows
}
