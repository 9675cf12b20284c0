// slo: how the service level objectives stand, and for scripts an exit code that says whether one of them is in trouble.

import { createMetrics } from '../../ops/metrics.ts'
import { printDuration } from '../../ops/slo/duration.ts'
import type { Slo } from '../../ops/slo/spec.ts'
import { sourceNames } from '../../scrapers/index.ts'
import type { Config } from '../config.ts'
import { misuse } from '../refusal.ts'
import { VISITS } from '../scrape/schedule.ts'
import { reportSlos, type SloReport } from '../slo/report.ts'
import { readSlos } from '../slo/specs.ts'
import type { Figures, State } from '../slo/standing.ts'
import { openHouse, type House } from '../works.ts'
import { print, type Format } from './print.ts'

interface Options {
  format: Format
  failOn?: 'warning' | 'page'
}

/** What fails a command that is to fail on this state: it and what is worse. */
const FAILING: Readonly<Record<NonNullable<Options['failOn']>, readonly State[]>> = { page: ['page'], warning: ['warning', 'page'] }

/** Ends with 1 when an SLO is in the state of --fail-on, or in a worse one. */
export async function sloCommand(config: Config, options: Options, args: string[]): Promise<number> {
  const metrics = createMetrics({ sources: sourceNames, queues: [VISITS], version: config.version })
  const slos = choose(await readSlos(metrics), args[0])
  let house: House | undefined
  try {
    const reports = await reportSlos({
      slos,
      prometheusUrl: config.prometheusUrl,
      // When PostgreSQL is what is away, Prometheus alone has to be enough.
      db: async () => (house = await openHouse(config, { quiet: true })).database.db,
    })
    for (const note of new Set(reports.flatMap((report) => report.note ?? []))) console.error(note)
    show(options.format, reports, args[0] !== undefined)
    const failing = options.failOn === undefined ? [] : FAILING[options.failOn]
    return reports.some(({ state }) => failing.includes(state)) ? 1 : 0
  } finally {
    await house?.close()
  }
}

function choose(all: readonly Slo[], name: string | undefined): Slo[] {
  const found = all.filter(({ slo }) => name === undefined || slo === name)
  if (found.length === 0) throw misuse(`No such SLO: ${name}. There are ${all.map(({ slo }) => slo).join(', ')}.`)
  return found
}

interface Row extends Figures {
  name: string
  objective: string
}

/** One line per SLO, and below it one per source where it has several. */
function show(format: Format, reports: readonly SloReport[], one: boolean): void {
  const rows = reports.flatMap((report): Row[] => {
    const objective = `${percent(report.objective)} / ${printDuration(report.period_seconds)}`
    const parts = report.by.map(({ labels, ...figures }) => ({ ...figures, name: `  ${Object.values(labels).join(' ')}`, objective: '' }))
    return [{ ...report, name: report.slo, objective }, ...parts]
  })
  print(
    format,
    one ? reports[0] : reports,
    rows,
    {
      slo: (r) => r.name,
      objective: (r) => r.objective,
      sli: (r) => (r.sli === null ? '–' : percent(r.sli)),
      'budget left': (r) => (r.budget_remaining === null ? '–' : percent(r.budget_remaining, 1)),
      burn: (r) => `${r.pace.rate.toFixed(2)}× over ${printDuration(r.pace.window_seconds)}`,
      'exhausted in': exhausted,
      state: (r) => r.state.replace('_', ' '),
    },
    'There is no SLO in alerts/slo.',
  )
}

/** Never rounded up to a whole that it has not reached: 99.996 % is not 100 %. */
function percent(share: number, digits = 3): string {
  const scale = 10 ** digits
  return `${Math.floor(share * 100 * scale + 1e-6) / scale}%`
}

function exhausted({ exhausted_in_seconds: seconds, state }: Figures): string {
  if (state === 'no_data') return '–'
  if (seconds === null) return 'not at this pace'
  if (seconds === 0) return 'spent'
  const [size, unit] = seconds >= 172_800 ? [86_400, 'd'] : seconds >= 7200 ? [3600, 'h'] : [60, 'min']
  return `${(seconds / size).toFixed(1)} ${unit}`
}
