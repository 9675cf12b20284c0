// Checking: the alert must be gone, twice in a row, before a run calls itself a help; at the deadline it is asked for more or taken back.

import { approvalOf } from '../store/approvals.ts'
import { getIncident } from '../store/incidents.ts'
import { readClock, releaseRun } from '../store/runbook-runs.ts'
import { listSteps } from '../store/runbook-steps.ts'
import { ask } from './ask.ts'
import { bounded, reasonOf } from './bounded.ts'
import { takeTurn, type Course, type Turn } from './course.ts'
import { end } from './end.ts'
import { takeBackOr } from './undo.ts'

/** One look may fall between two scrapes. */
const GOOD_LOOKS = 2
const LOOK_TIMEOUT_SECONDS = 20

/** verifying → the end, undoing or waiting; or it is looked again later. */
export async function check(course: Course): Promise<void> {
  const { run } = course
  const { kind, words } = await look(course)
  course.probe('checked')
  const good = kind === 'mended' ? run.good_looks + 1 : 0
  if (good >= GOOD_LOOKS) {
    await takeTurn(course, (turn) => end(course, turn, { outcome: 'mended', words: `It helped: ${words}.` }))
    course.probe('ended')
    return
  }
  const now = await readClock(course.database.db, course.now())
  if (good > 0 || now < (run.verify_until ?? now))
    return releaseRun(course.database.db, run, course.claim, new Date(now.getTime() + course.lookSeconds * 1000), good)
  await takeTurn(course, (turn) => giveUp(course, turn, words))
}

async function look(course: Course): ReturnType<Course['verify']> {
  const { run } = course
  const incident = run.incident_id === null ? undefined : await getIncident(course.database.db, run.incident_id)
  try {
    return await bounded(LOOK_TIMEOUT_SECONDS, course.signal, (signal) =>
      course.verify({ alert: run.alertname, labels: run.labels, incident, signal }),
    )
  } catch (error) {
    course.signal.throwIfAborted()
    course.watch.log.warn('runbook.check', { alert: run.alertname, error })
    return { kind: 'unknown', words: `whether it helped cannot be seen (${reasonOf(error)})` }
  }
}

/** What could be done without asking did not help: the rest is asked for, once; else everything is taken back. */
async function giveUp(course: Course, turn: Turn, words: string): Promise<void> {
  const { run } = course
  const isLeft = (await listSteps(turn.trx, run.id)).some(({ part, state }) => part === 'steps' && state === 'planned')
  if (isLeft && !(await approvalOf(turn.trx, run.id))) return ask(course, turn)
  await takeBackOr(course, turn, { outcome: 'unmended', words: `It did not help in ${course.verifySeconds} seconds: ${words}.` })
}
