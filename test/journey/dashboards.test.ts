// Every query of every dashboard, asked of the Prometheus and the PostgreSQL that a short day in the sandbox has filled.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { DETECTIONS, DRILLS } from '../../ops/metrics.ts'
import { sourceNames } from '../../scrapers/index.ts'
import type { Running } from '../../services/main.ts'
import { askAnnotations, askTarget, askVariable } from '../pictures/ask.ts'
import { panelsOf, readDashboards, type Dashboard, type Panel, type Target } from '../pictures/dashboard.ts'
import { liveDay, type Day } from '../pictures/day.ts'
import type { Frame } from '../pictures/frame.ts'
import { askingOf, currencyOf, type Viewing } from '../pictures/picture.ts'
import { needTool } from '../tools.ts'
import { openGround, type Ground } from './town.ts'

const SECONDS = 30

/** Questions that a short day has no answer to, and why. */
const SILENT: readonly (readonly [questions: RegExp, reason: string])[] = [
  [/^overview \/ (Job alerts|The API answers:|A canary|Every source).* \/ Time to exhaustion /, 'nothing of their budgets burns'],
  [/ \/ Waits for the pace /, 'the sandbox is visited without a pace'],
  [/ \/ (Rules that failed|Alertmanager to people B)/, 'Prometheus and Alertmanager are well'],
  [/ \/ (Entries read per hour B|Open postings against their week)/, 'there is no week before'],
]

/** What no part of the product measures by itself on a day like this, measured by hand, well and badly in turn. */
function pretend({ works: { watch } }: Running): void {
  const { resumeAnalysisSeconds, detectionSeconds, restoreDrill, restoreDrillLoss, restoreDrillSuccess } = watch.metrics
  const slow = Date.now() % 3 === 0
  resumeAnalysisSeconds.observe({}, slow ? 9 : 2)
  for (const kind of DETECTIONS) detectionSeconds.observe({ kind }, slow ? 1200 : 240)
  for (const kind of DRILLS) {
    restoreDrill.set({ kind }, slow ? 9000 : 120)
    restoreDrillLoss.set({ kind }, slow ? 200_000 : 60)
    restoreDrillSuccess.set({ kind }, slow ? 1 : Date.now() / 1000)
  }
}

interface Question {
  name: string
  panel: Panel
  target: Target
}

/** Named by dashboard, row, panel and query. */
function questionsOf(name: string, dashboard: Dashboard): Question[] {
  let row = ''
  return panelsOf(dashboard).flatMap((panel) => {
    if (panel.type === 'row') row = panel.title ?? ''
    const within = `${name} / ${row} / ${panel.title}`
    return (panel.targets ?? []).map((target) => ({ name: `${within} ${target.refId}`, panel, target }))
  })
}

/** A number, a word: anything but nothing. NaN is what a quantile of nothing is. */
const tells = (frames: readonly Frame[]): boolean =>
  frames.some(({ columns }) =>
    columns.some(({ kind, values }) => kind !== 'time' && values.some((value) => value !== null && !Number.isNaN(value))),
  )

describe('the queries of the dashboards', function () {
  this.timeout(120_000)
  let ground: Ground
  let day: Day
  let folder = ''
  let dashboards: readonly { name: string; dashboard: Dashboard }[] = []

  before(async function () {
    needTool(this, 'prometheus')
    needTool(this, 'alertmanager')
    folder = await mkdtemp(join(tmpdir(), 'rolewatch-day-'))
    ground = await openGround({ boards: 20, postingsPerBoard: 12, slackPerSecond: 20 })
    dashboards = await readDashboards()
    day = await liveDay({ sandbox: ground.sandbox, config: ground.config, folder, seconds: SECONDS, hurried: true, besides: pretend })
  })
  after(async () => {
    await day?.close()
    await ground?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const viewing = (): Viewing => ({
    backend: day.backend,
    sources: sourceNames,
    span: { from: day.from.getTime(), to: Date.now() },
    scrape: 1,
  })

  it('are understood, and answer', async () => {
    const failed: string[] = []
    const silent: string[] = []
    const all: string[] = []
    for (const { name, dashboard } of dashboards) {
      const currency = await currencyOf(dashboard, viewing())
      for (const { name: question, panel, target } of questionsOf(name, dashboard)) {
        all.push(question)
        // Steps of hours have no place in the day; those that are too short for two scrapes stay as they are.
        const least = panel.interval === undefined ? '1s' : '20s'
        await askTarget(day.backend, target, askingOf(viewing(), 300, currency, least)).then(
          (frames) => tells(frames) || silent.push(question),
          (error: unknown) => failed.push(`${question}: ${String(error)}`),
        )
      }
    }
    expect(failed, 'not understood').to.deep.equal([])
    const known = (question: string) => SILENT.some(([questions]) => questions.test(question))
    expect(
      silent.filter((question) => !known(question)),
      'without an answer',
    ).to.deep.equal([])
    expect(
      all.filter((question) => known(question) && !silent.includes(question)),
      'answers, so it is to leave the list',
    ).to.deep.equal([])
    expect(
      SILENT.filter(([questions]) => !all.some((question) => questions.test(question))),
      'about no question',
    ).to.deep.equal([])
  })

  it('of variables answer what there is to choose from', async () => {
    for (const { name, dashboard } of dashboards)
      for (const variable of dashboard.templating?.list ?? []) {
        if (variable.type !== 'query') continue
        const choices = await askVariable(day.backend, String(variable.query), askingOf(viewing(), 300, 'USD'))
        if (variable.name === 'source') expect(choices.toSorted(), `${name}: $source`).to.deep.equal(sourceNames.toSorted())
        else expect(choices, `${name}: $${variable.name}`).to.not.be.empty
      }
  })

  it('of annotations mark the alerts that fired and the version that began to run', async () => {
    for (const { name, dashboard } of dashboards) {
      const marks = await askAnnotations(day.backend, dashboard, askingOf(viewing(), 300, 'USD', '1s'))
      const marked = new Set(marks.map((mark) => mark.name))
      expect([...marked], name).to.include.members(['Alerts', 'Deploys'])
      expect(
        marks.filter((mark) => mark.name === 'Alerts').map(({ text }) => text.split(':')[0]),
        name,
      ).to.include('ScrapeFailuresHigh')
    }
  })
})
