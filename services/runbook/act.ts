// Acting: each step is decided, marked, done and recorded in that order, so that a killed process never leaves one that is done twice.

import type { Deed, Write } from '../../ops/runbook/action.ts'
import { legOf } from '../../ops/runbook/flow.ts'
import { guardStep, type Decision } from '../../ops/runbook/guard.ts'
import { span } from '../../ops/telemetry.ts'
import { approvalOf, type Approval } from '../store/approvals.ts'
import type { Db } from '../store/database.ts'
import { lockGuard, readFacts, takeLock } from '../store/limits.ts'
import { changeStep, listSteps, skipPlanned, type StoredStep } from '../store/runbook-steps.ts'
import { bounded, digestOf, kept, reasonOf } from './bounded.ts'
import { move, record, takeTurn, type Course, type Turn } from './course.ts'
import { occasionOf } from './diagnose.ts'
import { end } from './end.ts'
import { intentOf, planOf, writeOf, type PlanFacts } from './plan.ts'
import { takeBackOr } from './undo.ts'

/** executing → verifying, undoing or the end: does what may be done now. */
export async function execute(course: Course): Promise<void> {
  const { run } = course
  const db = course.database.db
  const approval = await approvalOf(db, run.id)
  const open = (await listSteps(db, run.id)).filter(({ part, state }) => part === 'steps' && (state === 'planned' || state === 'started'))
  const steps = open.map((step) => ({ ...step, reversible: (step.facts as PlanFacts).reversible }))
  for (const step of legOf(steps, run.mode, approval?.state === 'approved').now) {
    if (course.isClosing()) return
    if (!(await doStep(course, step, approval))) return
    course.probe('recorded')
  }
  await takeTurn(course, (turn) => verifyFrom(course, turn))
  course.probe('executed')
}

async function verifyFrom(course: Course, turn: Turn): Promise<void> {
  const until = new Date(turn.at.getTime() + course.verifySeconds * 1000)
  await move(course, turn, 'verifying', { verify_until: until })
}

/** @returns whether the next step may follow; where not, the run has moved on */
async function doStep(course: Course, step: StoredStep, approval: Approval | undefined): Promise<boolean> {
  const write = writeOf(course, step.action)
  if (!write) return refuse(course, step, `there is no change called ${step.action ?? ''} any more`)
  if (step.state === 'started' && !write.transaction) return interrupt(course, step)
  const args = write.args.safeParse(step.given)
  if (!args.success) return refuse(course, step, 'its arguments are no longer understood')
  let plan
  try {
    plan = await planOf(course, write, args.data)
  } catch (error) {
    course.signal.throwIfAborted()
    return refuse(course, step, `it cannot be planned any more: ${reasonOf(error)}`)
  }
  if (plan.target !== step.target) return refuse(course, step, `it would act on ${plan.target} now and no longer on ${step.target ?? ''}`)
  const { idle, stops = [] } = plan
  if (idle !== undefined) {
    await takeTurn(course, (turn) =>
      changeStep(turn.trx, step, ['planned', 'started'], { state: 'skipped', words: kept(idle), ended_at: turn.at }),
    )
    return true
  }
  const decision = await takeTurn(course, (turn) => mark(course, turn, step, write, stops, approval))
  if (decision.kind === 'refused') return refuse(course, step, decision.words, decision.guard)
  course.probe('guarded')
  course.checkLease()
  return span(`do ${write.name}`, { attributes: { 'rolewatch.action': write.name, 'rolewatch.target': plan.target } }, () =>
    doNow(course, step, write, args.data, approval),
  )
}

/** Decides, and marks the step as started in the same transaction. */
async function mark(
  course: Course,
  turn: Turn,
  step: StoredStep,
  write: Write<Db>,
  stops: readonly string[],
  approval: Approval | undefined,
): Promise<Decision> {
  const { run } = course
  await lockGuard(turn.trx)
  const facts = await readFacts(turn.trx, intentOf(run, step, stops, approval?.state === 'approved'), turn.at)
  const decision = guardStep(write, facts)
  if (decision.kind === 'refused') return decision
  if (!(await takeLock(turn.trx, step.target ?? '', run.id, turn.at)))
    return { kind: 'refused', guard: 'lock', words: `another run acts on ${step.target ?? ''}` }
  await changeStep(turn.trx, step, ['planned', 'started'], { state: 'started', started_at: turn.at })
  return decision
}

