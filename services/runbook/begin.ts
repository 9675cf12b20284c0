// The beginning of a run: its page is taken down, everything is looked at, and it is settled what follows.

import { classify, type Classification } from '../../ops/runbook/classify.ts'
import { legOf } from '../../ops/runbook/flow.ts'
import { guardStep } from '../../ops/runbook/guard.ts'
import { readPage, type Page } from '../../ops/runbook/page.ts'
import { currentTraceId, currentTraceParent } from '../../ops/telemetry.ts'
import { readFacts } from '../store/limits.ts'
import { getPage, keepPage } from '../store/runbook-pages.ts'
import { noteVerdict } from '../store/runbook-runs.ts'
import { listSteps, writeSteps, type StepDraft } from '../store/runbook-steps.ts'
import { ask } from './ask.ts'
import { digestOf } from './bounded.ts'
import { move, nameOf, record, takeTurn, type Course, type Turn } from './course.ts'
import { diagnose } from './diagnose.ts'
import { end, type Ending } from './end.ts'
import { foresee, intentOf, planSteps, type PlanFacts } from './plan.ts'

/** queued → diagnosing. The page is run as it is now, whatever becomes of its file meanwhile. */
export async function begin(course: Course): Promise<void> {
  const { run } = course
  const page = course.pages.get(run.alertname)
  await takeTurn(course, async (turn) => {
    if (!page) return end(course, turn, { outcome: 'refused', words: `There is no runbook called ${run.alertname}.` })
    if (turn.incident?.state === 'resolved' && !run.dry_run)
      return end(course, turn, { outcome: 'healthy', words: 'The alert ended before anything was looked at.' })
    await keepPage(turn.trx, { hash: page.hash, alertname: page.alert, text: page.text })
    await move(course, turn, 'diagnosing', {
      page_hash: page.hash,
      started_at: turn.at,
      trace_id: currentTraceId() ?? null,
      traceparent: currentTraceParent() ?? null,
    })
  })
  course.probe('begun')
}

/** diagnosing → executing, waiting or the end. A run that was taken over looks again: looking changes nothing. */
export async function settle(course: Course): Promise<void> {
  const page = await pageOf(course)
  const { findings, found, steps: looks } = await diagnose(course, page.diagnosis)
  const classification = classify(findings)
  const planned = await planSteps(course, page.steps, classification, found)
  const isSaid = course.run.dry_run || course.run.mode === 'suggest'
  const plan = isSaid ? await foresee(course, planned) : planned
  course.probe('looked')
  await takeTurn(course, (turn) => decide(course, turn, classification, looks, plan))
  course.probe('diagnosed')
}

async function pageOf({ database, run }: Course): Promise<Page> {
  const stored = run.page_hash === null ? undefined : await getPage(database.db, run.page_hash)
  if (!stored) throw new Error(`the page of the run ${run.id} was not kept`)
  return readPage(stored.text).page
}

async function decide(
  course: Course,
  turn: Turn,
  classification: Classification,
  looks: readonly StepDraft[],
  plan: readonly StepDraft[],
): Promise<void> {
  const { run } = course
  const { verdict, causes } = classification
  await writeSteps(turn.trx, run.id, [...looks, ...plan])
  await noteVerdict(turn.trx, run.id, verdict, causes)
  const planned = plan.filter(({ state }) => state === 'planned')
  const ending = endingOf(course, classification, planned) ?? (await refusalOf(course, turn, planned))
  await record(course, turn, {
    action: 'runbook.diagnose',
    target: nameOf(run, turn.incident),
    detail: {
      verdict,
      inputs: looks.map(({ action, given }) => ({ action, given })),
      output: digestOf(looks.map(({ digest }) => digest)),
      words: causes.join(', '),
    },
  })
  if (ending) return end(course, turn, ending)
  const { now } = legOf(planned.map(withReach), run.mode, false)
  if (now.length === 0) return ask(course, turn)
  const moved = await move(course, turn, 'executing')
  const steps = await listSteps(turn.trx, run.id)
  await course.say(turn.trx, { incidentId: run.incident_id, kind: 'found', run: moved, steps })
}

const withReach = (step: StepDraft): StepDraft & { reversible: boolean } => ({
  ...step,
  reversible: (step.facts as PlanFacts).reversible,
})

/** What ends a run right after its diagnosis. */
function endingOf({ run }: Course, { verdict }: Pick<Classification, 'verdict'>, planned: readonly StepDraft[]): Ending | undefined {
  if (run.dry_run) return { outcome: 'dry_run', words: `The verdict is ${verdict}. ${planOf(planned)}` }
  if (verdict === 'healthy') return { outcome: 'healthy', words: 'Everything that was looked at is well: nothing was changed.' }
  if (verdict === 'inconclusive')
    return { outcome: 'inconclusive', words: 'What was looked at does not settle what is wrong: nothing was changed. A person must look.' }
  if (planned.length === 0)
    return {
      outcome: 'suggested',
      words: `The verdict is ${verdict}. The page has no step for it that the machine could do: a person must act.`,
    }
  if (run.mode === 'suggest') return { outcome: 'suggested', words: `The verdict is ${verdict}. ${planOf(planned)}` }
  return undefined
}

function planOf(planned: readonly StepDraft[]): string {
  if (planned.length === 0) return 'Nothing would be changed.'
  return `What would be done: ${planned.map(({ number, words }) => `${number}. ${words ?? ''}`).join(' ')}`
}

/** Nobody is asked, and nothing is begun, where the first step would be refused for a reason that holds for all of them. */
async function refusalOf(course: Course, { trx, at }: Turn, planned: readonly StepDraft[]): Promise<Ending | undefined> {
  const [first] = planned
  const write = first && course.registry.get(first.action ?? '')
  if (!first || write?.kind !== 'write') return undefined
  const isApproved = course.run.mode === 'approval'
  const facts = await readFacts(trx, intentOf(course.run, { ...first, target: first.target ?? null }, [], isApproved), at)
  const decision = guardStep(write, facts)
  if (decision.kind === 'allowed') return undefined
  if (decision.guard === 'over') return { outcome: 'healthy', words: 'The alert ended during the diagnosis: nothing was changed.' }
  if (decision.guard !== 'switch' && decision.guard !== 'maintenance') return undefined
  return { outcome: 'refused', words: `Nothing was changed: ${decision.words}. ${planOf(planned)}` }
}
