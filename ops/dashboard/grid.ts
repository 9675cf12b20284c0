// Drafts in rows → panels with a place, an id that stays, and links to the runbooks of their alerts.

import { crc32 } from 'node:zlib'
import { RowBuilder, type GridPos, type Panel, type RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import { alertsOf, type Concern } from './concerns.ts'
import { linkTo, type Draft } from './face.ts'

export const COLUMNS = 24

export interface Row {
  readonly title: string
  readonly drafts: readonly Draft[]
}

/** Panels stand side by side while there is room; a row begins below the tallest of the row before. */
export function layOut(dashboard: string, rows: readonly Row[], concerns: readonly Concern[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = []
  let top = 0
  for (const { title, drafts } of rows) {
    placed.push(new RowBuilder(title).id(idOf(dashboard, title)).gridPos({ x: 0, y: top, w: COLUMNS, h: 1 }).build())
    top += 1
    let [x, y, tallest] = [0, top, 0]
    for (const one of drafts) {
      const [w, h] = one.face.size
      if (x + w > COLUMNS) [x, y, tallest] = [0, y + tallest, 0]
      placed.push(place(one, idOf(dashboard, title, one.face.title), { x, y, w, h }, concerns))
      x += w
      tallest = Math.max(tallest, h)
    }
    top = y + tallest
  }
  return placed
}

/** From its names alone, so that a link to a panel lives on when others come before it; above 0, where Grafana loses panels. */
export const idOf = (...names: string[]): number => 1 + (crc32(names.join('\n')) % 999_999)

function place({ face, panel }: Draft, id: number, gridPos: GridPos, concerns: readonly Concern[]): Panel {
  const unknown = (face.alerts ?? []).find((name) => !concerns.some(({ alert }) => alert === name))
  if (unknown !== undefined) throw new Error(`${face.title} names ${unknown}, and there is no such alert`)
  const alerts = [...new Set([...(face.alerts ?? []), ...alertsOf(face.queries, concerns)])]
  const links = [
    ...(face.more === undefined ? [] : [linkTo(`More on the dashboard ${face.more}`, `/d/rolewatch-${face.more}`)]),
    ...alerts.map((alert) => linkTo(`Runbook: ${alert}`, runbookUrl(alert))),
  ]
  return { ...panel, id, gridPos, links }
}

/** A page of the product; `rolewatch` is a variable of each dashboard. */
export const runbookUrl = (alert: string): string => `\${rolewatch:raw}/runbooks/${alert}.md`
