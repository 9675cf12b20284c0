// Refusals: each thing that cannot work is named in one sentence, with its place, and all of them at once.

import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { readTexts } from '../../../ops/slo/build.ts'
import { printFault, SpecError } from '../../../ops/slo/fault.ts'
import { readSpecs, SYMPTOMS } from '../../../ops/slo/generate.ts'
import type { World } from '../../../ops/slo/refuse.ts'
import { readSlo } from '../../../ops/slo/spec.ts'
import { ROOT } from '../../../services/config.ts'
import { houseSpecs } from './specs.ts'

type Tree = Record<string, unknown>

/** Puts a value at a path like `tiers.0.short`; undefined takes it away. */
function put(tree: Tree, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce<Tree>((at, key) => at[key] as Tree, tree)
  if (value === undefined) delete parent[last]
  else parent[last] = value
}

describe('ops/slo: refusals', () => {
  let world: World
  let texts: ReadonlyMap<string, string>

  before(async () => {
    ;({ world } = await houseSpecs())
    texts = readTexts(ROOT)
  })

  /** The faults of the house's specifications after some edits to one of them. */
  function faults(name: string, edits: Record<string, unknown>, other: Partial<World> = {}): string[] {
    const path = name === 'symptoms' ? SYMPTOMS : `alerts/slo/${name}.slo.yaml`
    const tree = parse(texts.get(path) ?? '', { schema: 'failsafe' }) as Tree
    for (const [at, value] of Object.entries(edits)) put(tree, at, value)
    try {
      readSpecs(new Map([...texts, [path, stringify(tree)]]), { ...world, ...other })
      return []
    } catch (error) {
      if (!(error instanceof SpecError)) throw error
      return error.faults.map((fault) => printFault(fault).replace(/^alerts\//, ''))
    }
  }

  it('have nothing against the house', () => {
    expect(faults('scrape-success', {})).to.deep.equal([])
  })

  const cases: [what: string, spec: string, edits: Record<string, unknown>, sentence: RegExp][] = [
    [
      'a threshold of 100%',
      'scrape-success',
      { 'tiers.0.errorAbove': '100%' },
      /tiers\.0\.errorAbove: 100% can never be passed: ScrapeOutage would stay silent for ever\.$/,
    ],
    ['a threshold of 144%', 'scrape-success', { 'tiers.0.errorAbove': '144%' }, /144% can never be passed/],
    ['a threshold of 0%', 'scrape-success', { 'tiers.2.errorAbove': '0%' }, /0% is passed by any single event/],
    ['an objective of 100%', 'api-latency', { objective: '100%' }, /objective: 100% leaves no budget: nothing may ever go wrong\.$/],
    ['an objective of 0%', 'api-latency', { objective: '0%' }, /objective: 0% promises nothing\.$/],
    ['a period that is not supported', 'freshness', { period: '5d' }, /period: A period of 5d is not supported: 1h, 24h, 7d, 28d, 30d\.$/],
    [
      'a window longer than the period',
      'alert-delivery',
      { 'tiers.1.long': '2h' },
      /tiers\.1\.long: A window of 2h is longer than the period of 1h\.$/,
    ],
    [
      'a short window longer than the long one',
      'freshness',
      { 'tiers.0.short': '30m' },
      /The short window of 30m is not shorter than the long one of 20m\.$/,
    ],
    [
      'a short window below twice the cadence',
      'scrape-success',
      { cadence: '10m' },
      /tiers\.1\.short: A window of 15m is shorter than twice the cadence of 10m: it would be empty/,
    ],
    [
      'a window of too few scrapes',
      'api-availability',
      { 'tiers.0.short': '90s' },
      /tiers\.0\.short: A window of 90s holds too few scrapes/,
    ],
    [
      'an alert kept beyond its long window',
      'resume-analysis',
      { 'tiers.0.keepFiring': '6m' },
      /keepFiring: 6m after the short window of 10m outlasts the long window of 15m/,
    ],
    [
      'more bad events than a window can hold',
      'resume-analysis',
      { 'tiers.0.minBad': '4' },
      /minBad: 4 bad events do not fit into 15m when events come every 5m/,
    ],
    [
      'single events where time is counted',
      'freshness',
      { 'tiers.0.minBad': '2' },
      /minBad: Where time is counted there are no single events/,
    ],
    [
      'a bound that no bucket has',
      'resume-analysis',
      { 'tiers.0.slowerThan': '11s' },
      /tiers\.0\.slowerThan: No bucket of rolewatch_resume_analysis_seconds ends at 11 s: they end at 0\.1, .*60\.$/,
    ],
    [
      'an objective that no bucket has',
      'api-latency',
      { 'sli.within': '0.3s' },
      /sli\.within: No bucket of rolewatch_http_request_seconds ends at 0\.3 s/,
    ],
    [
      'an alert below the bound of the objective',
      'resume-analysis',
      { 'tiers.1.slowerThan': '1s' },
      /The bound of an alert lies at or above that of the objective, 5 s\.$/,
    ],
    [
      'a shifted bound where there are none',
      'freshness',
      { 'tiers.0.slowerThan': '5s' },
      /Only an SLI of kind latency has bounds to shift, and this one is of kind age\.$/,
    ],
    [
      'a page that burns slower than the budget allows',
      'scrape-success',
      { 'tiers.1.errorAbove': '4%', 'tiers.2.errorAbove': '3%' },
      /ScrapeFailuresHigh wakes somebody at a burn of 0\.8, which the budget allows: say why in "because"/,
    ],
    [
      'a page that comes too late',
      'scrape-success',
      { 'tiers.1.detectWithin': '20m' },
      /detectWithin: A page comes within 15m, not within 20m\.$/,
    ],
    [
      'a promise that cannot be kept',
      'scrape-success',
      { 'tiers.0.detectWithin': '2m' },
      /A total outage is noticed after 210 s at the earliest, later than the promised 2m\.$/,
    ],
    ['a page that looks back for days', 'api-availability', { 'tiers.0.long': '1d' }, /tiers\.0\.long: A page that looks 24h back/],
    [
      'a ticket that comes after the page',
      'scrape-success',
      { 'tiers.2.errorAbove': '10%' },
      /The ticket ScrapeFailuresRaised comes no earlier than the page ScrapeFailuresHigh/,
    ],
    [
      'an unknown metric',
      'extraction',
      { 'sli.bad.metric': 'postings_refused_total' },
      /sli\.bad\.metric: rolewatch_postings_refused_total is not declared in ops\/metrics\.ts\.$/,
    ],
    [
      'a gauge for a ratio',
      'extraction',
      { 'sli.total.metric': 'open_postings' },
      /An SLI of kind ratio needs a counter, and rolewatch_open_postings is none\.$/,
    ],
    [
      'a counter for a latency',
      'resume-analysis',
      { 'sli.metric': 'matches_total' },
      /An SLI of kind latency needs a histogram, and rolewatch_matches_total is none\.$/,
    ],
    [
      'a histogram for a level',
      'restore-time',
      { 'sli.metric': 'stage_seconds' },
      /An SLI of kind level needs a gauge, and rolewatch_stage_seconds is none\.$/,
    ],
    [
      'an unknown label',
      'extraction',
      { 'sli.bad.where.board': ['x'] },
      /sli\.bad\.where\.board: rolewatch_postings_rejected_total has no label board\.$/,
    ],
    [
      'an open label without samples',
      'freshness',
      { samples: undefined },
      /samples: source of rolewatch_source_last_success_timestamp_seconds has no closed set of values: give samples to try the rules on\.$/,
    ],
    ['an unknown label to group by', 'extraction', { 'sli.by': ['board'] }, /sli\.by: rolewatch_postings_read_total has no label board\.$/],
    [
      'a value that a label never has',
      'extraction',
      { 'sli.bad.where.reason': ['too_long'] },
      /reason is never too_long: it is one of missing_field, wrong_type/,
    ],
    [
      'an open breaker that looks like health',
      'scrape-success',
      { 'sli.bad.where.outcome': ['timeout'] },
      /sli\.bad: rejected must be bad: else an open breaker improves the SLI/,
    ],
    [
      'deliberate skips among the attempts',
      'scrape-success',
      { 'sli.total.not.outcome': ['gone'] },
      /sli\.total: skipped must be left out/,
    ],
    [
      'bad events that are not among all',
      'scrape-success',
      { 'sli.total.not.outcome': ['skipped', 'timeout'] },
      /sli\.total: timeout is bad and not among all/,
    ],
    ['the name of another SLO', 'detection', { slo: 'freshness' }, /freshness is the name of the SLO in alerts\/slo\/\S+ already\.$/],
    ['a file with another name', 'detection', { slo: 'detections' }, /The file of detections must be called detections\.slo\.yaml\.$/],
    [
      'the name of another alert',
      'detection',
      { 'tiers.0.alert': 'ScrapeOutage' },
      /ScrapeOutage is the name of the alert at tiers\.0\.alert of alerts\/slo\/\S+ already\.$/,
    ],
    ['an alert without a page', 'detection', { 'tiers.0.alert': 'NobodyHelps' }, /NobodyHelps has no page runbooks\/NobodyHelps\.md\.$/],
    [
      'a symptom that is no PromQL',
      'symptoms',
      { '1.expr': 'absent(up' },
      /symptoms\.yaml: 1\.expr: This is no PromQL: it breaks at character 10\.$/,
    ],
    [
      'a symptom that is never shown to fire',
      'symptoms',
      { '1.cases': { x: { given: {}, silent: ['1m'] } } },
      /1\.cases: No case shows that TargetAbsent fires\.$/,
    ],
    [
      'a symptom that is never shown to be silent',
      'symptoms',
      { '1.cases': { x: { given: {}, fires: ['5m'] } } },
      /No case shows that TargetAbsent is silent when all is well\.$/,
    ],
    [
      'a case with a metric that does not exist',
      'symptoms',
      { '1.cases.down.given': { 'ups{job="rolewatch"}': '1x5' } },
      /1\.cases\.down\.given: ups is not declared/,
    ],
    ['a field that is not known', 'detection', { threshold: '5%' }, /threshold is not known here\.$/],
    ['a field that is missing', 'detection', { journey: undefined }, /journey: This is missing\.$/],
    ['a percentage without its sign', 'detection', { objective: '0.9' }, /objective: "0\.9" is not a percentage, as 99\.9%\.$/],
    ['a list where a text should be', 'detection', { owner: ['a'] }, /owner: This must be one plain value\.$/],
    ['no alert at all', 'detection', { tiers: [] }, /tiers: An SLO without an alert is kept by nobody\.$/],
    ['an unknown kind', 'detection', { 'sli.kind': 'feeling' }, /sli\.kind: The kind must be ratio, latency, level or age\.$/],
    ['an unknown priority', 'detection', { 'tiers.0.priority': 'P9' }, /"P9" is not a priority: P0, P1, P2 or P3\.$/],
  ]
  for (const [what, spec, edits, sentence] of cases)
    it(`name ${what}`, () => {
      const found = faults(spec, edits)
      expect(
        found.filter((fault) => sentence.test(fault)),
        found.join('\n'),
      ).not.to.deep.equal([])
      for (const fault of found) expect(fault).to.match(/^(slo\/[a-z-]+\.slo\.yaml|symptoms\.yaml|runbooks\/\w+\.md): .*\.$/)
    })

  it('let a page burn slowly when it says why', () => {
    const edits = { 'tiers.1.errorAbove': '4%', 'tiers.2.errorAbove': '3%', 'tiers.1.because': 'a trial week' }
    expect(faults('scrape-success', edits).filter((fault) => fault.includes('burn'))).to.deep.equal([])
  })

  it('name a page that no alert leads to', () => {
    const pages = new Set([...world.pages, 'Forgotten'])
    expect(faults('detection', {}, { pages })).to.deep.equal(['runbooks/Forgotten.md: No alert is called Forgotten.'])
  })

  it('come all at once', () => {
    const found = faults('scrape-success', { objective: '100%', period: '3d', 'tiers.0.errorAbove': '100%', 'sli.bad.metric': 'x_total' })
    expect(found.length).to.be.at.least(4)
  })

  it('name the line of what is no YAML', () => {
    const { spec, faults: found } = readSlo('a.slo.yaml', 'slo: [a\n')
    expect(spec).to.equal(undefined)
    expect(found[0]?.message).to.match(/at line \d+, column \d+/)
  })
})
