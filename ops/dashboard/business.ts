// The dashboard Business: what the market does, and what people were told of it, read from PostgreSQL.

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Draft } from './face.ts'
import type { Given } from './given.ts'
import { layOut } from './grid.ts'
import { coloursOf } from './palette.ts'
import { bars, lines, ranking, stat } from './panels.ts'
import { sqlRows, sqlSeries } from './query.ts'
import { shell } from './shell.ts'
import { table } from './table.ts'

export function business({ concerns }: Given): Dashboard {
  const rows = [
    { title: 'The market', drafts: market() },
    { title: 'Where the postings are', drafts: places() },
    { title: 'Pay', drafts: pay() },
    { title: 'People', drafts: people() },
  ]
  const description = 'Postings that opened and closed, who hires, what is paid, and what people were told. Days are those of UTC.'
  return shell(
    { name: 'business', title: 'Business', description, variables: ['postgres', 'boards', 'currency'], from: 'now-30d' },
    layOut('business', rows, concerns),
  )
}

/** The variable lists the sources that people see, so that the canary's postings are left out. */
const CHOSEN = 'source in ($source)'

const market = (): Draft[] => [
  stat({
    title: 'Open postings',
    description: 'Postings that are open now.',
    unit: 'locale',
    size: [4, 8],
    queries: [sqlRows(`select coalesce(sum(open_count), 0)::int as "open" from boards where ${CHOSEN}`)],
    calm: 'blue',
    decimals: 0,
  }),
  bars({
    title: 'Postings per day',
    description:
      'What visits found on each day: postings that opened, opened again, and closed. Closings that were taken back are left out.',
    unit: 'none',
    size: [12, 8],
    queries: [
      sqlSeries(
        `select $__timeGroup(started_at, '1d', 0) as "time", sum(new)::int as opened, sum(reopened)::int as reopened,
       coalesce(sum(closed) filter (where undone_at is null), 0)::int as closed
  from runs where $__timeFilter(started_at) and ${CHOSEN} group by 1 order by 1`,
      ),
    ],
    colours: coloursOf(['opened', 'reopened', 'closed']),
    atLeast: '1d',
  }),
  ranking({
    title: 'Top companies',
    description: 'The companies with the most open postings.',
    unit: 'none',
    size: [8, 8],
    queries: [
      sqlRows(
        `select c.name as company, sum(b.open_count)::int as "open postings"
  from boards b join companies c on c.id = b.company_id
 where b.${CHOSEN} and b.open_count > 0 group by c.id order by 2 desc, 1 limit 12`,
      ),
    ],
    name: 'company',
    decimals: 0,
  }),
]

/** By the time at which they were first seen: the index on it keeps the reading short. */
const SEEN = `$__timeFilter(first_seen_at) and closed_at is null and ${CHOSEN}`

const places = (): Draft[] => {
  const panel = (title: string, description: string, name: string, text: string) =>
    ranking({ title, description, unit: 'none', size: [8, 9], queries: [sqlRows(text)], name, decimals: 0 })
  return [
    panel(
      'Open postings by source',
      'All postings that are open now, by the kind of site they are on.',
      'source',
      `select source, sum(open_count)::int as "open postings" from boards where ${CHOSEN} group by 1 order by 2 desc, 1 limit 12`,
    ),
    panel(
      'New open postings by country',
      'Postings that were first seen in the range of time and are open, by country; one with several countries counts in each.',
      'country',
      `select country, count(*)::int as "open postings"
  from postings cross join lateral unnest(countries) country
 where ${SEEN} group by 1 order by 2 desc, 1 limit 12`,
    ),
    panel(
      'New open postings by work mode',
      'Postings that were first seen in the range of time and are open, by where the work is done.',
      'mode',
      `select coalesce(work_mode, 'unknown') as mode, count(*)::int as "open postings" from postings where ${SEEN} group by 1 order by 2 desc, 1`,
    ),
  ]
}

/** The middle of a band, or the end that is known. */
const MIDDLE = '(coalesce(pay_annual_min, pay_annual_max) + coalesce(pay_annual_max, pay_annual_min)) / 2'
const PAID = `$__timeFilter(first_seen_at) and pay_currency = '$currency' and ${CHOSEN}
   and coalesce(pay_annual_min, pay_annual_max) is not null`

const pay = (): Draft[] => [
  lines({
    title: 'Pay by level',
    description: 'The median of the yearly pay of the postings that were first seen in a week, by level, in the chosen currency.',
    unit: 'locale',
    size: [14, 9],
    queries: [
      sqlSeries(
        `select $__timeGroup(first_seen_at, '7d') as "time", coalesce(level, 'unknown') as metric,
       percentile_cont(0.5) within group (order by ${MIDDLE})::float8 as pay
  from postings where ${PAID} group by 1, 2 order by 1, 2`,
      ),
    ],
    min: 0,
    decimals: 0,
    atLeast: '7d',
    nothing: 'no pay is known',
  }),
  table({
    title: 'Pay in the range of time',
    description: 'Yearly pay of the postings that were first seen in the range of time, by level, in the chosen currency.',
    unit: 'locale',
    size: [10, 9],
    queries: [
      sqlRows(
        `select coalesce(level, 'unknown') as level, count(*)::int as postings,
       percentile_cont(0.25) within group (order by ${MIDDLE})::int as p25,
       percentile_cont(0.5) within group (order by ${MIDDLE})::int as p50,
       percentile_cont(0.75) within group (order by ${MIDDLE})::int as p75
  from postings where ${PAID} group by 1 order by 4 desc, 1`,
      ),
    ],
    columns: [
      { field: 'level', title: 'Level' },
      { field: 'postings', title: 'Postings' },
      { field: 'p25', title: 'Lower quarter' },
      { field: 'p50', title: 'Median' },
      { field: 'p75', title: 'Upper quarter' },
    ],
    decimals: 0,
    nothing: 'no pay is known',
  }),
]

const people = (): Draft[] => [
  bars({
    title: 'Matches per day',
    description: 'New postings that fitted a saved search, by source.',
    unit: 'none',
    size: [12, 8],
    queries: [
      sqlSeries(
        `select $__timeGroup(m.matched_at, '1d', 0) as "time", p.source as metric, count(*)::int as matches
  from matches m join postings p using (uid)
 where $__timeFilter(m.matched_at) and p.${CHOSEN} group by 1, 2 order by 1, 2`,
      ),
    ],
    atLeast: '1d',
  }),
  bars({
    title: 'Notifications per day',
    description: 'What people were to be told, by the day on which it came up and by what became of it.',
    unit: 'none',
    size: [12, 8],
    queries: [
      sqlSeries(
        `select $__timeGroup(o.created_at, '1d', 0) as "time", o.channel || ' ' || o.state as metric, count(*)::int as notifications
  from outbox o join postings p using (uid)
 where $__timeFilter(o.created_at) and p.${CHOSEN} group by 1, 2 order by 1, 2`,
      ),
    ],
    colours: coloursOf(['pending', 'sending', 'delivered', 'failed', 'uncertain']),
    atLeast: '1d',
  }),
]
