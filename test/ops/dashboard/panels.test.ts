// The kinds of panels: what a face and its extras become of.

import { expect } from 'chai'
import type { Draft, Face } from '../../../ops/dashboard/face.ts'
import { bars, gauge, lines, meters, ranking, stat, states } from '../../../ops/dashboard/panels.ts'
import { instant, POSTGRES, PROMETHEUS, range, rows, sqlRows, sqlSeries } from '../../../ops/dashboard/query.ts'
import { table } from '../../../ops/dashboard/table.ts'
import { stateWords, yesNo } from '../../../ops/dashboard/words.ts'
import type { Shown } from './made.ts'

const face = (more: Partial<Face> = {}): Face => ({
  title: 'Title',
  description: 'What it is.',
  unit: 's',
  size: [6, 4],
  queries: [range('max(rolewatch_dead_letters)', 'dead')],
  ...more,
})

/** As Grafana gets it. */
const shown = ({ panel }: Draft): Shown => JSON.parse(JSON.stringify(panel)) as Shown
const customOf = (draft: Draft): object => shown(draft).fieldConfig.defaults.custom ?? {}

describe('ops/dashboard/panels', () => {
  it('wears its face: words, unit, data source, thresholds and what else is given', () => {
    const made = shown(
      stat(
        face({
          steps: [[5, 'red']],
          calm: 'blue',
          min: 0,
          max: 9,
          decimals: 1,
          nothing: 'none',
          atLeast: '1m',
          values: yesNo('up', 'down'),
        }),
      ),
    )
    expect(made).to.include({ type: 'stat', title: 'Title', description: 'What it is.', interval: '1m' })
    expect(made.datasource).to.deep.equal(PROMETHEUS)
    expect(made.fieldConfig.defaults).to.include({ unit: 's', min: 0, max: 9, decimals: 1, noValue: 'none' })
    expect(made.fieldConfig.defaults.thresholds?.steps).to.deep.equal([
      { value: null, color: 'blue' },
      { value: 5, color: 'red' },
    ])
    expect(made.fieldConfig.defaults.mappings).to.deep.equal(yesNo('up', 'down'))
    expect(shown(stat(face())).fieldConfig.defaults.thresholds?.steps).to.deep.equal([{ value: null, color: 'green' }])
    expect(() => stat(face({ queries: [] }))).to.throw('Title asks nothing')
  })

  it('asks in the order A, B, C, each as it was meant', () => {
    const queries = [range('sum(rate(x_bucket[5m]))', 'a'), instant('sum(x_bucket)', 'b'), rows('ALERTS')]
    const targets = shown(lines(face({ queries }))).targets
    expect(targets.map(({ refId }) => refId)).to.deep.equal(['A', 'B', 'C'])
    expect(targets[0]).to.include({ range: true, instant: false, exemplar: true, format: 'time_series', legendFormat: 'a' })
    expect(targets[1]).to.include({ range: false, instant: true, exemplar: false, format: 'time_series' })
    expect(targets[2]).to.include({ range: false, instant: true, format: 'table' })
    const sql = shown(lines(face({ queries: [sqlSeries('select 1'), sqlRows('select 2')] })))
    expect(sql.datasource).to.deep.equal(POSTGRES)
    expect(sql.targets[0]).to.deep.equal({
      refId: 'A',
      datasource: POSTGRES,
      format: 'time_series',
      editorMode: 'code',
      rawQuery: true,
      rawSql: 'select 1',
    })
    expect(sql.targets[1]).to.include({ format: 'table', rawSql: 'select 2' })
  })

  it('draws steps across lines, dashed, and lets the axis reach the first', () => {
    const steps = [
      [10, 'orange'],
      [50, 'red'],
    ] as const
    expect(customOf(lines(face({ steps })))).to.deep.include({ thresholdsStyle: { mode: 'dashed' }, axisSoftMin: 0, axisSoftMax: 11 })
    expect(customOf(lines({ ...face({ steps }), reach: 60 }))).to.deep.include({ axisSoftMax: 60 })
    expect(customOf(lines(face()))).not.to.have.any.keys('thresholdsStyle', 'axisSoftMax')
  })

  it('colours series by the end of their name, and dashes limits', () => {
    const made = shown(lines({ ...face(), colours: { failed: 'red' }, limits: ' limit$' }))
    const [colour, limit] = made.fieldConfig.overrides
    expect(colour?.properties).to.deep.equal([{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }])
    const matches = (name: string) => new RegExp(/^\/(.*)\/$/.exec(String(colour?.matcher.options))?.[1] ?? '^$').test(name)
    expect(['failed', 'slack failed'].every(matches)).to.equal(true)
    expect(['unfailed', 'failed twice'].some(matches)).to.equal(false)
    expect(limit).to.deep.include({ matcher: { id: 'byRegexp', options: '/ limit$/' } })
    expect(limit?.properties[0]?.id).to.equal('custom.lineStyle')
  })

  it('stacks bars, from 0 and in whole numbers unless said', () => {
    const made = bars(face({ unit: 'none' }))
    expect(customOf(made)).to.deep.include({ drawStyle: 'bars', stacking: { mode: 'normal', group: 'A' } })
    expect(shown(made).fieldConfig.defaults).to.include({ min: 0, decimals: 0 })
    expect(shown(bars(face({ decimals: 2 }))).fieldConfig.defaults.decimals).to.equal(2)
  })

  it('is a gauge, meters, states or a ranking where one is asked for', () => {
    expect(shown(gauge({ ...face(), min: 0, max: 1 })).type).to.equal('gauge')
    expect(shown(meters(face()))).to.have.nested.property('options.orientation', 'horizontal')
    expect(shown(states(face({ values: stateWords('closed', 'open') })))).to.have.nested.property(
      'fieldConfig.defaults.mappings[0].options.1.text',
      'open',
    )
    expect(shown(ranking({ ...face(), name: 'company' }))).to.have.nested.property('options.xField', 'company')
  })

  it('shows the columns of a table that are named, in their order, with their links and units', () => {
    const link = { title: 'Runbook', url: '/x' }
    const made = shown(
      table({
        ...face({ queries: [rows('ALERTS')] }),
        columns: [
          { field: 'alertname', title: 'Alert', link },
          { field: 'age', title: 'Age', unit: 's' },
          { field: 'owner', title: 'Owner' },
        ],
      }),
    )
    const [filter, organize] = made.transformations ?? []
    expect(filter?.options).to.deep.equal({ include: { names: ['alertname', 'age', 'owner'] } })
    expect(organize?.options).to.deep.equal({
      indexByName: { alertname: 0, age: 1, owner: 2 },
      renameByName: { alertname: 'Alert', age: 'Age', owner: 'Owner' },
    })
    expect(made.fieldConfig.overrides.map(({ matcher }) => matcher.options as unknown)).to.deep.equal(['Alert', 'Age'])
    expect(made.fieldConfig.overrides[0]).to.have.nested.property('properties[0].value[0].url', '/x')
    expect(made.fieldConfig.overrides[1]?.properties).to.deep.equal([{ id: 'unit', value: 's' }])
  })
})
