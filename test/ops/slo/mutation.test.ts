// The gate: a mistake in any rule is noticed by the generated tests.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { budgetTests } from '../../../ops/slo/budget-tests.ts'
import { alertTests, symptomTests, type UnitTest } from '../../../ops/slo/promtool.ts'
import { ruleGroup } from '../../../ops/slo/rules.ts'
import { symptomGroup } from '../../../ops/slo/symptom.ts'
import { needTool } from '../../tools.ts'
import { mutantsOf, nameOf, type Mutant } from './mutants.ts'
import { houseSpecs } from './specs.ts'
import { play, pruned, type Trial } from './trial.ts'

const WORKERS = 2
const ENOUGH = 0.95

/** Changes that are no mistakes: the rule still says the same. */
const EQUIVALENT: readonly (readonly [mutant: RegExp, reason: string])[] = [
  [/slo:error:ratio\w+: 0 → 1 /, 'events are whole, so a total above 0 is at least 1; and 0 times or once a total of 0 is 0'],
  [/freshness: slo:slice:bad: (0 → 1|max → min) at [12]\d\d/, 'an expected interval is always longer than a second'],
  [/Watchdog: 1 → /, 'it fires whatever its value is'],
  [/(VisitsStopped: sum → max at 0|DailyCapReached: sum → max)/, 'where nothing is negative, all are 0 when the greatest is'],
  [/PostgresSilent: sum → max/, 'each process has one series of it'],
  [/Postgres\w+: probe="ping",? → nothing/, 'there is no other probe'],
]

interface Suspect extends Mutant {
  readonly trials: readonly Trial[]
}

/** Cheap and telling tests first: most mutants do not survive them. */
function split(trial: Trial): Trial[] {
  const rank = ({ name }: UnitTest) => (/burst|longer one|at (0.95|1.05) of|just (below|above)/.test(name) ? 0 : 1)
  return [0, 1].map((wanted) => ({ ...trial, file: { ...trial.file, tests: trial.file.tests.filter((test) => rank(test) === wanted) } }))
}

async function suspects(): Promise<Suspect[]> {
  const { specs, world } = await houseSpecs()
  const ofSlos = specs.slos.flatMap(({ spec }) => {
    const group = ruleGroup(spec)
    const budget = ['slo:error_budget:remaining_ratio', 'slo:objective:ratio'].map((target) => ({
      target,
      group,
      file: budgetTests(spec, world.catalogue),
    }))
    const alerts = spec.tiers.map((tier) => split({ target: tier.alert, group, file: alertTests(spec, tier, world.catalogue) }))
    const trials = [...budget, ...alerts.map(([first]) => first), ...alerts.map(([, second]) => second)].filter((one) => one !== undefined)
    const needed = new Map(trials.map(({ target }) => [target, pruned(group, target).map(nameOf)]))
    return mutantsOf(group).map((one) => ({ ...one, trials: trials.filter(({ target }) => needed.get(target)?.includes(one.rule)) }))
  })
  const group = symptomGroup(specs.symptoms)
  const file = symptomTests(specs.symptoms)
  const trials = specs.symptoms.map(({ alert }) => ({
    target: alert,
    group,
    file: { ...file, tests: file.tests.filter(({ name }) => name.startsWith(`${alert}:`)) },
  }))
  return [...ofSlos, ...mutantsOf(group).map((one) => ({ ...one, trials: trials.filter(({ target }) => target === one.rule) }))]
}

/** The mutants that their next trial does not notice. */
async function survivorsOf(all: readonly Suspect[], round: number, folder: string): Promise<Suspect[]> {
  const batches = [...Map.groupBy(all, ({ trials }) => trials[round])]
  const alive: Suspect[] = []
  const worker = async () => {
    for (let next = batches.pop(); next; next = batches.pop()) {
      const [trial, mutants] = next
      alive.push(...(trial ? await play(trial, mutants, folder) : mutants))
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
  return alive
}

describe('ops/slo: mutation', function () {
  this.timeout(300_000)
  let all: Suspect[] = []
  let names: string[] = []

  before(async function () {
    needTool(this, 'promtool')
    const folder = mkdtempSync(join(tmpdir(), 'rolewatch-mutants-'))
    try {
      all = await suspects()
      let alive = all
      const rounds = Math.max(...all.map(({ trials }) => trials.length))
      for (let round = 0; round < rounds; round++) alive = await survivorsOf(alive, round, folder)
      names = alive.map(({ rule, change, group }) => `${group.name}: ${rule}: ${change}`).toSorted()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('makes every kind of mistake in every rule', () => {
    expect(all.length).to.be.greaterThan(800)
    expect(all.filter(({ trials }) => trials.length === 0).map(({ rule }) => rule)).to.deep.equal([])
  })

  it('notices at least 95% of them', () => {
    console.error(`    ${all.length - names.length} of ${all.length} mistakes noticed`)
    expect((all.length - names.length) / all.length, names.join('\n')).to.be.at.least(ENOUGH)
  })

  it('knows why each of the others is no mistake', () => {
    expect(names.filter((name) => !EQUIVALENT.some(([mutant]) => mutant.test(name)))).to.deep.equal([])
    expect(EQUIVALENT.filter(([mutant]) => !names.some((name) => mutant.test(name))).map(([, reason]) => reason)).to.deep.equal([])
  })
})
