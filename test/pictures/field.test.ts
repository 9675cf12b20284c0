// What a panel says of its columns, and how tables are transformed before.

import { expect } from 'chai'
import type { FieldConfig, Panel } from './dashboard.ts'
import { fieldColour, fieldsOf, show, type Field } from './field.ts'
import { frameOf, reduce, type Column, type Frame } from './frame.ts'
import { transform } from './transform.ts'

const VIEW = { theme: 'dark', now: 0 } as const
const column = (name: string, legend?: string, labels: Record<string, string> = {}): Column => ({
  name,
  kind: 'number',
  values: [1, 2],
  labels,
  ...(legend === undefined ? {} : { legend }),
})
const field = (config: FieldConfig, name = 'x', index = 0): Field => ({ name, column: column(name), config, index })
const only = (panel: Partial<Panel>, frame: Frame): Field[] => [...fieldsOf({ type: 'stat', ...panel }, [frame]).values()]

describe('fields of panels', () => {
  const frame: Frame = { refId: 'A', columns: [column('Value', 'lever p95', { source: 'lever' }), column('Value', 'ashby p95')] }

  it('take the panel’s defaults, and overrides by name, by pattern and by query', () => {
    const overrides = [
      { matcher: { id: 'byName', options: 'lever p95' }, properties: [{ id: 'decimals', value: 3 }] },
      { matcher: { id: 'byRegexp', options: '/p95$/' }, properties: [{ id: 'custom.lineStyle', value: { fill: 'dash' } }] },
      { matcher: { id: 'byFrameRefID', options: 'A' }, properties: [{ id: 'custom.lineWidth', value: 4 }] },
    ]
    const [lever, ashby] = only({ fieldConfig: { defaults: { unit: 's' }, overrides } }, frame)
    expect(lever?.config).to.deep.equal({ unit: 's', decimals: 3, custom: { lineStyle: { fill: 'dash' }, lineWidth: 4 } })
    expect(ashby?.config).to.deep.equal({ unit: 's', custom: { lineStyle: { fill: 'dash' }, lineWidth: 4 } })
  })

  it('are called by their legend, or by a template', () => {
    expect(only({}, frame).map(({ name }) => name)).to.deep.equal(['lever p95', 'ashby p95'])
    const named = only({ fieldConfig: { defaults: { displayName: 'of ${__field.labels.source}' }, overrides: [] } }, frame)
    expect(named[0]?.name).to.equal('of lever')
  })

  it('an unknown matcher is a mistake', () => {
    const overrides = [{ matcher: { id: 'byMoon' }, properties: [] }]
    expect(() => only({ fieldConfig: { defaults: {}, overrides } }, frame)).to.throw('byMoon')
  })

  it('thresholds colour a value by the step it has reached', () => {
    const steps = [
      { color: 'green', value: null },
      { color: 'red', value: 10 },
    ]
    const config: FieldConfig = { thresholds: { mode: 'absolute', steps }, color: { mode: 'thresholds' } }
    expect([9.99, 10].map((value) => show(field(config), value, VIEW).colour)).to.deep.equal(['#73BF69', '#F2495C'])
    const percent: FieldConfig = { ...config, thresholds: { mode: 'percentage', steps }, min: 0, max: 1000 }
    expect([99, 100].map((value) => show(field(percent), value, VIEW).colour)).to.deep.equal(['#73BF69', '#F2495C'])
  })

  it('a name has the colour of its hash, or of its place', () => {
    const colours = (mode: string, names: string[]) =>
      names.map((name, index) => fieldColour(field({ color: { mode } }, name, index), 1, 'dark'))
    expect(colours('palette-classic', ['a', 'b', 'c'])).to.deep.equal(['#73BF69', '#F2CC0C', '#8AB8FF'])
    expect(colours('palette-classic-by-name', ['a', 'b'])).to.deep.equal(colours('palette-classic-by-name', ['b', 'a']).toReversed())
    expect(fieldColour(field({ color: { mode: 'fixed', fixedColor: 'dark-red' } }), 1, 'light')).to.equal('#AD0317')
  })

  it('values, ranges and nothing are mapped to words', () => {
    const config: FieldConfig = {
      mappings: [
        { type: 'value', options: { '0': { text: 'down', color: 'red' } } },
        { type: 'range', options: { from: 1, to: 5, result: { text: 'few' } } },
        { type: 'special', options: { match: 'null+nan', result: { text: 'never' } } },
      ],
      noValue: 'nothing',
    }
    const words = [0, 3, 6, null, Number.NaN].map((value) => show(field(config), value, VIEW).text)
    expect(words).to.deep.equal(['down', 'few', '6', 'never', 'never'])
    expect(show(field({ noValue: 'nothing' }), null, VIEW).text).to.equal('nothing')
  })
})

describe('transformations', () => {
  const a = frameOf(
    'A',
    ['Time', 'source', 'Value #A'],
    [
      [0, 'lever', 1],
      [0, 'ashby', 2],
    ],
  )
  const b = frameOf('B', ['Time', 'source', 'Value #B'], [[0, 'ashby', 20]])

  it('merge rows that are alike in what all have', () => {
    const [merged] = transform([a, b], [{ id: 'merge', options: {} }])
    expect(merged?.columns.map(({ name, values }) => [name, values])).to.deep.equal([
      ['Time', [0, 0]],
      ['source', ['lever', 'ashby']],
      ['Value #A', [1, 2]],
      ['Value #B', [null, 20]],
    ])
  })

  it('leave out, order, rename, sort and cut', () => {
    const [left] = transform(
      [a],
      [
        { id: 'filterFieldsByName', options: { include: { names: ['source', 'Value #A'] } } },
        { id: 'organize', options: { indexByName: { 'Value #A': 0, source: 1 }, renameByName: { 'Value #A': 'Runs' } } },
        { id: 'sortBy', options: { sort: [{ field: 'Runs', desc: true }] } },
        { id: 'limit', options: { limitField: 1 } },
      ],
    )
    expect(left?.columns.map(({ name, values }) => [name, values])).to.deep.equal([
      ['Runs', [2]],
      ['source', ['ashby']],
    ])
  })

  it('one that is not known is a mistake, one that is off does nothing', () => {
    expect(() => transform([a], [{ id: 'guess', options: {} }])).to.throw('guess')
    expect(transform([a], [{ id: 'guess', options: {}, disabled: true }])).to.deep.equal([a])
  })
})

describe('reducing', () => {
  const samples: readonly (readonly [string, number | null])[] = [
    ['lastNotNull', 3],
    ['last', null],
    ['firstNotNull', 1],
    ['max', 5],
    ['min', 1],
    ['sum', 9],
    ['mean', 3],
    ['count', 6],
  ]
  for (const [way, result] of samples)
    it(`by ${way} gives ${result}`, () => {
      expect(reduce([null, 1, 5, Number.NaN, 3, null], way)).to.equal(result)
    })
  it('nothing stays nothing', () => {
    expect(['lastNotNull', 'max', 'min', 'sum', 'mean'].map((way) => reduce([null], way))).to.deep.equal([null, null, null, null, null])
  })
})
