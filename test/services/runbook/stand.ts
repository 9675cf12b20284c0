// A stand for engines: a world with pages and actions of its own, whose effects are counted in a table, and a clock that is turned by hand.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { registryOf, type Finding, type Plan, type Read, type Registry, type Write } from '../../../ops/runbook/action.ts'
import type { Mode } from '../../../ops/runbook/flow.ts'
import { readPage } from '../../../ops/runbook/page.ts'
import { quietLog } from '../../../ops/log.ts'
import { openEngine, type Engine, type EngineOptions } from '../../../services/runbook/engine.ts'
import type { Point, Say, Verifier } from '../../../services/runbook/course.ts'
import { onAlerts, type ReceivedAlert } from '../../../services/runbook/intake.ts'
import type { Pages } from '../../../services/runbook/pages.ts'
import type { Db } from '../../../services/store/database.ts'
import { listRunbookRuns, type StoredRun } from '../../../services/store/runbook-runs.ts'
import { listSteps, type StoredStep } from '../../../services/store/runbook-steps.ts'
import { openWorld, type World } from '../../world.ts'

const FRAME = ['Meaning', 'Impact']

/** A page of these lines. */
export function pageText(alert: string, diagnosis: readonly string[], steps: readonly string[]): string {
  const list = (lines: readonly string[]) => lines.map((line, n) => `${n + 1}. ${line}`).join('\n')
  const head = FRAME.map((heading) => `## ${heading}\n\nWords.\n`).join('\n')
  return `# ${alert}\n\n${head}\n## Diagnosis\n\n${list(diagnosis)}\n\n## Steps\n\n${list(steps)}\n\n## Escalation\n\nOwner: tests.\n`
}

export function pagesOf(texts: Readonly<Record<string, string>>): Pages {
  const get: Pages['get'] = (alert) => {
    const text = texts[alert]
    if (text === undefined) return undefined
    return { alert, text, hash: createHash('sha256').update(text).digest('hex'), page: readPage(text).page }
  }
  return { get, list: () => Object.keys(texts) }
}

/** What a test turns to make the actions find, do or fail something. */
export interface Knobs {
  finding: Finding
  /** What the next look, deed or undo throws. */
  lookFails: Error | undefined
  lookHangs: boolean
  actFails: Error | undefined
  undoFails: Error | undefined
  plan: Partial<Plan>
  verdict: Awaited<ReturnType<Verifier>>
}

/** Blocked, and mended by whatever is done. */
export function knobsAtRest(): Knobs {
  return {
    finding: { verdict: 'broken', causes: ['blocked'], words: 'The host refuses us.', values: { source: 'greenhouse', batch: 'b1' } },
    lookFails: undefined,
    lookHangs: false,
    actFails: undefined,
    undoFails: undefined,
    plan: {},
    verdict: { kind: 'mended', words: 'the alert is gone' },
  }
}

export interface Said {
  kind: string
  incidentId: string | null
  run: StoredRun | undefined
  steps: StoredStep[] | undefined
}

export interface Stand {
  world: World
  db: Db
  knobs: Knobs
  said: Said[]
  pages: Pages
  registry: Registry<Db>
  /** Milliseconds since a fixed moment; engines see it move only when a test moves it. */
  clock: { now: Date; pass(seconds: number): void }
  engine(options?: Partial<EngineOptions>): Engine
  /** Tells of an alert as the hook does. */
  tell(alert: Partial<ReceivedAlert> & { name?: string }): Promise<void>
  setMode(alert: string, mode: Mode): Promise<void>
  /** Effects that are still there, and how often each was done. */
  effects(): Promise<{ key: string; done: number; undone: number }[]>
  runs(): Promise<StoredRun[]>
  run(): Promise<StoredRun>
  steps(runId?: string): Promise<StoredStep[]>
  close(): Promise<void>
}

/** Ends an engine's part as a kill would. */
export class Crash extends Error {
  readonly point: Point
  constructor(point: Point) {
    super(`killed at ${point}`)
    this.point = point
  }
}

/** A probe that kills at the nth passage of a point. */
export function crashAt(point: Point, nth = 1): (at: Point) => void {
  let count = 0
  return (at) => {
    if (at === point && ++count === nth) throw new Crash(point)
  }
}

export const ALERT = 'SourceBlocked'

/** Look, one change that a transaction holds, and a person. */
export const USUAL = pageText(
  ALERT,
  ['`source.look source=$source` how it is.'],
  ['`source.hold source=$source when=blocked` so that it is left in peace.', 'Ask the host what is the matter.'],
)

