// Lives a day in the sandbox and takes a picture of every dashboard, dark and light: node test/pictures/main.ts [--out folder] [--live] [--readme].

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium, type Browser } from 'playwright'
import { openSandbox } from '../../ops/sandbox/sandbox.ts'
import { startTelemetry } from '../../ops/telemetry.ts'
import { sourceNames } from '../../scrapers/index.ts'
import { readConfig, ROOT } from '../../services/config.ts'
import { hasTool, provideTools } from '../tools.ts'
import { readDashboards } from './dashboard.ts'
import { liveDay, type Day } from './day.ts'
import { createClock, livePast } from './past-market.ts'
import { writePast } from './past-series.ts'
import { pictureOf } from './picture.ts'
import { shrinkPng } from './small-png.ts'

const WIDTH = 1400
const README = join(ROOT, 'dashboards', 'pictures')
const README_HEIGHT = 1300

function openBrowser(): Promise<Browser> {
  const path = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (one) => one !== undefined && existsSync(one),
  )
  return chromium.launch({ args: ['--no-sandbox'], ...(path === undefined ? {} : { executablePath: path }) })
}

/** Takes a picture as high as the page is, or of its upper part. @throws when a script of the page fails */
async function shoot(browser: Browser, html: string, height?: number): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: height ?? 900 } })
  try {
    const failures: string[] = []
    page.on('pageerror', (error) => failures.push(error.message))
    await page.setContent(html)
    await page.waitForSelector('html[data-drawn]', { state: 'attached', timeout: 20_000 }).catch(() => failures.push('it is not drawn'))
    if (failures.length > 0) throw new Error(failures.join('; '))
    return await page.screenshot({ fullPage: height === undefined })
  } finally {
    await page.close()
  }
}

const DAY_MS = 86_400_000
/** The first of the days before is not seen on a dashboard of thirty: on it all postings are new. */
const DAYS_BEFORE = 33
const NOTE =
  'A market of the sandbox. The last minute is lived: the product, Prometheus and Alertmanager ran. The hours before are replayed into Prometheus ' +
  'with troubles at known hours, the weeks before were visited day by day with the clock set back.'
const LIVE_NOTE = 'A market of the sandbox, lived for a minute: nothing of it is replayed.'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'data/pictures' },
    seconds: { type: 'string', default: '60' },
    /** Without the hours and weeks before. */
    live: { type: 'boolean', default: false },
    /** Writes the small pictures of the README too. */
    readme: { type: 'boolean', default: false },
  },
})

provideTools()
if (!hasTool('prometheus') || !hasTool('alertmanager')) throw new Error('pictures need Prometheus and Alertmanager (see test/tools.ts)')
const out = resolve(values.out)
await mkdir(out, { recursive: true })
if (values.readme) await mkdir(README, { recursive: true })
const folder = await mkdtemp(join(tmpdir(), 'rolewatch-pictures-'))
const stopTelemetry = startTelemetry({ endpoint: undefined, version: '0.0.0', role: 'pictures' })
const clock = createClock(values.live ? 0 : DAYS_BEFORE * DAY_MS)
const sandbox = await openSandbox({ boards: 40, postingsPerBoard: 30, slackPerSecond: 100, now: clock.now })
const boards = join(folder, 'boards')
await mkdir(boards)
await writeFile(join(boards, 'companies.yaml'), sandbox.companiesYaml('1m'))
const config = readConfig({
  ROLEWATCH_DATA: join(folder, 'data'),
  ROLEWATCH_CONFIG: boards,
  ROLEWATCH_UPSTREAM: sandbox.upstream,
  ROLEWATCH_PACE: '0',
  LOG_LEVEL: 'silent',
})

/** Asks for all dashboards and takes their pictures. */
async function takeAll(day: Day): Promise<void> {
  const browser = await openBrowser()
  try {
    for (const { name, dashboard } of await readDashboards()) {
      const to = Date.now()
      const from = dashboard.time?.from === 'now-30d' ? to - 30 * DAY_MS : values.live ? day.from.getTime() : to - DAY_MS
      const viewing = { backend: day.backend, sources: sourceNames, span: { from, to }, scrape: values.live ? 1 : 60 }
      const page = await pictureOf(dashboard, viewing, WIDTH, values.live ? LIVE_NOTE : NOTE)
      for (const theme of ['dark', 'light'] as const) {
        await writeFile(join(out, `${name}-${theme}.html`), page(theme))
        await writeFile(join(out, `${name}-${theme}.png`), await shoot(browser, page(theme)))
        console.log(join(out, `${name}-${theme}.png`))
      }
      if (values.readme) await writeFile(join(README, `${name}.png`), shrinkPng(await shoot(browser, page('light'), README_HEIGHT)))
    }
  } finally {
    await browser.close()
  }
}

try {
  if (!values.live) {
    console.log(`${DAYS_BEFORE} days before …`)
    await livePast(config, sandbox, clock)
    console.log('24 hours before …')
    await writePast(join(folder, 'prometheus'), new Date(), config.version)
  }
  console.log(`${values.seconds} seconds now …`)
  const day = await liveDay({ sandbox, config, folder, seconds: Number(values.seconds), hurried: values.live })
  try {
    await takeAll(day)
  } finally {
    await day.close()
  }
} finally {
  await sandbox.close()
  await stopTelemetry()
  await rm(folder, { recursive: true, force: true })
}
