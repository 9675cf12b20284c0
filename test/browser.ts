// A browser for tests: the machine's own, Playwright's, or else the one that comes from npm with the libraries it needs.

import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import npmChromium, { inflate } from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright'

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Starts a browser; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const own = [process.env['CHROMIUM_PATH'], ...INSTALLED, chromium.executablePath()].find((path) => path !== undefined && existsSync(path))
  return own === undefined ? launchFromNpm() : chromium.launch({ executablePath: own, args: ['--no-sandbox'] })
}

/** Its libraries are for this browser alone: set for the whole process they would be found by PostgreSQL too. */
async function launchFromNpm(): Promise<Browser> {
  const executablePath = await npmChromium.executablePath()
  const packed = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..', 'bin', 'al2023.tar.br')
  await inflate(packed)
  const libraries = join(tmpdir(), 'al2023', 'lib')
  return chromium.launch({
    executablePath,
    args: npmChromium.args,
    env: { ...process.env, LD_LIBRARY_PATH: [libraries, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':') },
  })
}
