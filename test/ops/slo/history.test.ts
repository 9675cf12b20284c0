// Thirty days of history in a real Prometheus: what the rules make of them is what a plain count of the happenings comes to.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { piecesOf } from '../../../ops/slo/promql.ts'
import { ruleGroup, type RecordRule, type RuleGroup } from '../../../ops/slo/rules.ts'
import { startPrometheus, type Program } from '../../programs.ts'
import { needTool } from '../../tools.ts'
import { accountsOf } from './accounts.ts'
import { makeHistory, type History, type Labels } from './history.ts'
import { nameOf, writeOpenMetrics } from './openmetrics.ts'
import { houseSpecs, promtool } from './specs.ts'

const MINUTES = 31 * 1440
const SEED = 20_260_101
/** So many moments of the last day are looked at. */
const MOMENTS = 12
const CLOSE = 1e-9
/** Prometheus answers with so many at once. */
const STEPS = 10_000
const SLICE = 'slo:slice:bad'

/** A rule's expression with what it reads of other rules written out, so that it can be asked of the past. */
function writeOut(group: RuleGroup, rule: RecordRule): string {
  // Slices are no expression that could be written out within a range: those are recorded.
  const recorded = piecesOf(rule.expr).filter(({ name, text }) => name === 'VectorSelector' && /^slo:(?!slice:)/.test(text))
  const expr = recorded
    .toReversed()
    .reduce(
      (text, { from, to, text: selector }) => text.slice(0, from) + writeOut(group, ruleOf(group, selector)) + text.slice(to),
      rule.expr,
    )
  return Object.entries(rule.labels).reduce((text, [label, value]) => `label_replace(${text}, "${label}", "${value}", "", "")`, expr)
}

/** The rule that records what a selector reads. */
function ruleOf(group: RuleGroup, selector: string): RecordRule {
  const [, name, bound] = /^([\w:]+)\{slo="[\w-]+"(?:,bound="([\d.]+)")?\}$/.exec(selector) ?? []
  const found = group.rules.find((one): one is RecordRule => 'record' in one && one.record === name && one.labels['bound'] === bound)
  if (!found) throw new Error(`${selector} is recorded by no rule of ${group.name}`)
  return found
}

interface Sample {
  metric: Labels
  value: [at: number, value: string]
}

interface Row {
  metric: Labels
  values: Sample['value'][]
}

/** Minutes of the last day at which the edges of all windows have a sample of every process: then nothing is extrapolated. */
function momentsOf(history: History, periods: readonly number[]): number[] {
  const clear = (minute: number) => history.seen(minute) && ['a', 'b'].every((instance) => history.lives(instance, minute))
  const found: number[] = []
  for (let minute = history.minutes - 1; found.length < MOMENTS; minute -= 97) {
    while (![0, ...periods].every((period) => clear(minute - period))) minute -= 1
    found.push(minute)
  }
  return found
}

async function ask<T>(url: string, given: Record<string, string>): Promise<T[]> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(given) })
  const body = (await answer.json()) as { status: string; error?: string; data: { result: T[] } }
  if (body.status !== 'success') throw new Error(`${body.error}: ${given['query']}`)
  return body.data.result
}

/** A group without the labels that every recorded series has. */
const ownLabels = ({ slo: _slo, bound: _bound, ...rest }: Labels): string => JSON.stringify(rest)

const startOver = (folder: string) => startPrometheus({ folder, config: {}, flags: ['--storage.tsdb.retention.time=100y'] })

