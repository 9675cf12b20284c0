// Looks at what is open: closings that were refused or are to be doubted, and which fields open postings have.

import { z } from 'zod'
import { FIELDS } from '../../../ops/metrics.ts'
import type { Finding, Read } from '../../../ops/runbook/action.ts'
import { doubtfulClosing, refusedClosings, type Closing, type RefusedClosing } from '../../store/closings.ts'
import { coverageSince, type CoverageSince } from '../../store/coverage.ts'
import type { ActionParts } from '../parts.ts'
import { source } from '../values.ts'
import { counted, some } from '../words.ts'

const DAY_MS = 86_400_000
/** Fewer postings than these say nothing of a source. */
const ENOUGH = 10
/** What no posting can do without. */
const ESSENTIAL = ['description', 'places'] as const

export function closingLooks({ database }: Pick<ActionParts, 'database'>): Read[] {
  const { db } = database
  return [
    {
      kind: 'read',
      name: 'closings.state',
      summary: 'Visits of the last day that a guard kept from closing postings, and the closing to be doubted most',
      args: z.strictObject({ source: source.optional() }),
      timeoutSeconds: 10,
      gives: ['batch', 'source'],
      async look(args, { now }) {
        const since = new Date(now().getTime() - DAY_MS)
        const name = (args['source'] as string | undefined) ?? null
        return judgeClosings(await refusedClosings(db, since, name), await doubtfulClosing(db, since, name))
      },
    },
    {
      kind: 'read',
      name: 'coverage.state',
      summary: 'Which fields the open postings of a source have, and which those of the last day lack',
      args: z.strictObject({ source }),
      timeoutSeconds: 30,
      gives: [],
      async look(args, { now }) {
        const rows = await coverageSince(db, String(args['source']), new Date(now().getTime() - DAY_MS))
        return judgeCoverage(String(args['source']), rows)
      },
    },
  ]
}

function judgeClosings(refused: readonly RefusedClosing[], doubtful: Closing | undefined): Finding {
  const [first] = refused
  if (!first && !doubtful)
    return { verdict: 'healthy', causes: [], words: 'Within a day no closing was refused, and none is to be doubted.' }
  const boards = [...new Set(refused.map((row) => `${row.source}/${row.board}`))]
  const parts = [
    first ? `${counted(first.total, 'visit')} saw far fewer postings than before, and closed nothing: ${some(boards)}.` : '',
    doubtful ? `One visit closed ${doubtful.closed} and still saw ${doubtful.seen} of ${doubtful.source}/${doubtful.board}.` : '',
  ].filter((part) => part !== '')
  return {
    verdict: 'degraded',
    causes: ['drift'],
    words: parts.join(' '),
    values: { source: first?.source ?? doubtful?.source ?? '', ...(doubtful ? { batch: doubtful.id } : {}) },
    facts: {
      refused: refused.map(({ id, source: name, board, guard }) => ({ id, source: name, board, guard })),
      doubtful: doubtful ?? null,
    },
  }
}

function judgeCoverage(name: string, rows: readonly CoverageSince[]): Finding {
  const total = rows.reduce((sum, { postings }) => sum + postings, 0)
  if (total < ENOUGH) return { verdict: 'inconclusive', causes: [], words: `Only ${counted(total, 'posting')} of ${name} are open.` }
  const shares = Object.fromEntries(
    FIELDS.map((field) => [field, rows.reduce((sum, row) => sum + row[field] * row.postings, 0) / total]),
  ) as Record<(typeof FIELDS)[number], number>
  const facts = { postings: total, shares: Object.fromEntries(FIELDS.map((field) => [field, Number(shares[field].toFixed(3))])) }
  const lost = ESSENTIAL.filter((field) => shares[field] === 0)
  if (lost.length > 0)
    return { verdict: 'broken', causes: ['drift'], words: `None of ${total} open postings of ${name} has: ${lost.join(', ')}.`, facts }
  const fresh = rows.find((row) => row.fresh)
  const older = rows.find((row) => !row.fresh)
  const gone = FIELDS.filter((field) => fresh && older && fresh.postings >= ENOUGH && fresh[field] === 0 && older[field] >= 0.5)
  if (gone.length > 0) {
    const words = `None of ${fresh?.postings ?? 0} postings written within a day has: ${gone.join(', ')}; most of the older ones do.`
    return { verdict: 'degraded', causes: ['drift'], words, facts }
  }
  const bare = FIELDS.filter((field) => shares[field] === 0)
  const words = bare.length === 0 ? 'Every field is filled in some postings.' : `As far as is known, ${name} never has: ${bare.join(', ')}.`
  return { verdict: 'healthy', causes: [], words, facts }
}
