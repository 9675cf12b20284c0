// Drills on visits: sources that block, fail, change their form, list too little or are forgotten.

import { forgetPages, mendSources, unwellBoards } from '../store/drill-past.ts'
import { VISITS, type AlertDrill } from './drill.ts'
import { DAILY_CALLS, type Ground } from './ground.ts'
import { until } from './until.ts'

type Name = (typeof VISITS)[number]

/** Sources are well again when every board of theirs was read well. */
export async function mend(ground: Ground, name: string, sources: readonly string[]): Promise<void> {
  const { db } = ground.database
  ground.heal(name)
  const since = new Date()
  await mendSources(db, sources)
  await until(`${sources.join(', ')} to be well again`, async () => (await unwellBoards(db, sources, since)) === 0)
}

const readAnew = ({ database }: Ground, sources: readonly string[]) => forgetPages(database.db, { sources })

const pause = ({ database }: Ground, sources: readonly string[]) =>
  database
    .db('boards')
    .whereIn('source', [...sources])
    .update({ paused_until: new Date(Date.now() + 7 * 86_400_000), pause_reason: 'to be looked at' })

/** As if so many requests had been made today. */
const useCalls = ({ database }: Ground, calls: number) => database.db('counters').where({ name: 'calls' }).update({ value: calls })

type Draft = Omit<AlertDrill, 'kind' | 'mode' | 'needs' | 'repair'> & { sources: readonly Name[] }

/** What these drills have in common: what they need, and how it is mended. */
function onVisits({ sources, ...draft }: Draft): AlertDrill {
  return { ...draft, kind: 'real', mode: 'auto', needs: sources, repair: (ground) => mend(ground, draft.name, sources) }
}

/** One in eleven of all boards: more than the ticket bears, and less than the page does. */
const SOME_BOARDS = 6

