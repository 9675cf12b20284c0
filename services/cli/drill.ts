// drill: breaks something on a staging ground of its own and shows that it is told of, run and mended; never anything that is in use.

import type { Config } from '../config.ts'
import { drills } from '../drill/drills.ts'
import type { Drill, Report } from '../drill/drill.ts'
import { missingPrograms, openGround } from '../drill/ground.ts'
import { runDrills } from '../drill/run.ts'
import { QUICK, tableOf, timelineOf } from '../drill/table.ts'
import { misuse, refusal } from '../refusal.ts'
import { print, type Format } from './print.ts'
import { waitForSignal } from './signal.ts'

interface Options {
  format: Format
  all?: boolean
  list?: boolean
  keep?: boolean
}

export async function drillCommand(config: Config, options: Options, [name]: string[]): Promise<number> {
  if (options.list) {
    list(options.format)
    return 0
  }
  const wanted = wantedOf(name, options.all ?? false)
  const missing = missingPrograms()
  if (missing.length > 0)
    throw refusal(`${missing.join(' and ')} must be on PATH: drills run the real ones (Debian: prometheus, prometheus-alertmanager).`)
  const say = (words: string): void => console.error(`${words} …`)
  const ground = await openGround({ databaseUrl: config.databaseUrl, say })
  const interrupted = waitForSignal().then(() => undefined)
  const isTable = options.format === 'table'
  try {
    const running = runDrills(ground, wanted, (report) => tell(report, isTable && wanted.length === 1))
    const reports = await Promise.race([running, interrupted])
    if (!reports) throw refusal('Interrupted: what was begun is thrown away with its ground.')
    if (!isTable) console.log(JSON.stringify({ note: QUICK, drills: reports }, null, 2))
    else if (wanted.length > 1) console.log(tableOf(reports))
    else console.log(`${timelineOf(reports[0] as Report)}\n\n${QUICK}`)
    return reports.every(({ passed }) => passed) ? 0 : 1
  } finally {
    const left = await ground.close(options.keep)
    if (left.length > 0) console.error(`Still running: ${left.join(', ')}`)
    if (options.keep) console.error(`Logs and data are kept in ${ground.folder}`)
  }
}

/** @throws Misuse where it is not clear which */
function wantedOf(name: string | undefined, all: boolean): readonly Drill[] {
  if (all === (name !== undefined)) throw misuse('Name one drill, or all of them with --all; --list shows them.')
  if (all) return drills
  const found = drills.filter((drill) => drill.name === name)
  if (found.length === 0) throw misuse(`There is no drill ${name ?? ''}: --list shows them.`)
  return found
}

function tell(report: Report, isSilent: boolean): void {
  if (isSilent) return
  const { passed, name, totalSeconds, faults } = report
  console.error(`${passed ? 'passed' : 'FAILED'}  ${name}  ${totalSeconds.toFixed(1)} s${faults.map((fault) => `\n  ! ${fault}`).join('')}`)
}

function list(format: Format): void {
  const rows = drills.map((drill) => ({
    name: drill.name,
    kind: drill.kind,
    alert: drill.alert,
    incidents: drill.incidents ?? [],
    ending: drill.kind === 'guard' ? 'guard holds' : 'expected' in drill ? drill.expected.ending : 'asks a person',
    about: drill.about,
  }))
  const columns = {
    drill: (row: (typeof rows)[number]) => row.name,
    kind: (row: (typeof rows)[number]) => row.kind,
    alert: (row: (typeof rows)[number]) => row.alert ?? '',
    ending: (row: (typeof rows)[number]) => row.ending,
    fault: (row: (typeof rows)[number]) => row.about,
  }
  print(format, rows, rows, columns, 'There are no drills.')
}
