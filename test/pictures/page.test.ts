// The page of a dashboard as text: every kind of panel in its place, and what is missing said.

import { expect } from 'chai'
import type { Chart } from './charts.ts'
import type { Dashboard, Panel } from './dashboard.ts'
import { frameOf, type Frame } from './frame.ts'
import { drawPage, placeOf, type Answer, type Picture } from './page.ts'

const MINUTE = 60_000
const span = { from: Date.UTC(2026, 0, 31, 12), to: Date.UTC(2026, 0, 31, 13) }
const times = Array.from({ length: 61 }, (_, index) => span.from + index * MINUTE)

function series(legend: string, values: (number | null)[]): Frame {
  return {
    refId: 'A',
    columns: [
      { name: 'Time', kind: 'time', values: times.slice(0, values.length) },
      { name: 'Value', kind: 'number', values, legend, labels: { source: legend } },
    ],
  }
}

const panel = (type: string, more: Partial<Panel> = {}): Panel => ({
  id: 7,
  type,
  title: `A ${type}`,
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
  ...more,
})

function draw(panels: Panel[], answers: (Answer | undefined)[], more: Partial<Picture> = {}): string {
  const dashboard: Dashboard = { uid: 'd', title: 'Titles & <tags>', panels }
  return drawPage({
    dashboard,
    answers,
    marks: [],
    span,
    theme: 'dark',
    width: 1400,
    choices: [{ label: 'Source', value: 'All' }],
    ...more,
  })
}

const answer = (...frames: Frame[]): Answer => ({ frames, exemplars: [] })
const chartsIn = (page: string): Record<string, Chart> =>
  JSON.parse(/id="charts">\s*(\{.*\})\s*<\/script>/s.exec(page)?.[1] ?? '{}') as Record<string, Chart>
