// runbook run: one run by hand, by this process, until it is over or waits for somebody; with --dry-run nothing is changed.

import { setTimeout as wait } from 'node:timers/promises'
import { MODES, type Mode } from '../../ops/runbook/flow.ts'
import { Failure } from '../../scrapers/failure.ts'
import { engineOf, openAutomation } from '../automation.ts'
import type { Config } from '../config.ts'
import { misuse, refusal } from '../refusal.ts'
import { runByHand } from '../runbook/hand.ts'
import { approvalOf } from '../store/approvals.ts'
import type { Db } from '../store/database.ts'
import { getRunbookRun, type StoredRun } from '../store/runbook-runs.ts'
import { listSteps } from '../store/runbook-steps.ts'
import { openWorks, type Works } from '../works.ts'
import { runLines } from './incident.ts'
import { utc, type Format } from './print.ts'
import { readRunbook } from './runbook.ts'

interface Options {
  label?: string[]
  dryRun?: boolean
  mode?: string
  format: Format
}

/** A run that ended so is what was asked for. */
const WELL: readonly (string | null)[] = ['healthy', 'suggested', 'mended', 'dry_run']

/** Ends with 1 when the run did not come to a good end. */
export async function runCommand(config: Config, options: Options, args: string[]): Promise<number> {
  const alert = args[0] ?? ''
  readRunbook(alert)
  const labels = readLabels(options.label ?? [])
  const { mode } = options
  if (mode !== undefined && !MODES.includes(mode as Mode)) throw misuse(`There is no mode ${mode}. There are ${MODES.join(', ')}.`)
  const works = await openWorks(config, { quiet: true })
  try {
    const id = await runByHand(works.database.db, {
      alert,
      labels,
      dryRun: options.dryRun ?? false,
      actor: 'cli',
      ...(mode === undefined ? {} : { mode: mode as Mode }),
    }).catch((error: unknown) => {
      throw error instanceof Failure ? refusal(error.message) : error
    })
    const run = await follow(works, id)
    await show(works.database.db, run, options.format)
    return run.state === 'waiting' || WELL.includes(run.outcome) ? 0 : 1
  } finally {
    await works.close()
  }
}

/** `source=greenhouse`, repeated or parted by commas. @throws Misuse */
function readLabels(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name = '', value] = /^([a-z_]\w*)=(.*)$/i.exec(text) ?? []
      if (value === undefined) throw misuse(`"${text}" is no label: write it as source=greenhouse.`)
      return [name, value]
    }),
  )
}

/** This process works on the run like any other; whichever comes first has it. */
async function follow(works: Works, id: string): Promise<StoredRun> {
  const engine = engineOf(works, await openAutomation(works), id)
  try {
    for (;;) {
      await engine.runDue()
      const run = await getRunbookRun(works.database.db, id)
      if (!run) throw new Error(`the run ${id} has gone`)
      if (run.state === 'done' || run.state === 'waiting') return run
      await wait(500)
    }
  } finally {
    await engine.close()
  }
}

async function show(db: Db, run: StoredRun, format: Format): Promise<void> {
  const steps = await listSteps(db, run.id)
  const approval = await approvalOf(db, run.id)
  if (format === 'json') {
    console.log(JSON.stringify({ ...run, steps, approval: approval ?? null }, null, 2))
    return
  }
  console.log(runLines(run, steps).trimStart())
  if (approval?.state === 'open') console.log(`  Open until ${utc(approval.expires_at)}: rolewatch runbook approve ${approval.id}`)
}
