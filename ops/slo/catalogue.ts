// The closed world: every series that a rule may read, by the name it has in PromQL.

import { createMetrics, type Declaration } from '../metrics.ts'

/** What Prometheus itself adds to each scrape. */
const FROM_PROMETHEUS: readonly Declaration[] = [{ name: 'up', type: 'gauge', labels: ['job', 'instance'], buckets: [], values: {} }]

export interface Series {
  readonly name: string
  readonly declaration: Declaration
  /** `value` of a gauge, `total` of a counter, or the part of a histogram. */
  readonly part: 'value' | 'total' | 'bucket' | 'count' | 'sum'
  /** With `le` for buckets. */
  readonly labels: readonly string[]
}

export type Catalogue = ReadonlyMap<string, Series>

/** Reads the declarations; sources and queues are stand-ins, since rules must hold for whatever there is. */
export async function openCatalogue(): Promise<Catalogue> {
  const metrics = createMetrics({ sources: ['ashby', 'greenhouse'], queues: ['visit'], version: '0' })
  return catalogueOf([...(await metrics.declarations()), ...FROM_PROMETHEUS])
}

export function catalogueOf(declarations: readonly Declaration[]): Catalogue {
  return new Map(declarations.flatMap(seriesOf).map((series) => [series.name, series]))
}

function seriesOf(declaration: Declaration): Series[] {
  const { name, type, labels } = declaration
  if (type !== 'histogram') return [{ name, declaration, part: type === 'counter' ? 'total' : 'value', labels }]
  return [
    { name: `${name}_bucket`, declaration, part: 'bucket', labels: [...labels, 'le'] },
    { name: `${name}_count`, declaration, part: 'count', labels },
    { name: `${name}_sum`, declaration, part: 'sum', labels },
  ]
}
