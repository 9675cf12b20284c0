// Looks at sources: how the last visits of their boards ended, and what they say of why.

import { z } from 'zod'
import type { Finding, Read, Verdict } from '../../../ops/runbook/action.ts'
import { sourceSummaries, type SourceSummary } from '../../store/boards.ts'
import type { Db } from '../../store/database.ts'
import { countOutcomes, listRuns, type RunRow } from '../../store/runs.ts'
import { causesOf, judgeOutcomes, type Outcomes } from '../causes.ts'
import type { ActionParts } from '../parts.ts'
import { source, board, whole } from '../values.ts'
import { counted, lasting, some, tally } from '../words.ts'

/** How far back visits say something about now. */
const RECENT_MS = 3_600_000
/** As the freshness objective has it: one and a half times what is expected, and ten minutes. */
const STALE_TIMES = 1.5
const STALE_SECONDS = 600
/** Which of two sources is worse. */
const RANK: readonly Verdict[] = ['broken', 'degraded', 'inconclusive', 'healthy']

export function sourceLooks({ database }: Pick<ActionParts, 'database'>): Read[] {
  const { db } = database
  return [
    {
      kind: 'read',
      name: 'source.state',
      summary: 'Boards of a source by their last outcome, its hosts, and when it was last read; without a source, the one that is worst',
      args: z.strictObject({ source: source.optional() }),
      timeoutSeconds: 10,
      gives: ['source'],
      async look(args, { now }) {
        const all = await sourceSummaries(db, now())
        const wanted = all.filter((one) => one.boards > 0 && (args['source'] === undefined || one.source === args['source']))
        const judged = await Promise.all(
          wanted.map(async (one) => judgeSource(one, await behind(db, one.outcomes, one.source, now()), now())),
        )
        const worst = judged.toSorted((a, b) => RANK.indexOf(a.verdict) - RANK.indexOf(b.verdict) || b.share - a.share)[0]
        if (!worst) return { verdict: 'inconclusive', causes: [], words: 'There is no board of such a source.' }
        const { share: _, ...finding } = worst
        return judged.length > 1 ? { ...finding, words: `The worst of ${judged.length} sources: ${finding.words}` } : finding
      },
    },
    {
      kind: 'read',
      name: 'runs.last',
      summary: 'What the visits of the last hour came to, and their newest error',
      args: z.strictObject({ source: source.optional(), board: board.optional(), limit: whole(1, 500).default(100) }),
      timeoutSeconds: 10,
      gives: ['source', 'board'],
      async look(args, { now }) {
        const [from, ident] = typeof args['board'] === 'string' ? args['board'].split('/') : [args['source'] as string | undefined]
        const rows = await listRuns(db, {
          limit: Number(args['limit']),
          ...(from === undefined ? {} : { source: from }),
          ...(ident === undefined ? {} : { board: ident }),
        })
        const recent = rows.filter((row) => now().getTime() - row.started_at.getTime() < RECENT_MS)
        const outcomes = outcomesOf(recent)
        return judgeRuns(recent, outcomes, await behind(db, outcomes, from ?? null, now()))
      },
    },
  ]
}

/** Where visits were turned back by a breaker: how visits ended that may have opened it. */
async function behind(db: Db, outcomes: Outcomes, name: string | null, now: Date): Promise<Outcomes> {
  return (outcomes['rejected'] ?? 0) > 0 ? countOutcomes(db, new Date(now.getTime() - 3 * RECENT_MS), name) : {}
}

function judgeSource(one: SourceSummary, before: Outcomes, now: Date): Finding & { share: number } {
  const { verdict, causes, bad, all } = judgeOutcomes(one.outcomes, before)
  const open = one.hosts.filter((host) => host.breaker !== 'closed').map(({ host }) => host)
  const breakers = open.length === 0 ? '' : ` Not closed: the breaker of ${some(open)}.`
  const base = {
    values: { source: one.source },
    facts: {
      outcomes: one.outcomes,
      boards: one.boards,
      enabled: one.enabled,
      paused: one.paused,
      last_success: one.last_success,
      hosts: one.hosts,
    },
    share: all === 0 ? 0 : bad / all,
  }
  if (one.enabled === 0) return { ...base, verdict: 'inconclusive', causes: [], words: `No board of ${one.source} is to be visited.` }
  if (one.paused === one.enabled)
    return { ...base, verdict: 'degraded', causes: ['paused'], words: `Every board of ${one.source} is paused.${breakers}` }
  if (all === 0) return { ...base, verdict, causes, words: `No visit to ${one.source} says how it is.${breakers}` }
  const stale = staleness(one, now)
  const words = `${one.source}: the last visit of ${bad} of ${counted(all, 'board')} went wrong${bad > 0 ? ` (${tally(one.outcomes)})` : ''}.${breakers}${stale}`
  // What was read well and too long ago is read by nobody now.
  if (verdict === 'healthy' && stale !== '') return { ...base, verdict: 'degraded', causes: ['worker'], words }
  return { ...base, verdict, causes, words }
}

function staleness({ last_success: at, expected_interval_seconds: expected }: SourceSummary, now: Date): string {
  if (at === null || expected === null) return ''
  const age = (now.getTime() - at.getTime()) / 1000
  return age > STALE_TIMES * expected + STALE_SECONDS ? ` It was last read completely ${lasting(age)} ago.` : ''
}

function outcomesOf(rows: readonly RunRow[]): Record<string, number> {
  const outcomes: Record<string, number> = {}
  for (const { outcome } of rows) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  return outcomes
}

/** Whoever is visited once an hour may have had no visit within it: that says nothing. */
function judgeRuns(rows: readonly RunRow[], outcomes: Outcomes, before: Outcomes): Finding {
  if (rows.length === 0) return { verdict: 'inconclusive', causes: [], words: 'No visit has ended within the last hour.' }
  const { verdict, causes } = judgeOutcomes(outcomes, before)
  const last = rows.find((row) => row.error !== null && causesOf({ [row.outcome]: 1 }).length > 0)
  const facts = {
    outcomes,
    last: last && { run: last.id, outcome: last.outcome, error: last.error, path: last.error_path, trace: last.trace_id },
  }
  const error = last ? ` The newest error, on ${last.source}/${last.board}: ${last.error ?? ''}` : ''
  const values = last ? { values: { source: last.source, board: `${last.source}/${last.board}` } } : {}
  const words = `The last ${counted(rows.length, 'visit')} within an hour: ${tally(outcomes)}.${error}`
  return { verdict, causes, words, ...values, facts }
}