export async function openStand(texts: Readonly<Record<string, string>> = { [ALERT]: USUAL }): Promise<Stand> {
  const world = await openWorld()
  const { db } = world
  await db.raw('create table effects (key text primary key, done integer not null default 0, undone integer not null default 0)')
  const knobs = knobsAtRest()
  const said: Said[] = []
  const say: Say = async (_db, { kind, incidentId, run, steps }) => void said.push({ kind, incidentId, run, steps })
  const clock = {
    now: new Date('2030-01-01T12:00:00Z'),
    pass(seconds: number) {
      clock.now = new Date(clock.now.getTime() + seconds * 1000)
    },
  }
  const registry = registryFor(knobs, db)
  const pages = pagesOf(texts)
  let owners = 0
  const stand: Stand = {
    world,
    db,
    knobs,
    said,
    pages,
    registry,
    clock,
    engine: (options = {}) =>
      openEngine({
        watch: world.watch,
        database: world.database,
        registry,
        pages,
        owner: `engine-${++owners}`,
        verify: async () => knobs.verdict,
        say,
        lanes: 1,
        now: () => clock.now,
        ...options,
      }),
    tell: ({ name = ALERT, ...alert }) =>
      world.database.inTransaction((trx) =>
        onAlerts(
          trx,
          [
            {
              fingerprint: 'f1',
              status: 'firing',
              starts_at: clock.now,
              annotations: { summary: 'Greenhouse refuses us' },
              ...alert,
              labels: { alertname: name, severity: 'page', priority: 'P1', owner: 'scraping', source: 'greenhouse', ...alert.labels },
            },
          ],
          { pages, say, log: quietLog, now: clock.now },
        ),
      ),
    setMode: async (alert, mode) => {
      await db('runbook_modes').insert({ alertname: alert, mode, set_by: 'test' }).onConflict('alertname').merge()
    },
    effects: () => db('effects').select('*').orderBy('key'),
    runs: () => listRunbookRuns(db, { limit: 1000 }),
    async run() {
      const [run] = await stand.runs()
      if (!run) throw new Error('there is no run')
      return run
    },
    steps: async (runId) => (await listSteps(db, runId ?? (await stand.run()).id)).filter(({ part }) => part === 'steps'),
    close: () => world.close(),
  }
  return stand
}

/** The actions of the tests. */
export function registryFor(knobs: Knobs, db: Db): Registry<Db> {
  return registryOf<Db>([lookOf(knobs), ...writesOf(knobs, db)])
}

const sourceArg = z.object({ source: z.string().regex(/^[a-z]+$/, 'must be the name of a source') })

function lookOf(knobs: Knobs): Read {
  return {
    kind: 'read',
    name: 'source.look',
    summary: 'How a source is.',
    args: z.object({ source: z.string().optional() }),
    timeoutSeconds: 0.2,
    gives: ['source', 'batch'],
    async look() {
      if (knobs.lookFails) throw knobs.lookFails
      if (knobs.lookHangs) return new Promise(() => {})
      return knobs.finding
    },
  }
}

/** The same change four times: in a transaction or not, to be taken back or not. Effects are counted, so that twice shows. */
function writesOf(knobs: Knobs, db: Db): Write<Db>[] {
  const write = (name: string, own: Partial<Write<Db>> & { reversible: boolean; transaction: boolean }): Write<Db> => ({
    kind: 'write',
    name,
    summary: `${name}, counted.`,
    args: sourceArg,
    timeoutSeconds: 5,
    reach: 'source',
    cooldownSeconds: 600,
    perHour: 100,
    perDay: 200,
    async plan({ source }) {
      return { target: `source/${String(source)}`, words: `${name} will act on ${String(source)}.`, ...knobs.plan }
    },
    async act({ source }, _occasion, trx) {
      const key = `${name} ${String(source)}`
      await trx('effects')
        .insert({ key, done: 1 })
        .onConflict('key')
        .merge({ done: db.raw('effects.done + 1') })
      if (knobs.actFails) throw knobs.actFails
      return { words: `${name} acted on ${String(source)}.`, ...(own.reversible ? { undo: { key } } : {}) }
    },
    ...(own.reversible
      ? {
          async undo(saved: unknown, _occasion: unknown, trx: Db) {
            const { key } = saved as { key: string }
            await trx('effects').where({ key }).increment('undone', 1)
            if (knobs.undoFails) throw knobs.undoFails
            return `${name} is taken back.`
          },
        }
      : {}),
    ...own,
  })
  return [
    write('source.hold', { reversible: true, transaction: true }),
    write('source.ring', { reversible: true, transaction: false }),
    write('source.drop', { reversible: false, transaction: true }),
    write('source.push', { reversible: false, transaction: false }),
  ]
}
