// Asking: the run waits for a person's yes to exactly what is planned, and goes on, or ends, with the answer.

import { approvalOf, askApproval, expireApproval, type AskedStep } from '../store/approvals.ts'
import { releaseRun } from '../store/runbook-runs.ts'
import { listSteps, skipPlanned, type StoredStep } from '../store/runbook-steps.ts'
import { move, nameOf, record, takeTurn, type Course, type Turn } from './course.ts'
import { end } from './end.ts'
import type { PlanFacts } from './plan.ts'
import { takeBackOr } from './undo.ts'

/** → waiting, with the question for everything that is still planned. */
export async function ask(course: Course, turn: Turn): Promise<void> {
  const { run } = course
  const steps = await listSteps(turn.trx, run.id)
  const plan = steps.filter(({ state }) => state === 'planned').map(toAsked)
  const expiresAt = new Date(turn.at.getTime() + course.approvalSeconds * 1000)
  const approval = await askApproval(turn.trx, { runId: run.id, plan, at: turn.at, expiresAt })
  const moved = await move(course, turn, 'waiting', { due_at: expiresAt })
  await course.say(turn.trx, { incidentId: run.incident_id, kind: 'asked', run: moved, steps })
  await record(course, turn, {
    action: 'approval.ask',
    target: nameOf(run, turn.incident),
    detail: { inputs: plan, words: `Open until ${approval.expires_at.toISOString()}.` },
  })
}

function toAsked({ number, action, given, target, words, facts }: StoredStep): AskedStep {
  return { number, action: action ?? '', given, target: target ?? '', words, reversible: (facts as PlanFacts).reversible }
}

/** waiting → executing, undoing or the end: looked at when it was answered, when its time is over, or when the alert has ended. */
export async function hear(course: Course): Promise<void> {
  const { run } = course
  const isOpen = await takeTurn(course, async (turn) => {
    const approval = await approvalOf(turn.trx, run.id)
    if (approval?.state === 'approved') {
      await move(course, turn, 'executing')
      return false
    }
    if (turn.incident?.state === 'resolved') {
      const didSomething = (await listSteps(turn.trx, run.id)).some(({ part, state }) => part === 'steps' && state === 'done')
      await end(course, turn, {
        outcome: didSomething ? 'mended' : 'healthy',
        words: `The alert ended while the run waited for an answer: ${didSomething ? 'what was done by itself was enough' : 'nothing was changed'}.`,
      })
      return false
    }
    if (approval?.state === 'open' && approval.expires_at > turn.at) return approval.expires_at
    const isRejected = approval?.state === 'rejected'
    const words = isRejected ? `${approval.decided_by ?? 'Somebody'} said no.` : 'Nobody answered in time.'
    await expireApproval(turn.trx, run.id, turn.at)
    await skipPlanned(turn.trx, run.id, isRejected ? 'it was rejected' : 'nobody approved it in time')
    await takeBackOr(course, turn, { outcome: isRejected ? 'rejected' : 'expired', words })
    return false
  })
  if (isOpen) await releaseRun(course.database.db, run, course.claim, isOpen)
}
