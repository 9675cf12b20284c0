// Runbooks: what each means and may do by itself, setting that, and running one by hand.

import { z } from 'zod'
import { Failure } from '../../scrapers/failure.ts'
import type { Pages } from '../runbook/pages.ts'
import { runByHand } from '../runbook/hand.ts'
import { listOpenApprovals } from '../store/approvals.ts'
import type { Db } from '../store/database.ts'
import { lastRunsByAlert } from '../store/runbook-history.ts'
import { listModes, modeOf, setMode } from '../store/runbook-pages.ts'
import type { ApiParts } from './parts.ts'
import { Problem } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { alertName, briefRun, mode, toBrief } from './runbook-shapes.ts'
import { labelsOf, linesOf, meaningOf, pageLine } from './runbook-words.ts'
import { listOf, moment } from './shapes.ts'

type Shelf = NonNullable<ApiParts['runbooks']>

const params = z.strictObject({ alert: alertName })

const runbook = z.strictObject({
  alert: alertName,
  meaning: z.string(),
  mode: mode.describe('suggest: it says what it would do; auto: it does what can be taken back; approval: it asks first'),
  mode_set_by: z.string().nullable().describe('Null: it was never set'),
  mode_set_at: moment.nullable(),
  looks: z.int().describe('Lines by which the machine looks'),
  changes: z.int().describe('Lines by which it changes something'),
  asks: z.int().describe('Lines that a person does'),
  labels: z.array(z.string()).describe('What a run by hand must give'),
  last_run: briefRun.nullable(),
  waits_for: z.uuid().nullable().describe('The question that is open'),
})

const whole = z.strictObject({
  ...runbook.shape,
  hash: z.string().describe('SHA-256 of the text'),
  text: z.string().describe('The page, as Markdown'),
  lines: z.array(pageLine),
})

/** Names and values as Prometheus has them; what begins with two underscores is its own. */
const labels = z
  .record(z.string().regex(/^(?!__)[A-Za-z_]\w{0,99}$/, 'is no name of a label'), z.string().max(500, 'must be 500 characters at the most'))
  .refine((given) => Object.keys(given).length <= 50, 'must be 50 labels at the most')

export function runbookPageRoutes({ database: { db }, runbooks, now = () => new Date() }: ApiParts): Route[] {
  if (!runbooks) return []
  return [...readingRoutes(db, runbooks, now), modeRoute(db, runbooks, now), runRoute(db, runbooks.pages)]
}

function pageOf(pages: Pages, alert: string) {
  const page = pages.get(alert)
  if (!page) throw new Problem(404, `There is no page for ${alert}.`)
  return page
}

/** What lists say of these runbooks. */
async function tell(db: Db, { pages, registry }: Shelf, alerts: readonly string[], now: Date): Promise<Record<string, unknown>[]> {
  const [modes, runs, asked] = await Promise.all([listModes(db), lastRunsByAlert(db, alerts), listOpenApprovals(db, now)])
  return alerts.map((alert) => {
    const { page, text } = pageOf(pages, alert)
    const set = modes.find(({ alertname }) => alertname === alert)
    const run = runs.get(alert)
    return {
      alert,
      meaning: meaningOf(text),
      mode: set?.mode ?? 'suggest',
      mode_set_by: set?.set_by ?? null,
      mode_set_at: set?.set_at ?? null,
      looks: page.diagnosis.filter(({ call }) => call).length,
      changes: page.steps.filter(({ call }) => call).length,
      asks: [...page.diagnosis, ...page.steps].filter(({ call }) => !call).length,
      labels: labelsOf(page, registry),
      last_run: run ? toBrief(run) : null,
      waits_for: asked.find(({ alertname }) => alertname === alert)?.id ?? null,
    }
  })
}

function readingRoutes(db: Db, shelf: Shelf, now: () => Date): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/runbooks',
      name: 'listRunbooks',
      summary: 'All runbooks by name, with what each may do by itself and its last run',
      scope: 'read',
      answers: { 200: { description: 'All of them', schema: listOf(runbook) } },
      handle: async () => ({ json: { items: await tell(db, shelf, shelf.pages.list(), now()), next_cursor: null } }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/runbooks/{alert}',
      name: 'describeRunbook',
      summary: 'One runbook: its page, and of each line whether the machine does it',
      scope: 'read',
      params,
      answers: { 200: { description: 'The runbook', schema: whole } },
      async handle({ params: { alert } }) {
        const { text, hash, page } = pageOf(shelf.pages, alert)
        const [told] = await tell(db, shelf, [alert], now())
        return { json: { ...told, hash, text, lines: linesOf(page, shelf.registry) } }
      },
    }),
  ]
}

function modeRoute(db: Db, shelf: Shelf, now: () => Date): Route {
  return defineRoute({
    method: 'patch',
    path: '/api/v1/runbooks/{alert}',
    name: 'setRunbookMode',
    summary: 'Say what a runbook may do by itself, from its next run on',
    scope: 'admin',
    params,
    body: z.strictObject({ mode }),
    answers: { 200: { description: 'The runbook as it is then', schema: runbook } },
    async handle({ params: { alert }, body, actor }) {
      pageOf(shelf.pages, alert)
      await db.transaction(async (trx) => {
        if ((await modeOf(trx, alert)) !== body.mode) await setMode(trx, alert, body.mode, actor)
      })
      return { json: (await tell(db, shelf, [alert], now()))[0] }
    },
  })
}

function runRoute(db: Db, pages: Pages): Route {
  return defineRoute({
    method: 'post',
    path: '/api/v1/runbooks/{alert}/runs',
    name: 'runRunbook',
    summary: 'Run it by hand, as its alert with these labels would; for anything but a dry run the scope admin is needed',
    scope: 'write',
    params,
    body: z.strictObject({
      labels: labels.default({}).describe('Of the alert; one that goes on with them lends the rest of its own'),
      dry_run: z.boolean().default(false).describe('Look, and say exactly what would be done; nothing is changed'),
      mode: mode.optional().describe('What the runbook may do unless told'),
    }),
    answers: { 202: { description: 'It is queued; the address tells of it', schema: z.strictObject({ id: z.uuid() }) } },
    async handle({ params: { alert }, body, actor, demand }) {
      pageOf(pages, alert)
      if (!body.dry_run) await demand('admin')
      const id = await runByHand(db, {
        alert,
        labels: body.labels,
        dryRun: body.dry_run,
        actor,
        ...(body.mode === undefined ? {} : { mode: body.mode }),
      }).catch((error: unknown) => {
        throw error instanceof Failure ? new Problem(409, error.message) : error
      })
      return { status: 202, headers: { location: `/api/v1/runbook-runs/${id}` }, json: { id } }
    },
  })
}
