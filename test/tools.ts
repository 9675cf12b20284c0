// Programs of Debian packages that suites need: taken from the machine, else fetched and unpacked beside the project, never installed.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ROOT } from '../services/config.ts'

/** Program → the Debian package that holds it. Unpacked only: a package that is installed would start its service. */
const PACKAGES: Readonly<Record<string, string>> = {
  promtool: 'prometheus',
  prometheus: 'prometheus',
  alertmanager: 'prometheus-alertmanager',
  amtool: 'prometheus-alertmanager',
}
/** Program → its name in the package, where Debian calls it otherwise. */
const DEBIAN_NAMES: Readonly<Record<string, string>> = { alertmanager: 'prometheus-alertmanager' }
/** Debian's Alertmanager reads its own message templates from this very place, wherever it is unpacked itself. */
const TEMPLATES = join('usr', 'share', 'prometheus', 'alertmanager')
const FOLDER = join(ROOT, 'data', 'tools')
const PROGRAMS = join(FOLDER, 'usr', 'bin')

/** Puts the programs on PATH, fetching what is missing where that is possible; what stays missing is skipped by its suite, and said. */
export function provideTools(): void {
  process.env['PATH'] = `${PROGRAMS}${delimiter}${process.env['PATH'] ?? ''}`
  for (const [program, name] of Object.entries(PACKAGES)) {
    linkTool(program)
    if (hasTool(program)) continue
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
      console.error(`${program} is missing (Debian package ${name}): its suite is skipped.`)
      continue
    }
    console.error(`Fetching ${program} (Debian package ${name}) …`)
    fetchPackage(name)
    linkTool(program)
  }
  linkTemplates()
}

/** Whether a program can be run. */
export function hasTool(program: string): boolean {
  return pathOf(program) !== undefined
}

function pathOf(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))
}

/** Makes a program that Debian names otherwise callable by its own name. */
function linkTool(program: string): void {
  const path = hasTool(program) ? undefined : pathOf(DEBIAN_NAMES[program] ?? program)
  if (path === undefined) return
  mkdirSync(PROGRAMS, { recursive: true })
  rmSync(join(PROGRAMS, program), { force: true })
  symlinkSync(path, join(PROGRAMS, program))
}

/** For `before` of a suite that needs a program: skips it visibly, or fails where nothing may be skipped. */
export function needTool(suite: Mocha.Context, program: string): void {
  if (hasTool(program)) return
  if (process.env['CI'] === 'true') throw new Error(`${program} is missing: install the Debian package ${PACKAGES[program] ?? program}`)
  suite.skip()
}

function linkTemplates(): void {
  const [wanted, unpacked] = [join('/', TEMPLATES), join(FOLDER, TEMPLATES)]
  if (existsSync(join(wanted, 'default.tmpl')) || !existsSync(unpacked) || process.getuid?.() !== 0) return
  mkdirSync(dirname(wanted), { recursive: true })
  rmSync(wanted, { recursive: true, force: true })
  symlinkSync(unpacked, wanted)
}

function fetchPackage(name: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'rolewatch-tools-'))
  try {
    execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore' })
    execFileSync('apt-get', ['download', '-q', name], { cwd: folder, stdio: 'ignore' })
    mkdirSync(FOLDER, { recursive: true })
    for (const file of readdirSync(folder)) execFileSync('dpkg-deb', ['-x', join(folder, file), FOLDER])
  } catch (error) {
    console.error(`${name} could not be fetched: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
