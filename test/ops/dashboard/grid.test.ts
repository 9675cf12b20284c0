// Where panels stand: none over another, none outside, each with an id that stays.

import { expect } from 'chai'
import fc from 'fast-check'
import type { Concern } from '../../../ops/dashboard/concerns.ts'
import { COLUMNS, idOf, layOut, runbookUrl, type Row } from '../../../ops/dashboard/grid.ts'
import { stat } from '../../../ops/dashboard/panels.ts'
import { instant } from '../../../ops/dashboard/query.ts'
import { houseDashboards, type Made } from './made.ts'

interface Place {
  x: number
  y: number
  w: number
  h: number
}

const panel = (title: string, size: [number, number] = [6, 4], more: { alerts?: string[]; more?: string } = {}) =>
  stat({ title, description: 'A panel.', unit: 'none', size, queries: [instant('max(rolewatch_dead_letters)', '')], ...more })

const cover = (a: Place, b: Place): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

function placesOf(panels: readonly { gridPos?: Place; title?: string }[]): Place[] {
  return panels.map(({ gridPos, title }) => {
    if (!gridPos) throw new Error(`${title} has no place`)
    return gridPos
  })
}

function expectTidy(places: readonly Place[]): void {
  for (const [number, one] of places.entries()) {
    expect(one.x).to.be.at.least(0)
    expect(one.x + one.w).to.be.at.most(COLUMNS)
    expect(Math.min(one.w, one.h)).to.be.at.least(1)
    for (const other of places.slice(number + 1)) expect(cover(one, other), JSON.stringify([one, other])).to.equal(false)
  }
}

describe('ops/dashboard/grid', () => {
  let made: Made
  before(async () => {
    made = await houseDashboards()
  })

  it('lets no panel of the house stand over another or beyond the edge', () => {
    for (const { panels } of Object.values(made.dashboards)) expectTidy(placesOf(panels))
  })

  it('is tidy whatever the panels measure', () => {
    const size = fc.tuple(fc.integer({ min: 1, max: COLUMNS }), fc.integer({ min: 1, max: 12 }))
    fc.assert(
      fc.property(fc.array(fc.array(size, { maxLength: 9 }), { maxLength: 5 }), (sizes) => {
        const rows: Row[] = sizes.map((row, number) => ({
          title: `Row ${number}`,
          drafts: row.map((each, position) => panel(`Panel ${position}`, each)),
        }))
        const placed = layOut('x', rows, [])
        expectTidy(placesOf(placed))
        expect(placed).to.have.length(sizes.length + sizes.flat().length)
        expect(new Set(placed.map(({ id }) => id)).size).to.equal(placed.length)
      }),
    )
  })

  it('leaves no hole between rows: each begins where the one before ends', () => {
    for (const { panels, uid } of Object.values(made.dashboards)) {
      const ends = new Set([0, ...placesOf(panels).map(({ y, h }) => y + h)])
      for (const one of panels) if (one.type === 'row') expect(ends.has(one.gridPos.y), `${uid}: ${one.title}`).to.equal(true)
    }
  })

  it('fills every row of the house: panels side by side are of one height, and reach from edge to edge', () => {
    for (const { panels, uid } of Object.values(made.dashboards)) {
      const lines = Map.groupBy(placesOf(panels), ({ y }) => y)
      for (const [y, line] of lines) {
        expect(new Set(line.map(({ h }) => h)).size, `${uid} at ${y}`).to.equal(1)
        expect(
          line.reduce((sum, { w }) => sum + w, 0),
          `${uid} at ${y}`,
        ).to.equal(COLUMNS)
      }
    }
  })

  it('gives ids from 1 on, each once, that survive a panel before them', () => {
    for (const { panels } of Object.values(made.dashboards)) {
      const ids = panels.map(({ id }) => id)
      expect(new Set(ids).size).to.equal(ids.length)
      for (const id of ids) expect(id).to.satisfy(Number.isInteger).and.be.within(1, 999_999)
    }
    const before = layOut('x', [{ title: 'Row', drafts: [panel('B')] }], [])
    const after = layOut('x', [{ title: 'Row', drafts: [panel('A'), panel('B')] }], [])
    expect(before.at(-1)?.id)
      .to.equal(after.at(-1)?.id)
      .and.equal(idOf('x', 'Row', 'B'))
    expect(idOf('x', 'Row', 'B')).not.to.equal(idOf('y', 'Row', 'B'))
  })

  it('links a panel to the dashboard that tells more, and to the runbooks of alerts that it names or shows', () => {
    const concerns: Concern[] = [
      { alert: 'DeadLetters', dashboard: 'x', reads: new Set(['rolewatch_dead_letters']) },
      { alert: 'Watchdog', dashboard: 'x', reads: new Set() },
      { alert: 'DiskFull', dashboard: 'x', reads: new Set(['rolewatch_disk_free_ratio']) },
    ]
    const draft = panel('A', [6, 4], { alerts: ['Watchdog'], more: 'performance' })
    const [, placed] = layOut('x', [{ title: 'Row', drafts: [draft] }], concerns)
    expect(placed).to.have.property('links').with.length(3)
    expect((placed as { links: { url: string }[] }).links.map(({ url }) => url)).to.deep.equal([
      '/d/rolewatch-performance',
      runbookUrl('Watchdog'),
      runbookUrl('DeadLetters'),
    ])
    const unknown = [{ title: 'Row', drafts: [panel('A', [6, 4], { alerts: ['Watchcat'] })] }]
    expect(() => layOut('x', unknown, concerns)).to.throw('A names Watchcat, and there is no such alert')
  })
})
