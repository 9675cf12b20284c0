// runbook list, show, mode, approve, reject and history: the pages that act, what they may do, and what they did.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MODES, type Mode } from '../../ops/runbook/flow.ts'
import { readPage } from '../../ops/runbook/page.ts'
import { ROOT, type Config } from '../config.ts'
import { misuse, refusal } from '../refusal.ts'
import { decideApproval, listOpenApprovals } from '../store/approvals.ts'
import type { Database } from '../store/database.ts'
import { listModes, setMode } from '../store/runbook-pages.ts'
import { listRunbookRuns } from '../store/runbook-runs.ts'
import { openHouse } from '../works.ts'
import { plain, print, utc, type Format } from './print.ts'

const FOLDER = join(ROOT, 'runbooks')

async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const house = await openHouse(config, { quiet: true })
  try {
    return await work(house.database)
  } finally {
    await house.close()
  }
}

/** The text of a page. @throws Misuse when there is none of that name */
export function readRunbook(alert: string): string {
  const names = readdirSync(FOLDER)
  if (!names.includes(`${alert}.md`)) throw misuse(`There is no runbook ${alert}: "rolewatch runbook list" shows them.`)
  return readFileSync(join(FOLDER, `${alert}.md`), 'utf8')
}

export async function listCommand(config: Config, { format }: { format: Format }): Promise<void> {
  await withDatabase(config, async ({ db }) => {
    const modes = new Map((await listModes(db)).map(({ alertname, mode }) => [alertname, mode]))
    const asked = await listOpenApprovals(db)
    const names = readdirSync(FOLDER).flatMap((name) => (name.endsWith('.md') ? [name.slice(0, -3)] : []))
    const rows = await Promise.all(
      names.toSorted().map(async (alert) => {
        const { page } = readPage(readRunbook(alert))
        const [last] = await listRunbookRuns(db, { alert, limit: 1 })
        return {
          alert,
          mode: modes.get(alert) ?? ('suggest' as const),
          looks: page.diagnosis.filter(({ call }) => call).length,
          changes: page.steps.filter(({ call }) => call).length,
          asked_of_a_person: [...page.diagnosis, ...page.steps].filter(({ call }) => !call).length,
          last_run: last?.queued_at ?? null,
          last_outcome: last ? (last.outcome ?? last.state) : null,
          waits_for: asked.find(({ alertname }) => alertname === alert)?.id ?? null,
        }
      }),
    )
    print(
      format,
      rows,
      rows,
      {
        runbook: (r) => r.alert,
        mode: (r) => r.mode,
        looks: (r) => r.looks,
        changes: (r) => r.changes,
        'asks a person': (r) => r.asked_of_a_person,
        'last run': (r) => utc(r.last_run),
        'came to': (r) => r.last_outcome,
        'waits for approval': (r) => r.waits_for,
      },
      'There are no runbooks.',
    )
  })
}

export async function showCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const alert = args[0] ?? ''
  const text = readRunbook(alert)
  await withDatabase(config, async ({ db }) => {
    const mode = (await listModes(db)).find(({ alertname }) => alertname === alert)
    console.log(text.trimEnd())
    console.log(`\nIts mode is ${mode ? `${mode.mode}, set by ${plain(mode.set_by)} ${utc(mode.set_at)}` : 'suggest'}.`)
  })
}

export async function modeCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const [alert = '', mode = ''] = args
  readRunbook(alert)
  if (!MODES.includes(mode as Mode)) throw misuse(`There is no mode ${mode}. There are ${MODES.join(', ')}.`)
  await withDatabase(config, async (database) => {
    await database.inTransaction((trx) => setMode(trx, alert, mode as Mode, 'cli'))
    const says: Record<Mode, string> = {
      suggest: 'it looks, and says what it would do',
      auto: 'it does by itself what can be taken back, and asks for the rest',
      approval: 'it asks before it changes anything',
    }
    console.log(`${alert}: from its next run on ${says[mode as Mode]}.`)
  })
}

const ANSWERS = {
  already: 'Somebody has answered before.',
  expired: 'It was asked too long ago: the run is over.',
  unknown: 'There is no such question: "rolewatch runbook list" shows those that are open.',
} as const

/** Says yes or no to what a run asks. @throws Refusal when it is too late for that */
export function decideCommand(verdict: 'approved' | 'rejected') {
  return async (config: Config, _options: unknown, args: string[]): Promise<void> => {
    await withDatabase(config, async ({ db }) => {
      const answer = await decideApproval(db, args[0] ?? '', { by: 'cli', verdict })
      if (answer !== 'decided') throw refusal(ANSWERS[answer])
      console.log(verdict === 'approved' ? 'Approved: the run goes on.' : 'Rejected: nothing more is done.')
    })
  }
}

export async function historyCommand(
  config: Config,
  { format, limit, alert, outcome }: { format: Format; limit: number; alert?: string; outcome?: string },
): Promise<void> {
  await withDatabase(config, async ({ db }) => {
    const runs = await listRunbookRuns(db, { limit, ...(alert ? { alert } : {}), ...(outcome ? { outcome } : {}) })
    print(
      format,
      runs,
      runs,
      {
        at: (r) => utc(r.queued_at),
        runbook: (r) => plain(r.alertname),
        mode: (r) => (r.dry_run ? 'dry run' : r.mode),
        by: (r) => plain(r.actor),
        verdict: (r) => r.verdict,
        'came to': (r) => r.outcome ?? r.state,
        id: (r) => r.id,
        words: (r) => plain(r.words ?? ''),
      },
      'No runbook has run yet.',
    )
  })
}
