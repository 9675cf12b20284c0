// Unit tests of the figures: the budget of a whole period, and on which side each outcome is counted.

import type { Catalogue } from './catalogue.ts'
import { decimal, minus, print, toNumber } from './decimal.ts'
import { printDuration } from './duration.ts'
import { errorRatio } from './budget.ts'
import { course, type Stretch } from './model.ts'
import { byTwo, groupsOf, labelSets, paint, seriesName, strangers, type InputSeries, type Labels } from './paint.ts'
import { sampleLabels, type QueryTest, type TestFile, type UnitTest } from './promtool.ts'
import { boundOf, countsTime, passes } from './query.ts'
import { series } from './rules.ts'
import type { Slo } from './spec.ts'

const STEPS = 60
const ALL = 100_000

export function budgetTests(slo: Slo, catalogue: Catalogue): TestFile {
  const step = printDuration(slo.period / STEPS)
  const sides = slo.sli.kind === 'ratio' ? [sidesTest(slo, catalogue, step)] : []
  const quiet = countsTime(slo.sli) ? [] : [quietTest(slo, catalogue, step)]
  return {
    rule_files: [`../rules/${slo.slo}.rules.yml`],
    evaluation_interval: step,
    tests: [budgetTest(slo, catalogue, step), ...sides, ...quiet],
  }
}

/** Before the period much is bad; in its first half some is; in its second half nothing is. Half and double the window give other budgets. */
function budgetTest(slo: Slo, catalogue: Catalogue, step: string): UnitTest {
  const [group = {}] = groupsOf(slo, catalogue)
  const time = countsTime(slo.sli)
  const budget = toNumber(minus(decimal('1'), slo.objective))
  const some = Math.round(budget * ALL)
  // Nothing happens at the edges of the period, so that it does not matter on which side of them a sample lies.
  const events: Stretch[] = time
    ? [
        [STEPS + 9, 1, 1],
        [6, 0, 1],
        [Math.max(1, Math.round(budget * STEPS * 0.7)), 1, 1],
      ]
    : [
        [STEPS + 5, ALL / 2, ALL],
        [10, 0, 0],
        [20, some, ALL],
      ]
  const played = course(...events)
  const rest = 2 * STEPS + 10 - (played.total.length - 1)
  const full = course(...events, [rest - 3, 0, time ? 1 : ALL], [3, 0, time ? 1 : 0])
  const last = full.total.length - 1
  const within = (of: readonly number[]) => of.slice(last - STEPS + (time ? 0 : 1)).reduce((sum, one) => sum + one, 0)
  const left = 1 - errorRatio(within(full.bad), within(full.total)) / budget
  const bound = boundOf(slo)
  return {
    name: 'the budget that is left',
    interval: step,
    input_series: [
      ...byTwo(paint(slo, catalogue, group, { events: full }, slo.period / STEPS, bound), time),
      ...strangers(slo, catalogue, full),
    ],
    promql_expr_test: [
      near(
        slo,
        `slo:error_budget:remaining_ratio{slo="${slo.slo}"${bound ? `,bound="${print(bound)}"` : ''}}`,
        left,
        time ? 0.05 : 1e-9,
        group,
        last,
      ),
      {
        expr: `slo:objective:ratio{slo="${slo.slo}"}`,
        eval_time: printDuration((last * slo.period) / STEPS),
        exp_samples: [{ labels: `slo:objective:ratio{slo="${slo.slo}"}`, value: Number(print(slo.objective)) }],
      },
    ],
  }
}

function near(slo: Slo, expr: string, value: number, off: number, group: Labels, at: number): QueryTest {
  const bound = boundOf(slo)
  return {
    expr: `abs(${expr} - (${value})) < bool ${off}`,
    eval_time: printDuration((at * slo.period) / STEPS),
    exp_samples: [{ labels: sampleLabels(slo, group, bound && print(bound)), value: 1 }],
  }
}

/** Each label set counts twice as much as the one before it: whatever is counted on the wrong side changes the ratio. */
function sidesTest(slo: Slo, catalogue: Catalogue, step: string): UnitTest {
  const { sli } = slo
  if (sli.kind !== 'ratio') throw new Error(`${slo.slo} has no sides`)
  const [group = {}] = groupsOf(slo, catalogue)
  const fits = (labels: Labels) => Object.entries(group).every(([key, value]) => labels[key] === value)
  const input: InputSeries[] = []
  const counted = { bad: 0, total: 0 }
  for (const metric of new Set([sli.bad.metric, sli.total.metric])) {
    const declared = catalogue.get(`rolewatch_${metric}`)
    for (const [index, labels] of (declared ? labelSets(slo, declared) : []).filter(fits).entries()) {
      const weight = 2 ** (index % 16)
      input.push({ series: seriesName(metric, labels), values: `0x${STEPS} ${weight}x5` })
      if (metric === sli.bad.metric && passes(sli.bad, labels)) counted.bad += weight
      if (metric === sli.total.metric && passes(sli.total, labels)) counted.total += weight
    }
  }
  const ratio = counted.bad / counted.total
  return {
    name: 'what is bad, what is good and what does not count',
    interval: step,
    input_series: input,
    promql_expr_test: [near(slo, series(slo, 'error:ratio', slo.period), ratio, 1e-9, group, STEPS + 3)],
  }
}

/** A period without anything bad, and one without anything at all, have an error ratio of 0: neither nothing nor NaN. */
function quietTest(slo: Slo, catalogue: Catalogue, step: string): UnitTest {
  const [group = {}] = groupsOf(slo, catalogue)
  const bound = boundOf(slo)
  const events = course([STEPS + 5, 0, ALL], [STEPS + 5, 0, 0])
  const views: [what: string, at: number][] = ['error:ratio', 'bad:events'].flatMap((what) =>
    [STEPS + 2, 2 * STEPS + 8].map((at) => [what, at] as [string, number]),
  )
  return {
    name: 'a quiet period is 0',
    interval: step,
    input_series: paint(slo, catalogue, group, { events, unborn: true }, slo.period / STEPS, bound),
    promql_expr_test: views.map(([what, at]) => near(slo, series(slo, what, slo.period, bound), 0, 1e-9, group, at)),
  }
}
