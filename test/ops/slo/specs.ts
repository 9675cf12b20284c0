// The specifications of the house, read once for all suites, and promtool with a heap that suits many small tests.

import { execFile } from 'node:child_process'
import { ROOT } from '../../../services/config.ts'
import { openWorld, readTexts } from '../../../ops/slo/build.ts'
import { readSpecs, type Specs } from '../../../ops/slo/generate.ts'
import type { World } from '../../../ops/slo/refuse.ts'

let opened: Promise<{ specs: Specs; world: World }> | undefined

export async function houseSpecs(): Promise<{ specs: Specs; world: World }> {
  opened ??= openWorld(ROOT).then((world) => ({ world, specs: readSpecs(readTexts(ROOT), world) }))
  return opened
}

/** Runs promtool; a failed check is an answer, not an error. */
export async function promtool(...given: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, GOGC: '800' }, maxBuffer: 1 << 28, encoding: 'utf8' as const }
    execFile('promtool', given, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error)
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}
