// Taking back: what a run did and what did not help is undone, the last first, each step once.

import { readSwitch } from '../store/switches.ts'
import { changeStep, listSteps, type StoredStep } from '../store/runbook-steps.ts'
import type { Write } from '../../ops/runbook/action.ts'
import { span } from '../../ops/telemetry.ts'
import type { Db } from '../store/database.ts'
import { bounded, digestOf, kept, reasonOf } from './bounded.ts'
import { move, record, takeTurn, type Course, type Turn } from './course.ts'
import { occasionOf } from './diagnose.ts'
import { end, type Ending } from './end.ts'
import { writeOf } from './plan.ts'

/** → undoing where there is something to take back, else the end; the outcome is settled either way. */
export async function takeBackOr(course: Course, turn: Turn, ending: Ending): Promise<void> {
  const steps = await listSteps(turn.trx, course.run.id)
  if (!steps.some((step) => isDone(step) && undoOf(course, step))) return end(course, turn, ending)
  await move(course, turn, 'undoing', { outcome: ending.outcome, words: ending.words })
}

const isDone = ({ part, state }: StoredStep): boolean => part === 'steps' && state === 'done'

function undoOf(course: Course, step: StoredStep): (Write<Db> & { undo: NonNullable<Write<Db>['undo']> }) | undefined {
  const write = writeOf(course, step.action)
  return write?.undo ? (write as Write<Db> & { undo: NonNullable<Write<Db>['undo']> }) : undefined
}

/** undoing → the end. The kill switch holds for this too. */
export async function takeBack(course: Course): Promise<void> {
  const left: string[] = []
  for (const step of (await listSteps(course.database.db, course.run.id)).toReversed()) {
    if (!isDone(step) || !undoOf(course, step)) continue
    if (course.isClosing()) return
    const trouble = await takeBackStep(course, step)
    if (trouble !== undefined) left.push(`${step.number}. ${trouble}`)
  }
  await takeTurn(course, (turn) => {
    const { outcome, words } = course.run
    const all = left.length === 0 ? 'What was done is taken back.' : `Not taken back: ${left.join(' ')}`
    return end(course, turn, { outcome: outcome ?? 'unmended', words: `${words ?? ''} ${all}`.trim() })
  })
  course.probe('ended')
}

/** @returns what kept it from being taken back */
async function takeBackStep(course: Course, step: StoredStep): Promise<string | undefined> {
  const write = undoOf(course, step)
  if (!write) return undefined
  const automation = await readSwitch(course.database.db, 'automation')
  if (automation?.is_off) return `Automation is off (${automation.set_by}: ${automation.reason ?? 'no reason given'}).`
  if (step.undo_started_at && !write.transaction) return 'A process ended in the middle of it: nobody knows how far it came.'
  const started = await takeTurn(course, (turn) => changeStep(turn.trx, step, ['done'], { undo_started_at: turn.at }))
  course.probe('undo.guarded')
  course.checkLease()
  try {
    await span(`undo ${write.name}`, { attributes: { 'rolewatch.action': write.name } }, () => undoNow(course, started, write))
  } catch (error) {
    if (!(error instanceof UndoFailed)) throw error
    const words = `Taking it back failed: ${reasonOf(error.cause)}.`
    await takeTurn(course, async (turn) => {
      await changeStep(turn.trx, step, ['done'], { words: kept(`${step.words} ${words}`) })
      await recordUndo(course, turn, step, 'failed', words)
    })
    return words
  }
  course.probe('undo.recorded')
  return undefined
}

/** Distinguishes an action that failed from a database that is away. */
class UndoFailed extends Error {}

async function undoNow(course: Course, step: StoredStep, write: NonNullable<ReturnType<typeof undoOf>>): Promise<void> {
  const undo = (db: Db): Promise<string> =>
    bounded(write.timeoutSeconds, course.lease, (signal) => write.undo(step.undo, occasionOf(course, signal), db)).catch(
      (error: unknown) => {
        throw new UndoFailed('', { cause: error })
      },
    )
  const settle = async (turn: Turn, words: string): Promise<void> => {
    await changeStep(turn.trx, step, ['done'], { state: 'undone', words: kept(`${step.words} ${words}`), ended_at: turn.at })
    await recordUndo(course, turn, step, 'undone', words)
  }
  if (write.transaction) {
    await takeTurn(course, async (turn) => {
      const words = await undo(turn.trx)
      await settle(turn, words)
      course.probe('undo.acted')
    })
    return
  }
  const words = await undo(course.database.db)
  course.probe('undo.acted')
  await takeTurn(course, (turn) => settle(turn, words))
}

function recordUndo(course: Course, turn: Turn, step: StoredStep, verdict: string, words: string): Promise<void> {
  return record(course, turn, {
    action: `${step.action ?? ''}.undo`,
    target: step.target ?? '',
    detail: { inputs: step.given, output: digestOf(words), verdict, words: kept(words) },
  })
}