/** Distinguishes an action that failed from a database that is away. */
class DeedFailed extends Error {}

async function doNow(
  course: Course,
  step: StoredStep,
  write: Write<Db>,
  args: Record<string, unknown>,
  approval: Approval | undefined,
): Promise<boolean> {
  const act = (db: Db): Promise<Deed> =>
    bounded(write.timeoutSeconds, course.lease, (signal) => write.act(args, occasionOf(course, signal), db)).catch((error: unknown) => {
      throw new DeedFailed('', { cause: error })
    })
  try {
    if (write.transaction)
      await takeTurn(course, async (turn) => {
        await settle(course, turn, step, await act(turn.trx), approval)
        course.probe('acted')
      })
    else {
      const deed = await act(course.database.db)
      course.probe('acted')
      await takeTurn(course, (turn) => settle(course, turn, step, deed, approval))
    }
    return true
  } catch (error) {
    if (!(error instanceof DeedFailed)) throw error
    return fail(course, step, write, error.cause, approval)
  }
}

async function settle(course: Course, turn: Turn, step: StoredStep, deed: Deed, approval: Approval | undefined): Promise<void> {
  const digest = digestOf(deed)
  const changes = { state: 'done' as const, words: kept(deed.words), undo: deed.undo, digest, ended_at: turn.at }
  await changeStep(turn.trx, step, ['started'], changes)
  await recordStep(course, turn, step, { verdict: 'done', words: deed.words, output: digest, approver: approval?.decided_by ?? null })
}

function recordStep(
  course: Course,
  turn: Turn,
  step: StoredStep,
  came: { verdict: string; words: string; output?: string; approver?: string | null },
): Promise<void> {
  return record(course, turn, {
    action: step.action ?? '',
    target: step.target ?? '',
    detail: { inputs: step.given, output: null, ...came, words: kept(came.words) },
  })
}

/** It failed while it was being done: never again by itself; what was done before it is taken back. */
async function fail(course: Course, step: StoredStep, write: Write<Db>, error: unknown, approval: Approval | undefined): Promise<false> {
  const nothing = write.transaction ? ' Nothing of it was kept.' : ' How far it came is not known.'
  const words = `${write.name} failed: ${reasonOf(error)}.${nothing}`
  course.watch.log.error('runbook.failed', { alert: course.run.alertname, action: write.name, error })
  await takeTurn(course, async (turn) => {
    await changeStep(turn.trx, step, ['started'], { state: 'failed', words: kept(words), ended_at: turn.at })
    await skipPlanned(turn.trx, course.run.id, 'a step before it failed')
    await recordStep(course, turn, step, { verdict: 'failed', words, approver: approval?.decided_by ?? null })
    await takeBackOr(course, turn, { outcome: 'failed', words: kept(words) })
  })
  return false
}

/** A guard, or a change of circumstances, says no. What was done before is still given its chance to help. */
async function refuse(course: Course, step: StoredStep, why: string, guard = 'plan'): Promise<false> {
  const { run } = course
  await takeTurn(course, async (turn) => {
    const words = `${step.words} Refused: ${why}.`
    await changeStep(turn.trx, step, ['planned', 'started'], { state: 'refused', words: kept(words), ended_at: turn.at })
    await skipPlanned(turn.trx, run.id, 'a step before it was refused')
    await recordStep(course, turn, step, { verdict: `refused: ${guard}`, words: why })
    const didSomething = (await listSteps(turn.trx, run.id)).some(({ part, state }) => part === 'steps' && state === 'done')
    if (didSomething) await verifyFrom(course, turn)
    else if (guard === 'over') await end(course, turn, { outcome: 'healthy', words: 'The alert ended before anything was changed.' })
    else await end(course, turn, { outcome: 'refused', words: `Nothing was changed: ${why}.` })
  })
  return false
}

/** A process ended in the middle of a change that no transaction holds. */
async function interrupt(course: Course, step: StoredStep): Promise<false> {
  const words = `A process ended in the middle of ${step.action ?? ''} on ${step.target ?? ''}: nobody knows how far it came. It is not tried again.`
  await takeTurn(course, async (turn) => {
    await changeStep(turn.trx, step, ['started'], { state: 'interrupted', words: kept(words), ended_at: turn.at })
    await recordStep(course, turn, step, { verdict: 'interrupted', words })
    await end(course, turn, { outcome: 'interrupted', words })
  })
  return false
}
