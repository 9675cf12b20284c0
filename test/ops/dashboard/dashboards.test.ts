// The files: the same bytes every time, fresh in the house, and changed by one edit where it belongs and nowhere else.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import { dashboardFiles, isDashboard } from '../../../ops/dashboard/dashboards.ts'
import { giveDashboards } from '../../../ops/dashboard/given.ts'
import { coloursOf } from '../../../ops/dashboard/palette.ts'
import { sloRow } from '../../../ops/dashboard/slo-row.ts'
import { decimal, times } from '../../../ops/slo/decimal.ts'
import { generate, type Specs } from '../../../ops/slo/generate.ts'
import type { Slo } from '../../../ops/slo/spec.ts'
import { houseSpecs } from '../slo/specs.ts'
import { houseDashboards, readBack } from './made.ts'
import type { HouseDashboard } from './shape.ts'

/** Titles of the rows whose panels, or who themselves, are not the same. */
function changedRows(before: HouseDashboard, after: HouseDashboard): string[] {
  const rows = new Set<string>()
  let row = ''
  expect(after.panels.length).to.equal(before.panels.length)
  for (const [position, panel] of before.panels.entries()) {
    if (panel.type === 'row') row = panel.title ?? ''
    if (JSON.stringify(panel) !== JSON.stringify(after.panels[position])) rows.add(row)
  }
  return [...rows]
}

/** The specifications with one tier of one SLO firing at other errors. */
function shift({ slos, symptoms }: Specs, name: string, position: number): Specs {
  const change = (slo: Slo): Slo => ({
    ...slo,
    tiers: slo.tiers.map((tier, at) => (at === position ? { ...tier, errorAbove: times(tier.errorAbove, decimal('1.03')) } : tier)),
  })
  return { slos: slos.map((one) => (one.spec.slo === name ? { ...one, spec: change(one.spec) } : one)), symptoms }
}

describe('ops/dashboard: the files', () => {
  it('are fresh in the house, and the same bytes when made again', async () => {
    const { files, slos } = await houseDashboards()
    const { specs, world } = await houseSpecs()
    const again = dashboardFiles(structuredClone(slos), structuredClone(specs.symptoms), world.catalogue)
    expect([...again]).to.deep.equal([...files])
    for (const [path, text] of files) {
      expect(text === readFileSync(join(ROOT, path), 'utf8'), `${path} is not fresh: run npm run slo:build`).to.equal(true)
      expect(isDashboard(text)).to.equal(true)
    }
  })

  it('do not hang on the order of the specifications, but for panels on all of them', async () => {
    const { files, slos } = await houseDashboards()
    const { specs, world } = await houseSpecs()
    const turned = dashboardFiles(slos.toReversed(), specs.symptoms, world.catalogue)
    const rows = (text: string | undefined) => readBack(text ?? '').panels.map(({ title }) => title)
    for (const [path, text] of files) expect(rows(turned.get(path)), path).to.deep.equal(rows(text))
  })

  it('change with rules and tests when one threshold is edited, and nothing of other SLOs does', async () => {
    const { specs, world } = await houseSpecs()
    const before = generate(specs, world.catalogue)
    // One tier of each, by turns the first, the second, the third.
    for (const [turn, { spec }] of specs.slos.entries())
      for (const [position, tier] of spec.tiers.entries()) {
        if (position !== turn % spec.tiers.length) continue
        const after = generate(shift(specs, spec.slo, position), world.catalogue)
        const changed = [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path)
        expect(after.size).to.equal(before.size)
        expect(changed, tier.alert).to.include.members([
          `alerts/rules/${spec.slo}.rules.yml`,
          `alerts/tests/${tier.alert}.test.yml`,
          'dashboards/overview.json',
        ])
        const own = [spec.slo, ...spec.tiers.map(({ alert }) => alert)]
        for (const path of changed.filter((one) => one.startsWith('alerts/')))
          expect(
            own.some((name) => path.includes(`/${name}.`)),
            `${tier.alert} changes ${path}`,
          ).to.equal(true)
        const overview = (files: ReadonlyMap<string, string>) => readBack(files.get('dashboards/overview.json') ?? '')
        expect(changedRows(overview(before), overview(after)), tier.alert).to.deep.equal([sloRow(spec).title])
      }
  }).timeout(30_000)

  it('change when the limit of a symptom does', async () => {
    const { specs, world } = await houseSpecs()
    const symptoms = specs.symptoms.map((one) => (one.alert === 'OutboxStuck' ? { ...one, expr: one.expr.replace('300', '310') } : one))
    const after = dashboardFiles((await houseDashboards()).slos, symptoms, world.catalogue)
    const changed = [...after].filter(([path, text]) => text !== readFileSync(join(ROOT, path), 'utf8')).map(([path]) => path)
    expect(changed).to.deep.equal(['dashboards/alert-pipeline.json'])
  })

  it('are known from those of people', () => {
    expect(isDashboard('{"tags":["generated"]}')).to.equal(true)
    expect(isDashboard('{"tags":["mine"],"title":"generated"}')).to.equal(false)
    expect(isDashboard('{"title":"x"}')).to.equal(false)
    expect(isDashboard('[]')).to.equal(false)
    expect(isDashboard('no JSON')).to.equal(false)
  })

  it('are refused while a word of a closed list has no colour, or a label no values', async () => {
    const { world } = await houseSpecs()
    expect(coloursOf(['ok', 'drift'])).to.deep.equal({ ok: 'green', drift: 'red' })
    expect(() => coloursOf(['ok', 'puzzled'])).to.throw('puzzled has no colour')
    const { valuesOf } = giveDashboards([], [], world.catalogue)
    expect(valuesOf('rolewatch_messages_total', 'outcome')).to.include('uncertain')
    expect(() => valuesOf('rolewatch_messages_total', 'board')).to.throw('The values of board of rolewatch_messages_total are not declared')
  })
})
