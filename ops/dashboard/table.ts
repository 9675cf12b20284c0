// Tables: what their columns are called, and where a cell leads to.

import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { draft, linkTo, type Draft, type Face } from './face.ts'

export interface Column {
  /** As the answer calls it. */
  readonly field: string
  readonly title: string
  readonly unit?: string
  /** Where the cell leads to. */
  readonly link?: { readonly title: string; readonly url: string }
}

/** Columns that are not named are left out. */
export function table(face: Face & { readonly columns: readonly Column[] }): Draft {
  const panel = new Table().showHeader(true).withTransformation({
    id: 'filterFieldsByName',
    options: { include: { names: face.columns.map(({ field }) => field) } },
  })
  panel.withTransformation({
    id: 'organize',
    options: {
      indexByName: Object.fromEntries(face.columns.map(({ field }, position) => [field, position])),
      renameByName: Object.fromEntries(face.columns.map(({ field, title }) => [field, title])),
    },
  })
  for (const { title, unit, link } of face.columns) {
    const properties = [
      ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
      ...(link === undefined ? [] : [{ id: 'links', value: [linkTo(link.title, link.url)] }]),
    ]
    if (properties.length > 0) panel.overrideByName(title, properties)
  }
  return draft(panel, face)
}
