// Draws the charts of the page with uPlot, as Grafana does: axes in units, limits, marks, exemplars.

import { word, wordsOf } from 'unit'

const uPlot = globalThis.uPlot
const FONT = '12px Inter, Roboto, "Liberation Sans", Arial, sans-serif'

/** A number with as few digits as tell it exactly; with three that count where none do. */
function shortest(value, unit) {
  const exact = Number(word(value, unit, 6, 0).text)
  for (let decimals = 0; decimals < 5; decimals++) {
    const said = word(value, unit, decimals, 0)
    if (Number.isNaN(exact) || Math.abs(Number(said.text) - exact) < 2e-6) return { said, decimals }
  }
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(exact))))
  return { said: word(value, unit, decimals, 0), decimals }
}

/** As few digits as tell the ticks apart; the same number for all that have the same unit. */
function tickWords(unit) {
  return (_chart, splits) => {
    const all = splits.map((value) => (value === null ? undefined : shortest(value, unit)))
    const digits = new Map()
    for (const one of all) if (one) digits.set(one.said.suffix, Math.max(digits.get(one.said.suffix) ?? 0, one.decimals))
    return all.map((one, at) =>
      one ? (splits[at] === 0 ? wordsOf(one.said) : wordsOf(word(splits[at], unit, digits.get(one.said.suffix), 0))) : '',
    )
  }
}

/** Hours and minutes, days when there are many, seconds when there are few; nothing where the edge would cut it. */
function timeWords(chart, splits) {
  const { min, max } = chart.scales.x
  const range = max - min
  const width = chart.over.clientWidth || chart.width
  return splits.map((second) => {
    const iso = new Date(second * 1000).toISOString()
    const text = range > 2.5 * 86_400 ? iso.slice(5, 10).replace('-', '/') : range < 600 ? iso.slice(11, 19) : iso.slice(11, 16)
    return ((max - second) / range) * width < text.length * 3 ? '' : text
  })
}

/** Bytes are counted in powers of two. */
const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power)

function rangeOf({ min, max, softMin, softMax }) {
  return (_chart, low, high) => {
    const from = Math.min(low ?? 0, softMin ?? Infinity)
    const to = Math.max(high ?? 1, softMax ?? -Infinity)
    const [padded, top] = uPlot.rangeNum(from, from === to ? to + (Math.abs(to) || 1) : to, {
      min: { pad: softMin === from ? 0 : 0.1, soft: 0, mode: from >= 0 ? 1 : 2 },
      max: { pad: softMax === to ? 0 : 0.1, soft: 0, mode: to <= 0 ? 1 : 2 },
    })
    return [min ?? padded, max ?? top]
  }
}

function scaleOf(axis) {
  return axis.log ? { distr: 3, log: axis.log } : { range: rangeOf(axis) }
}

function axisOf(chart, axis, scale, side) {
  return {
    scale,
    side,
    font: FONT,
    stroke: chart.ink.text,
    grid: { show: side === 3, stroke: chart.ink.grid, width: 1 },
    ticks: { show: false },
    space: 24,
    gap: 4,
    size: (_self, values) => 14 + 6.7 * Math.max(1, ...(values ?? []).map((text) => String(text ?? '').length)),
    values: tickWords(axis.unit),
    ...(axis.unit === 'bytes' || axis.unit === 'binBps' ? { incrs: BINARY } : {}),
    ...(axis.label ? { label: axis.label, labelFont: FONT, labelSize: 18 } : {}),
  }
}

/** A value between two holes is a point, since no line leads to it. */
function lonely(self, index) {
  const values = self.data[index]
  return values.flatMap((value, at) =>
    value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null ? [at] : [],
  )
}

function seriesOf(line) {
  const paths =
    line.kind === 'bars' ? uPlot.paths.bars({ size: [0.9, 60], align: 0 }) : line.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined
  return {
    scale: line.axis,
    stroke: line.colour,
    width: line.kind === 'points' ? 0 : line.width,
    spanGaps: line.spanGaps,
    ...(line.fill ? { fill: line.fill } : {}),
    ...(line.dash ? { dash: line.dash } : {}),
    ...(paths ? { paths } : {}),
    points:
      line.kind === 'bars'
        ? { show: false }
        : { show: true, size: line.pointSize, fill: line.colour, stroke: line.colour, ...(line.alwaysPoints ? {} : { filter: lonely }) },
  }
}

