// How many of the open postings have each field: what schema drift shows in first.

import { FIELDS } from '../../ops/metrics.ts'
import { CANARY } from './canary-marks.ts'
import type { Db } from './database.ts'

export type CoverageRow = { source: string } & Record<(typeof FIELDS)[number], number>

const SHARES = `
           avg((posted_at is not null)::int)::float8 as posted_at,
           avg((places <> '[]')::int)::float8 as places,
           avg((countries <> '{}')::int)::float8 as country,
           avg((work_mode is not null)::int)::float8 as work_mode,
           avg((pay <> '[]')::int)::float8 as pay,
           avg((department is not null)::int)::float8 as department,
           avg((employment_type is not null)::int)::float8 as employment_type,
           avg((description <> '')::int)::float8 as description,
           avg((level is not null)::int)::float8 as level`

/** Shares of 0 to 1 per source, over all open postings. */
export async function fieldCoverage(db: Db): Promise<CoverageRow[]> {
  const { rows } = await db.raw<{ rows: CoverageRow[] }>(
    `select source, ${SHARES}
      from postings where closed_at is null and source <> ? group by source`,
    [CANARY],
  )
  return rows
}

/** Shares of the open postings of one source, those that were written since a moment apart from the older ones. */
export type CoverageSince = { fresh: boolean; postings: number } & Omit<CoverageRow, 'source'>

/** One row for the fresh postings and one for the others; none where there are none. */
export async function coverageSince(db: Db, source: string, since: Date): Promise<CoverageSince[]> {
  const { rows } = await db.raw<{ rows: CoverageSince[] }>(
    `select valid_from > :since as fresh, count(*) as postings, ${SHARES}
      from postings where closed_at is null and source = :source group by 1`,
    { source, since },
  )
  return rows
}