describe('thirty days of history', function () {
  this.timeout(180_000)
  let began = 0
  const history = makeHistory(SEED, MINUTES)
  const accounts = accountsOf(history)
  let folder = ''
  let prometheus: Program | undefined
  let groups: { name: string; group: RuleGroup; period: number }[] = []
  const told = { samples: 0, blocks: 0, comparisons: 0, deviation: 0 }

  before(async function () {
    for (const program of ['prometheus', 'promtool']) needTool(this, program)
    began = performance.now()
    const { specs } = await houseSpecs()
    groups = specs.slos.map(({ spec }) => ({ name: spec.slo, group: ruleGroup(spec), period: spec.period }))
    folder = await mkdtemp(join(tmpdir(), 'rolewatch-history-'))
    const file = join(folder, 'history.om')
    told.samples = await writeOpenMetrics(history, file)
    await makeBlocks(file)
    prometheus = await startOver(folder)
    await recordSlices(prometheus, file)
    await prometheus.stop()
    await makeBlocks(file)
    prometheus = await startOver(folder)
  })

  async function makeBlocks(file: string): Promise<void> {
    const data = join(folder, 'data')
    const made = await promtool('tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=720h', file, data)
    expect([made.code, made.stderr], made.stdout).to.deep.equal([0, ''])
    told.blocks = (await readdir(data)).filter((name) => /^[0-9A-Z]{26}$/.test(name)).length
    await rm(file)
  }

  /** Records the slices of the whole month, once a minute on the full minute: samples are half a minute away from there. */
  async function recordSlices({ url }: Program, file: string): Promise<void> {
    const lines: string[] = []
    const [start, end] = [history.start + 30, history.start + (history.minutes - 1) * 60]
    for (const { name, group } of groups)
      for (const { expr } of group.rules.filter((rule) => 'record' in rule && rule.record === SLICE))
        for (let from = start; from < end; from += STEPS * 60) {
          const given = { query: expr, start: `${from}`, end: `${Math.min(from + (STEPS - 1) * 60, end)}`, step: '60' }
          for (const { metric, values } of await ask<Row>(`${url}/api/v1/query_range`, given))
            for (const [at, value] of values) lines.push(`${nameOf(SLICE, { ...metric, slo: name })} ${value} ${at}\n`)
        }
    told.samples += lines.length
    await writeFile(file, [...lines, '# EOF\n'].join(''))
  }

  after(async () => {
    await prometheus?.stop()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  /** Compares what one rule says of a moment with what was counted, group by group. */
  async function compare(rule: RecordRule, group: RuleGroup, minute: number, expected: ReadonlyMap<string, number>): Promise<void> {
    if (!prometheus) throw new Error('Prometheus is not up')
    const answer = await ask<Sample>(`${prometheus.url}/api/v1/query`, {
      query: writeOut(group, rule),
      time: `${history.start + minute * 60}`,
    })
    const title = `${rule.record} of ${group.name} at minute ${minute}`
    expect(answer.map(({ metric }) => ownLabels(metric)).toSorted(), title).to.deep.equal([...expected.keys()].toSorted())
    for (const { metric, value } of answer) {
      const [found, wanted] = [Number(value[1]), expected.get(ownLabels(metric)) ?? NaN]
      const deviation = Math.abs(found - wanted)
      expect(deviation, `${title} ${ownLabels(metric)}: ${found} and not ${wanted}`).to.be.below(CLOSE)
      told.comparisons += 1
      told.deviation = Math.max(told.deviation, deviation)
    }
  }

  it('every objective has an account that is kept by hand', () => {
    const periods = Object.fromEntries(groups.map(({ name, period }) => [name, period / 60]))
    expect(periods).to.deep.equal(Object.fromEntries(Object.entries(accounts).map(([name, { period }]) => [name, period])))
  })

  it('budgets, ratios and events over the period are what was counted', async () => {
    const moments = momentsOf(history, [...new Set(Object.values(accounts).map(({ period }) => period))])
    const mixed = new Set<string>()
    for (const { name, group } of groups) {
      const account = accounts[name]
      if (!account) throw new Error(`${name} has no account`)
      const records = group.rules.filter((rule): rule is RecordRule => 'record' in rule)
      // The widest window comes last.
      const last = (what: string) => records.findLast(({ record }) => record.startsWith(what))
      for (const minute of moments) {
        const counted = account.groups.map((labels) => ({ labels, ...account.count(labels, minute) }))
        if (counted.some(({ bad, total }) => bad > 0 && bad < total)) mixed.add(name)
        const seen = counted.filter(({ total }) => total > 0 || !records.some(({ record }) => record === SLICE))
        const ratio = ({ bad, total }: { bad: number; total: number }) => (total === 0 ? 0 : bad / total)
        const checks: [string, (one: (typeof seen)[number]) => number][] = [
          ['slo:bad:events', ({ bad }) => bad],
          ['slo:total:events', ({ total }) => total],
          ['slo:error:ratio', ratio],
          ['slo:error_budget:remaining_ratio', (one) => 1 - ratio(one) / (1 - account.objective)],
        ]
        for (const [what, value] of checks) {
          const rule = last(what)
          if (!rule) throw new Error(`${name} records no ${what}`)
          await compare(rule, group, minute, new Map(seen.map((one) => [ownLabels(one.labels), value(one)])))
        }
      }
    }
    expect([...mixed], 'objectives with both good and bad times').to.have.members(groups.map(({ name }) => name))
  })

  after(() => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const { samples, blocks, comparisons, deviation } = told
    console.error(
      `    30 days: ${samples} samples in ${blocks} blocks, ${comparisons} comparisons, largest deviation ${deviation}, ${seconds} s`,
    )
  })
})