/** A CSS colour, as `color-mix(…)` too, in the words that a canvas knows. */
function solid(colour) {
  const probe = document.createElement('i')
  probe.style.color = colour
  document.body.append(probe)
  const known = getComputedStyle(probe).color
  probe.remove()
  return known
}

function clipped(self, draw) {
  const { ctx, bbox } = self
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  draw(ctx, bbox)
  ctx.restore()
}

function drawLimits(self, chart) {
  if (chart.limitStyle === 'off') return
  clipped(self, (ctx, bbox) => {
    if (chart.limitStyle.includes('dash')) ctx.setLineDash([10 * devicePixelRatio, 8 * devicePixelRatio])
    ctx.lineWidth = 1.5 * devicePixelRatio
    for (const { value, colour } of chart.limits) {
      const y = Math.round(self.valToPos(value, 'left', true))
      ctx.strokeStyle = solid(colour)
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
    }
  })
}

function drawMarks(self, chart) {
  clipped(self, (ctx, bbox) => {
    ctx.lineWidth = devicePixelRatio
    for (const { from, to, colour } of chart.marks) {
      const left = self.valToPos(from / 1000, 'x', true)
      const right = self.valToPos(to / 1000, 'x', true)
      ctx.strokeStyle = ctx.fillStyle = solid(colour)
      if (right - left > 1) {
        ctx.globalAlpha = 0.05
        ctx.fillRect(left, bbox.top, right - left, bbox.height)
        ctx.globalAlpha = 1
        ctx.fillRect(left, bbox.top + bbox.height - 3 * devicePixelRatio, right - left, 3 * devicePixelRatio)
      }
      ctx.globalAlpha = 0.45
      ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio])
      ctx.beginPath()
      for (const x of right - left > 1 ? [left, right] : [left]) {
        ctx.moveTo(x, bbox.top)
        ctx.lineTo(x, bbox.top + bbox.height)
      }
      ctx.stroke()
      ctx.globalAlpha = 1
    }
  })
}

function drawExemplars(self, chart) {
  clipped(self, (ctx) => {
    const half = 3.5 * devicePixelRatio
    ctx.fillStyle = '#3274D9'
    ctx.strokeStyle = chart.ink.panel
    for (const { at, value } of chart.exemplars) {
      const x = self.valToPos(at / 1000, 'x', true)
      const y = self.valToPos(value, 'left', true)
      ctx.beginPath()
      ctx.moveTo(x, y - half)
      ctx.lineTo(x + half, y)
      ctx.lineTo(x, y + half)
      ctx.lineTo(x - half, y)
      ctx.closePath()
      ctx.fill()
      ctx.stroke()
    }
  })
}

function drawChart(element, chart) {
  const lines = chart.lines.map((line) => ({ ...line, colour: solid(line.colour), ...(line.fill ? { fill: solid(line.fill) } : {}) }))
  const scales = { x: { time: true, range: () => [chart.from / 1000, chart.to / 1000] }, left: scaleOf(chart.left) }
  const axes = [
    {
      font: FONT,
      stroke: chart.ink.text,
      grid: { stroke: chart.ink.grid, width: 1 },
      ticks: { show: true, stroke: chart.ink.grid, size: 4 },
      size: 28,
      gap: 4,
      space: 66,
      values: timeWords,
    },
    axisOf(chart, chart.left, 'left', 3),
  ]
  if (chart.right) {
    scales.right = scaleOf(chart.right)
    axes.push(axisOf(chart, chart.right, 'right', 1))
  }
  const options = {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    tzDate: (second) => uPlot.tzDate(new Date(second * 1000), 'Etc/UTC'),
    scales,
    axes,
    series: [{}, ...lines.map(seriesOf)],
    bands: chart.bands.map((series) => ({ series })),
    hooks: {
      draw: [(self) => drawLimits(self, chart), (self) => drawMarks(self, chart), (self) => drawExemplars(self, chart)],
    },
  }
  return new uPlot(options, chart.data, element)
}

const charts = JSON.parse(document.getElementById('charts').textContent)
await document.fonts.ready
for (const [id, chart] of Object.entries(charts)) drawChart(document.getElementById(id), chart)
document.documentElement.dataset.drawn = 'true'
