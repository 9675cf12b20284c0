// Programs of Debian packages that suites need: taken from the machine, else fetched and unpacked beside the project, never installed.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ROOT } from '../services/config.ts'

/** Program → the Debian package that holds it. Unpacked only: a package that is installed would start its service. */
const PACKAGES: Readonly<Record<string, string>> = { promtool: 'prometheus' }
const FOLDER = join(ROOT, 'data', 'tools')

/** Puts the programs on PATH, fetching what is missing where that is possible; what stays missing is skipped by its suite, and said. */
export function provideTools(): void {
  process.env['PATH'] = `${join(FOLDER, 'usr', 'bin')}${delimiter}${process.env['PATH'] ?? ''}`
  for (const [program, name] of Object.entries(PACKAGES)) {
    if (hasTool(program)) continue
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
      console.error(`${program} is missing (Debian package ${name}): its suite is skipped.`)
      continue
    }
    console.error(`Fetching ${program} (Debian package ${name}) …`)
    fetchPackage(name)
  }
}

/** Whether a program can be run. */
export function hasTool(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

/** For `before` of a suite that needs a program: skips it visibly, or fails where nothing may be skipped. */
export function needTool(suite: Mocha.Context, program: string): void {
  if (hasTool(program)) return
  if (process.env['CI'] === 'true') throw new Error(`${program} is missing: install the Debian package ${PACKAGES[program] ?? program}`)
  suite.skip()
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
