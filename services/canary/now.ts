// A round that somebody asks for: made at once, followed to its end, and told stage by stage.

import { setTimeout as sleep } from 'node:timers/promises'
import type { StageName } from '../../ops/metrics.ts'
import { endRound, sightOf, takeTurn, type CanaryOutcome, type Ended, type Round } from '../store/canary.ts'
import type { Db } from '../store/database.ts'
import { awaitAnswer, visitBoard, type RoundParts } from './round.ts'
import { CANARY_QUERY } from './source.ts'

export interface AskParts extends RoundParts {
  everySeconds: number
  owner: string
  /** From the posting's commit to the channel's answer, at the most; as long again is waited for a round under way to end. */
  timeoutSeconds: number
  /** So long the processes that are running may take to send it; then `send` is called, which returns how many messages were accepted. */
  graceSeconds: number
  send: () => Promise<number>
}

/** How a round went. Times in seconds. */
export interface Way {
  outcome: CanaryOutcome
  stages: { stage: StageName | 'outbox'; seconds: number | null }[]
  /** From the posting's commit to the channel's answer; of what did not come through, how long it was waited for. */
  round_trip_seconds: number
  attempts: number
  /** `nobody`: it still waits; `us`: no process that is running took it, so this one did. */
  sent_by: 'worker' | 'us' | 'nobody'
  trace_id: string | null
  /** What was in the way, or null. */
  error: string | null
}

const POLL_MS = 200

/** Makes a round now. Undefined when another one was under way all the time. */
export async function canaryNow(parts: AskParts): Promise<Way | undefined> {
  const { db } = parts.runParts.database
  const round = await takeAhead(parts, db)
  if (!round) return undefined
  const { times, trouble, run } = await visitBoard(parts, round).catch(async (error: unknown) => {
    await endRound(db, round, 'failed')
    throw error
  })
  const sent = trouble === null ? sendIfNobodyDoes(parts, db, round) : undefined
  // Looked at once more when the time is over: it may have come through at that very moment.
  const ended =
    (trouble === null ? await awaitAnswer(db, round, parts.timeoutSeconds, new AbortController().signal) : undefined) ??
    (await endRound(db, round, trouble === null ? 'at once' : 'failed'))
  const byUs = await sent
  const stages: Way['stages'] = [...times].map(([stage, seconds]) => ({ stage, seconds }))
  if (!ended) return { ...lost(run.trace_id), stages }
  return { ...wayOf(ended, trouble, byUs ?? false, run.trace_id), stages: [...stages, ...delivery(ended)] }
}

async function takeAhead(parts: AskParts, db: Db): Promise<Round | null> {
  const until = performance.now() + parts.timeoutSeconds * 1000
  for (;;) {
    const asked = { everySeconds: parts.everySeconds, owner: parts.owner, query: CANARY_QUERY, ahead: true }
    const { round } = await takeTurn(db, { ...asked, now: parts.runParts.now?.() })
    if (round || performance.now() >= until) return round
    await sleep(POLL_MS)
  }
}

/** Whether this process sent it, because none of those that run had claimed it after a while. */
async function sendIfNobodyDoes(parts: AskParts, db: Db, round: Round): Promise<boolean> {
  const until = performance.now() + parts.graceSeconds * 1000
  while (performance.now() < until) {
    if ((await sightOf(db, round.id)).state !== 'pending') return false
    await sleep(POLL_MS)
  }
  const { state, attempts } = await sightOf(db, round.id)
  return state === 'pending' && attempts === 0 && (await parts.send()) > 0
}

/** Its rows were taken away before it was judged: only somebody at the database does that. */
function lost(traceId: string | null): Omit<Way, 'stages'> {
  const error = 'the round was ended by somebody else'
  return { outcome: 'failed', round_trip_seconds: 0, attempts: 0, sent_by: 'nobody', trace_id: traceId, error }
}

function wayOf({ outcome, seconds, sight }: Ended, trouble: string | null, byUs: boolean, traceId: string | null): Omit<Way, 'stages'> {
  const silence = sight.attempts === 0 ? 'no process took it to send it: is a worker running?' : 'Slack did not answer in time'
  return {
    outcome,
    round_trip_seconds: seconds,
    attempts: sight.attempts,
    sent_by: byUs ? 'us' : sight.attempts > 0 ? 'worker' : 'nobody',
    trace_id: traceId,
    error: outcome === 'delivered' ? null : (trouble ?? sight.error ?? silence),
  }
}

/** The last stage runs in whatever process took the message: it is known by what the outbox says. */
function delivery({ sight, outcome }: Ended): Way['stages'] {
  if (sight.state === null) return []
  const notify = outcome === 'delivered' && sight.roundTrip !== null && sight.waited !== null ? sight.roundTrip - sight.waited : null
  return [
    { stage: 'outbox', seconds: sight.waited },
    { stage: 'notify', seconds: notify },
  ]
}
