// The program behind `npm run slo:build`: writes what is made from the specifications, or with --check says what is not fresh.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openCatalogue } from './catalogue.ts'
import { SpecError } from './fault.ts'
import { generate, isGenerated, readSpecs, SYMPTOMS, type Files } from './generate.ts'
import type { World } from './refuse.ts'

const FOLDERS = ['alerts/rules', 'alerts/tests', 'alerts/openslo', 'dashboards']

/** The specifications as they stand below `root`. */
export function readTexts(root: string): Files {
  const names = readdirSync(join(root, 'alerts/slo')).filter((name) => name.endsWith('.slo.yaml'))
  const paths = [...names.toSorted().map((name) => `alerts/slo/${name}`), SYMPTOMS]
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

export async function openWorld(root: string): Promise<World> {
  const pages = readdirSync(join(root, 'runbooks')).filter((name) => name.endsWith('.md'))
  return { catalogue: await openCatalogue(), pages: new Set(pages.map((name) => name.slice(0, -3))) }
}

/** What differs between the files that should be there and those that are: new, changed, and left over. */
export function compareFiles(root: string, wanted: Files): { stale: string[]; leftover: string[] } {
  const there = FOLDERS.flatMap((folder) => listFolder(root, folder))
  const text = new Map(there.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
  return {
    stale: [...wanted].filter(([path, content]) => text.get(path) !== content).map(([path]) => path),
    leftover: there.filter((path) => !wanted.has(path) && isGenerated(path, text.get(path) ?? '')),
  }
}

function listFolder(root: string, folder: string): string[] {
  mkdirSync(join(root, folder), { recursive: true })
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => `${folder}/${name}`)
}

/** @returns the exit code: 0 done or fresh, 1 not fresh, 2 wrong specifications */
export async function build(root: string, check: boolean, say: (line: string) => void): Promise<number> {
  try {
    const world = await openWorld(root)
    const wanted = generate(readSpecs(readTexts(root), world), world.catalogue)
    const { stale, leftover } = compareFiles(root, wanted)
    if (check) {
      for (const path of stale) say(`${path} is not fresh: run npm run slo:build`)
      for (const path of leftover) say(`${path} is left over: run npm run slo:build`)
      return stale.length + leftover.length > 0 ? 1 : 0
    }
    for (const path of stale) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), wanted.get(path) ?? '')
    }
    for (const path of leftover) rmSync(join(root, path))
    say(`${wanted.size} files, ${stale.length} written, ${leftover.length} removed`)
    return 0
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    say(error.message)
    return 2
  }
}

if (import.meta.main) process.exitCode = await build(join(import.meta.dirname, '../..'), process.argv.includes('--check'), console.log)
