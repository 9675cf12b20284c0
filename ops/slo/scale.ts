// The same specifications in quicker time: every duration divided by one factor, so that a day of alerts can be lived in minutes.

import { decimal, print, type Decimal } from './decimal.ts'
import { piecesOf } from './promql.ts'
import { INTERVAL, ruleGroup, type RuleGroup } from './rules.ts'
import type { Specs } from './generate.ts'
import type { Sli, Slo, Tier } from './spec.ts'
import { symptomGroup, type Symptom } from './symptom.ts'

/** What a number becomes, as texts: `{ '30': '0.5' }`. */
export type Replacements = Readonly<Record<string, string>>

/** Numbers that stand for times without being durations: each is named, since no rule tells them from counts. */
export interface ScaleOptions {
  /** By SLO: bounds of latencies. What they become must be a bound of the histogram too. */
  readonly bounds?: Readonly<Record<string, Replacements>>
  /** By alert: numbers in the expressions of symptoms. */
  readonly numbers?: Readonly<Record<string, Replacements>>
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 }

/**
 * Divides every duration by `factor`, in whole seconds and never below one. Cases of symptoms stay: they prove the unscaled rule.
 * @throws when a number that is to be replaced is not there
 */
export function scaleSpecs(specs: Specs, factor: number, { bounds = {}, numbers = {} }: ScaleOptions = {}): Specs {
  return {
    slos: specs.slos.map(({ file, spec }) => ({ file, spec: scaleSlo(spec, factor, bounds[spec.slo] ?? {}) })),
    symptoms: specs.symptoms.map((one) => scaleSymptom(one, factor, numbers[one.alert] ?? {})),
  }
}

/** The groups of rules of scaled specifications, evaluated that much more often: at most once a second. */
export function scaledGroups({ slos, symptoms }: Specs, factor: number): RuleGroup[] {
  const interval = `${scaleSeconds(INTERVAL, factor)}s`
  return [...slos.map(({ spec }) => ruleGroup(spec)), symptomGroup(symptoms)].map((group) => ({ ...group, interval }))
}

const scaleSeconds = (seconds: number, factor: number): number => Math.max(1, Math.round(seconds / factor))

function scaleSlo(slo: Slo, factor: number, bounds: Replacements): Slo {
  const scale = (seconds: number) => scaleSeconds(seconds, factor)
  const known = [...(slo.sli.kind === 'latency' ? [slo.sli.within] : []), ...slo.tiers.flatMap((tier) => tier.slowerThan ?? [])].map(print)
  refuseUnknown(slo.slo, bounds, known)
  const shift = (bound: Decimal): Decimal => decimal(bounds[print(bound)] ?? print(bound))
  const tiers = slo.tiers.map((tier): Tier => ({
    ...tier,
    ...(tier.slowerThan ? { slowerThan: shift(tier.slowerThan) } : {}),
    long: scale(tier.long),
    short: scale(tier.short),
    keepFiring: scale(tier.keepFiring),
    detectWithin: scale(tier.detectWithin),
  }))
  return { ...slo, period: scale(slo.period), cadence: scale(slo.cadence), sli: scaleSli(slo.sli, scale, shift), tiers }
}

function scaleSli(sli: Sli, scale: (seconds: number) => number, shift: (bound: Decimal) => Decimal): Sli {
  if (sli.kind === 'latency') return { ...sli, within: shift(sli.within) }
  if (sli.kind !== 'age') return sli
  return { ...sli, plus: scale(sli.plus), expected: 'every' in sli.expected ? { every: scale(sli.expected.every) } : sli.expected }
}

function scaleSymptom(one: Symptom, factor: number, numbers: Replacements): Symptom {
  return {
    ...one,
    expr: scaleExpression(one.alert, one.expr, factor, numbers),
    ...(one.for === undefined ? {} : { for: scaleSeconds(one.for, factor) }),
    ...(one.keepFiring === undefined ? {} : { keepFiring: scaleSeconds(one.keepFiring, factor) }),
  }
}

/** Ranges, steps and offsets are divided; a duration inside a string is none. */
function scaleExpression(alert: string, expression: string, factor: number, numbers: Replacements): string {
  const pieces = piecesOf(expression)
  const plain = pieces.filter(({ name }) => name === 'NumberDurationLiteral')
  const known = plain.map(({ text }) => text)
  refuseUnknown(alert, numbers, known)
  const changes = [
    ...plain.map((piece) => ({ ...piece, by: numbers[piece.text] ?? piece.text })),
    ...pieces
      .filter(({ name }) => name === 'NumberDurationLiteralInDurationContext')
      .map((piece) => ({ ...piece, by: factor === 1 ? piece.text : `${scaleSeconds(secondsOf(piece.text), factor)}s` })),
  ]
  // From the end, so that what stands before keeps its place.
  return changes
    .toSorted((a, b) => b.from - a.from)
    .reduce((text, { from, to, by }) => text.slice(0, from) + by + text.slice(to), expression)
}

/** Durations of PromQL may have several parts, as `1h30m`. */
function secondsOf(duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
}

function refuseUnknown(where: string, replacements: Replacements, known: readonly string[]): void {
  const lost = Object.keys(replacements).filter((text) => !known.includes(text))
  if (lost.length > 0) throw new Error(`${where} has no ${lost.join(' and no ')}: it has ${known.join(', ') || 'no numbers'}`)
}
