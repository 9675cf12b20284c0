// Questions of a post-mortem: what the record of an incident makes one ask, for people to turn into work.

import type { Story } from './story.ts'
import { lasting } from './words.ts'
import { seconds } from './impact.ts'

/** The questions that this story raises, the general one last. */
export function questionsOf(story: Story): string[] {
  const { incident, runs, missed } = story
  const page = `runbooks/${incident.alertname}.md`
  const had = (outcome: string) => runs.some(({ run }) => run.outcome === outcome)
  const refused = runs.flatMap(({ run }) => (run.outcome === 'refused' ? [run.words ?? ''] : []))
  const suggested = runs.some(({ run, steps }) => run.outcome === 'suggested' && steps.some(({ state }) => state === 'planned'))
  const [first] = story.firings
  const slow = first ? seconds(first.starts_at, incident.opened_at) : 0
  return [
    ...(incident.escalated_at ? ['Why did nobody acknowledge it until it was escalated?'] : []),
    ...(slow > 300 ? [`Why was the alert ${lasting(slow)} under way before anybody was told?`] : []),
    ...(runs.length === 0 ? [`Why did no runbook run? Is there a page ${page}?`] : []),
    ...(had('inconclusive') ? [`Which look is missing from ${page}, so that it can tell what is wrong?`] : []),
    ...(had('suggested') && !suggested ? [`Which step is missing from ${page}, so that there is something it can do?`] : []),
    ...(suggested ? [`May ${incident.alertname} do by itself what it proposed (rolewatch runbook mode ${incident.alertname} auto)?`] : []),
    ...(had('unmended') ? [`Why did the steps of ${page} not help, and which would have?`] : []),
    ...(had('failed') || had('interrupted')
      ? [`Why did an action of ${page} not come to its end, and is everything as it should be?`]
      : []),
    ...refused.map((words) => `Was it right to hold the runbook back? ${words}`),
    ...(had('expired') || had('rejected')
      ? ['Was the question of the runbook put to the right people, with what they needed to answer it?']
      : []),
    ...(incident.flaps > 0 ? ['Why did the alert come back?'] : []),
    ...(missed.waiting + missed.failed + missed.uncertain > 0
      ? ['Who tells people what they have not been told (rolewatch outbox list)?']
      : []),
    'What would keep it from happening again, or make it smaller?',
  ]
}