const textOf = (page: string): string =>
  page
    .replaceAll(/<(style|script)[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')

describe('the page of a dashboard', () => {
  it('has Grafana’s grid: 24 columns, rows of 30 px, 8 px apart', () => {
    expect(placeOf({ x: 0, y: 0, w: 24, h: 1 }, 1368)).to.deep.equal({ left: 0, top: 0, width: 1368, height: 30 })
    expect(placeOf({ x: 12, y: 2, w: 12, h: 8 }, 1368)).to.deep.equal({ left: 688, top: 76, width: 680, height: 296 })
  })

  it('escapes what is data', () => {
    const page = draw([panel('stat')], [answer(series('<b>', [1]), series('b', [2]))], { note: '</style>' })
    expect(page).to.include('Titles &amp; &lt;tags&gt;').and.include('&lt;b&gt;').and.include('&lt;/style&gt;')
  })

  it('says when there is nothing, in the panel’s own words where it has some', () => {
    const quiet = panel('timeseries', { fieldConfig: { defaults: { noValue: 'none' }, overrides: [] } })
    const text = textOf(draw([panel('stat'), quiet], [answer(), answer(series('a', [null]))]))
    expect(text).to.include('A stat No data').and.include('A timeseries none')
  })

  it('says why a panel could not be asked', () => {
    const failed = { frames: [], exemplars: [], error: 'Prometheus: parse error' }
    expect(textOf(draw([panel('timeseries')], [failed]))).to.include('Prometheus: parse error')
  })

  it('draws rows as headings', () => {
    expect(draw([panel('row', { title: 'Visits' })], [undefined])).to.match(/<h2 style="left:0px[^>]*>Visits<\/h2>/)
  })

  it('does not know every kind of panel, and says so', () => {
    expect(() => draw([panel('heatmap')], [answer(series('a', [1]))])).to.throw('heatmap')
  })

  it('shows a stat with its unit apart and in the colour of its threshold', () => {
    const steps = [
      { color: 'green', value: null },
      { color: 'red', value: 60 },
    ]
    const fieldConfig = {
      defaults: { unit: 's', thresholds: { mode: 'absolute' as const, steps }, color: { mode: 'thresholds' } },
      overrides: [],
    }
    const page = draw([panel('stat', { fieldConfig })], [answer(series('age', [1, 90]))])
    expect(page).to.include('1.50<small> mins</small>').and.include('color:#F2495C')
  })

  it('names several values of a stat, and fills the ground where that is meant', () => {
    const page = draw([panel('stat', { options: { colorMode: 'background' } })], [answer(series('lever', [1]), series('ashby', [2]))])
    expect(textOf(page)).to.match(/lever\s+1\s+ashby\s+2/)
    expect(page).to.include('background:linear-gradient')
  })

  it('fills a gauge by the share of its range', () => {
    const fieldConfig = { defaults: { unit: 'percentunit', min: 0, max: 1, color: { mode: 'fixed', fixedColor: 'blue' } }, overrides: [] }
    const page = draw([panel('gauge', { fieldConfig })], [answer(series('left', [0.5]))])
    // Half the arc ends straight above the middle.
    expect(page).to.match(/<path d="M -[\d.]+ -?0\.00 A [\d.]+ [\d.]+ 0 0 1 0\.00 -[\d.]+"/)
    expect(textOf(page)).to.include('50%')
  })

  it('makes bars as long as their values', () => {
    const page = draw([panel('bargauge', { options: { orientation: 'horizontal' } })], [answer(series('a', [5]), series('b', [20]))])
    expect([...page.matchAll(/<i style="width:([\d.]+)%/g)].map(([, width]) => Number(width))).to.deep.equal([25, 100])
  })

  it('sets tables with numbers to the right and links as links', () => {
    const fieldConfig = {
      defaults: {},
      overrides: [{ matcher: { id: 'byName', options: 'alert' }, properties: [{ id: 'links', value: [{ title: 'Runbook', url: '/' }] }] }],
    }
    const page = draw([panel('table', { fieldConfig })], [answer(frameOf('A', ['alert', 'n'], [['ScrapeOutage', 3]]))])
    expect(page)
      .to.include('<a href="#">ScrapeOutage</a>')
      .and.match(/<td class="number" style="">3<\/td>/)
  })

  it('ranks rows by the column that names them', () => {
    const page = draw(
      [panel('barchart', { options: { xField: 'company' } })],
      [
        answer(
          frameOf(
            'A',
            ['company', 'open'],
            [
              ['Acme', 10],
              ['Bolt', 5],
            ],
          ),
        ),
      ],
    )
    expect(textOf(page)).to.match(/Acme\s+10\s+Bolt\s+5/)
    expect([...page.matchAll(/<i style="width:([\d.]+)%/g)].map(([, width]) => Number(width))).to.deep.equal([86, 43])
  })

  it('draws neighbouring equal states as one, and leaves holes', () => {
    const mappings = [{ type: 'value' as const, options: { '0': { text: 'closed', color: 'green' }, '1': { text: 'open', color: 'red' } } }]
    const fieldConfig = { defaults: { mappings }, overrides: [] }
    const page = draw([panel('state-timeline', { fieldConfig })], [answer(series('lever', [0, 0, 0, 1, null, 0]))])
    expect([...page.matchAll(/<rect[^>]*style="fill:([^;]+)/g)].map(([, fill]) => fill)).to.deep.equal(['#73BF69', '#F2495C', '#73BF69'])
    expect(textOf(page)).to.include('closed').and.include('open').and.include('12:30')
  })

  it('charts series on one row of times, with marks, exemplars, limits and a legend', () => {
    const steps = [
      { color: 'green', value: null },
      { color: 'orange', value: 2 },
    ]
    const defaults = {
      unit: 's',
      thresholds: { mode: 'absolute' as const, steps },
      custom: { thresholdsStyle: { mode: 'dashed' }, fillOpacity: 10 },
      color: { mode: 'palette-classic' },
    }
    const exemplars = [{ at: span.from, value: 1.5, trace: 'abc' }]
    const marks = [{ name: 'Alerts', colour: 'red', from: span.from, to: span.to, text: 'ScrapeOutage' }]
    const frames = [series('a', [1, null, 3]), { ...series('b', [4, 5]) }]
    const page = draw([panel('timeseries', { fieldConfig: { defaults, overrides: [] } })], [{ frames, exemplars }], { marks })
    const chart = chartsIn(page)['chart-7']
    expect(chart?.data).to.deep.equal([times.slice(0, 3).map((time) => time / 1000), [1, null, 3], [4, 5, null]])
    expect(chart?.limits).to.deep.equal([{ value: 2, colour: '#FF9830' }])
    expect(chart?.limitStyle).to.equal('dashed')
    expect(chart?.exemplars).to.deep.equal(exemplars)
    expect(chart?.marks[0]?.colour).to.equal('#F2495C')
    expect(textOf(page)).to.match(/Alerts 2026-01-31 12:00 to 2026-01-31 13:00 UTC .* a b/)
  })

  it('stacks bars: each on what is below it', () => {
    const custom = { drawStyle: 'bars', stacking: { mode: 'normal', group: 'A' } }
    const page = draw(
      [panel('timeseries', { fieldConfig: { defaults: { custom, color: { mode: 'palette-classic' } }, overrides: [] } })],
      [answer(series('a', [1, 2]), series('b', [10, null]))],
    )
    const chart = chartsIn(page)['chart-7']
    expect(chart?.data.slice(1)).to.deep.equal([
      [1, 2],
      [11, 2],
    ])
    expect(chart?.bands).to.deep.equal([[2, 1]])
  })

  it('is whole: nothing is fetched', () => {
    const page = draw([panel('timeseries')], [answer(series('a', [1, 2]))])
    expect(page.replaceAll(/xmlns="[^"]*"/g, '')).to.not.match(/(?:src|href)="(?:https?:)?\/\//)
    expect(page).to.include('uPlot').and.include('data:text/javascript;base64,')
  })
})