export const visitDrills: readonly AlertDrill[] = [
  onVisits({
    name: 'dead-boards',
    alert: 'ScrapeFailuresRaised',
    about: 'boards that have moved away answer 200 with a page about careers, for ever',
    incidents: [13],
    sources: VISITS,
    signs: ['drift', 'blocked', 'empty_suspect'],
    async inject(ground) {
      const boards = ground.sandbox.market.boards().filter(({ source }) => source === 'lever')
      for (const { ident } of boards.slice(0, SOME_BOARDS)) ground.break('dead-boards', { source: 'lever', board: ident, kind: 'html' })
      await readAnew(ground, ['lever'])
    },
    expected: { verdict: ['broken', 'degraded'], causes: ['drift'], ending: 'asks a person', outcome: ['suggested'] },
  }),
  onVisits({
    name: 'new-form',
    alert: 'SchemaDrift',
    labels: { source: 'greenhouse' },
    about: 'a source calls its list by another name',
    sources: ['greenhouse'],
    signs: ['drift'],
    detection: 'drift',
    async inject(ground) {
      ground.break('new-form', { source: 'greenhouse', kind: 'renamed_field', field: 'jobs', name: 'positions' })
      await readAnew(ground, ['greenhouse'])
    },
    expected: { verdict: ['broken'], causes: ['drift'], ending: 'mends itself', outcome: ['mended'], does: ['source.pause'] },
  }),
  onVisits({
    name: 'half-a-list',
    alert: 'ClosingsRefused',
    labels: { source: 'ashby' },
    about: 'a source cuts its lists in half and says nothing of it: what is missing must not be closed',
    incidents: [5],
    sources: ['ashby'],
    signs: ['partial'],
    async inject(ground) {
      ground.break('half-a-list', { source: 'ashby', kind: 'half_board' })
      await readAnew(ground, ['ashby'])
    },
    expected: {
      verdict: ['broken', 'degraded'],
      causes: ['drift'],
      ending: 'asks a person',
      outcome: ['unmended'],
      does: ['page.quarantine'],
    },
  }),
  onVisits({
    name: 'forgotten-pause',
    alert: 'SourceStale',
    labels: { source: 'ashby' },
    about: 'somebody paused one source and forgot it, while all others are read',
    incidents: [11],
    sources: ['ashby', 'greenhouse'],
    inject: async (ground) => void (await pause(ground, ['ashby'])),
    expected: { verdict: ['degraded', 'broken'], causes: ['paused'], ending: 'mends itself', outcome: ['mended'], does: ['source.resume'] },
  }),
  onVisits({
    name: 'source-down',
    alert: 'BreakerOpen',
    labels: { source: 'lever' },
    about: 'a source answers 500 until its breaker opens, and is back a moment later',
    sources: ['lever'],
    signs: ['server_error', 'rejected'],
    inject: async (ground) => ground.break('source-down', { source: 'lever', kind: 'status', status: 500 }),
    passes: async (ground) => ground.heal('source-down'),
    expected: { verdict: ['broken'], causes: ['upstream'], ending: 'mends itself', outcome: ['mended'], does: ['breaker.probe'] },
  }),
  onVisits({
    name: 'missing-field',
    alert: 'ExtractionFailing',
    labels: { source: 'lever' },
    about: 'one entry in seven has no title',
    sources: ['lever'],
    signs: ['partial', 'drift'],
    async inject(ground) {
      ground.break('missing-field', { source: 'lever', kind: 'dropped_field', share: 0.15 })
      await readAnew(ground, ['lever'])
    },
    expected: { verdict: ['broken', 'degraded'], causes: ['drift'], ending: 'asks a person', outcome: ['suggested', 'unmended'] },
  }),
  onVisits({
    name: 'bot-wall',
    alert: 'ScrapeOutage',
    about: 'the largest source answers 200 with a wall for bots: nothing fails, and nothing comes',
    incidents: [1],
    sources: VISITS,
    signs: ['blocked'],
    detection: 'outage',
    async inject(ground) {
      ground.break('bot-wall', { source: 'greenhouse', kind: 'captcha' })
    },
    expected: { verdict: ['broken'], causes: ['blocked'], ending: 'mends itself', outcome: ['mended'], does: ['source.pause'] },
  }),
  onVisits({
    name: 'source-refuses',
    alert: 'ScrapeFailuresHigh',
    about: 'a source with a third of all boards answers 403',
    sources: VISITS,
    signs: ['blocked'],
    inject: async (ground) => ground.break('source-refuses', { source: 'ashby', kind: 'status', status: 403 }),
    expected: { verdict: ['broken', 'degraded'], causes: ['blocked'], ending: 'mends itself', outcome: ['mended'], does: ['source.pause'] },
  }),
  onVisits({
    name: 'everything-paused',
    alert: 'VisitsStopped',
    about: 'somebody paused every source and forgot it',
    sources: VISITS,
    inject: async (ground) => void (await pause(ground, VISITS)),
    expected: { verdict: ['broken', 'degraded'], causes: ['paused'], ending: 'mends itself', outcome: ['mended'], does: ['source.resume'] },
  }),
  {
    ...onVisits({
      name: 'daily-cap',
      alert: 'DailyCapReached',
      about: 'the cap on requests is used up before noon: every visit is skipped, and none of them fails',
      sources: VISITS,
      signs: ['skipped'],
      inject: async (ground) => void (await useCalls(ground, DAILY_CALLS)),
      expected: { verdict: ['degraded'], causes: ['load'], ending: 'asks a person', outcome: ['suggested'] },
    }),
    needs: [...VISITS, 'caps'],
    async repair(ground) {
      await useCalls(ground, 0)
      await mend(ground, 'daily-cap', VISITS)
    },
  },
  {
    ...onVisits({
      name: 'soft-skip',
      alert: 'EverySourceStale',
      about: 'every visit is skipped for want of something, and each ends without an error',
      incidents: [4],
      sources: VISITS,
      signs: ['skipped'],
      inject: async (ground) => void (await useCalls(ground, DAILY_CALLS)),
      expected: { verdict: ['inconclusive', 'degraded', 'broken'], ending: 'asks a person', outcome: ['inconclusive', 'suggested'] },
    }),
    needs: [...VISITS, 'caps'],
    async repair(ground) {
      await useCalls(ground, 0)
      await mend(ground, 'soft-skip', VISITS)
    },
  },
]
