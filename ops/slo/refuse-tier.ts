// Refusals of what alerts cannot keep: thresholds, windows and promises that contradict each other.

import { compare, decimal, minus, over, print, printPercent, times, toNumber } from './decimal.ts'
import { printDuration } from './duration.ts'
import { severityOf } from './fields.ts'
import { boundOf, countsTime } from './query.ts'
import type { Refusal } from './refuse-sli.ts'
import { INTERVAL } from './rules.ts'
import type { Slo, Tier } from './spec.ts'

const PERIODS = [3600, 86_400, 604_800, 2_419_200, 2_592_000]
const HOUR = 3600
/** The longest time that anything may be broken without somebody being woken. */
const PAGE_WITHIN = 900
const ONE = decimal('1')

export function refuseTiers(slo: Slo): Refusal[] {
  return [...refuseObjective(slo), ...slo.tiers.flatMap((tier, index) => refuseTier(slo, tier, `tiers.${index}`)), ...refuseOrder(slo)]
}

function refuseObjective({ objective, period }: Slo): Refusal[] {
  const refusals: Refusal[] = []
  if (compare(objective, ONE) >= 0)
    refusals.push({ path: 'objective', message: `${printPercent(objective)} leaves no budget: nothing may ever go wrong.` })
  if (compare(objective, decimal('0')) <= 0) refusals.push({ path: 'objective', message: `${printPercent(objective)} promises nothing.` })
  if (!PERIODS.includes(period))
    refusals.push({
      path: 'period',
      message: `A period of ${printDuration(period)} is not supported: ${PERIODS.map(printDuration).join(', ')}.`,
    })
  return refusals
}

/** How fast this alert's threshold burns the budget, at the bound that the alert looks at. */
export function burnOf(slo: Slo, tier: Tier): string {
  return print(over(tier.errorAbove, minus(ONE, slo.objective), 2))
}

function refuseTier(slo: Slo, tier: Tier, path: string): Refusal[] {
  const refusals: Refusal[] = []
  const refuse = (field: string, message: string) => refusals.push({ path: `${path}.${field}`, message })
  const [long, short, cadence] = [tier.long, tier.short, slo.cadence].map(printDuration)
  if (compare(tier.errorAbove, ONE) >= 0)
    refuse('errorAbove', `${printPercent(tier.errorAbove)} can never be passed: ${tier.alert} would stay silent for ever.`)
  if (compare(tier.errorAbove, decimal('0')) <= 0)
    refuse('errorAbove', `0% is passed by any single event: ${tier.alert} would never be silent.`)
  if (tier.long > slo.period) refuse('long', `A window of ${long} is longer than the period of ${printDuration(slo.period)}.`)
  if (tier.short >= tier.long) refuse('short', `The short window of ${short} is not shorter than the long one of ${long}.`)
  if (tier.short < 2 * slo.cadence)
    refuse(
      'short',
      `A window of ${short} is shorter than twice the cadence of ${cadence}: it would be empty between two events, and the alert would flap.`,
    )
  if (tier.short < 4 * INTERVAL) refuse('short', `A window of ${short} holds too few scrapes: two minutes is the least.`)
  if (tier.keepFiring + tier.short >= tier.long)
    refuse(
      'keepFiring',
      `${printDuration(tier.keepFiring)} after the short window of ${short} outlasts the long window of ${long}, which then decides nothing.`,
    )
  if (!countsTime(slo.sli) && tier.minBad > (tier.long / slo.cadence) * slo.batch)
    refuse(
      'minBad',
      `${tier.minBad} bad events do not fit into ${long} when events come every ${cadence}: ${tier.alert} would stay silent in an outage.`,
    )
  if (countsTime(slo.sli) && tier.minBad > 1) refuse('minBad', 'Where time is counted there are no single events to wait for.')
  refusePromise(slo, tier, refuse)
  return refusals
}

function refusePromise(slo: Slo, tier: Tier, refuse: (field: string, message: string) => unknown): void {
  const page = severityOf(tier.priority) === 'page'
  const needed = detectionSeconds(slo, tier)
  if (page && tier.detectWithin > PAGE_WITHIN)
    refuse('detectWithin', `A page comes within ${printDuration(PAGE_WITHIN)}, not within ${printDuration(tier.detectWithin)}.`)
  if (needed > tier.detectWithin)
    refuse(
      'detectWithin',
      `A total outage is noticed after ${needed} s at the earliest, later than the promised ${printDuration(tier.detectWithin)}.`,
    )
  const slow = compare(tier.errorAbove, minus(ONE, slo.objective)) < 0
  if (page && slow && tier.because === undefined)
    refuse(
      'errorAbove',
      `${tier.alert} wakes somebody at a burn of ${burnOf(slo, tier)}, which the budget allows: say why in "because", or make it a ticket.`,
    )
  if (page && tier.long > 6 * HOUR) refuse('long', `A page that looks ${printDuration(tier.long)} back wakes people for what is long over.`)
}

/** Seconds from the first bad event of a total outage to the alert, when events come no more often than the cadence says. */
export function detectionSeconds(slo: Slo, tier: Tier): number {
  const share = (window: number) => Number(print(times(tier.errorAbove, decimal(`${window}`))))
  if (countsTime(slo.sli)) return Math.floor(share(tier.long)) + 2 * INTERVAL
  const forRatio = Math.floor(toNumber(tier.errorAbove) * (tier.long / slo.cadence)) + 1
  const visits = Math.max(forRatio, Math.ceil(tier.minBad / slo.batch))
  return (visits - 1) * slo.cadence + INTERVAL
}

/** Of two alerts on the same thing, the ticket comes before the page. */
function refuseOrder(slo: Slo): Refusal[] {
  const key = (tier: Tier) => `${tier.long} ${print(boundOf(slo, tier) ?? ONE)}`
  return slo.tiers.flatMap((ticket, index) => {
    const page = slo.tiers.find((one) => severityOf(one.priority) === 'page' && key(one) === key(ticket) && one !== ticket)
    if (!page || severityOf(ticket.priority) === 'page' || compare(ticket.errorAbove, page.errorAbove) < 0) return []
    const message = `The ticket ${ticket.alert} comes no earlier than the page ${page.alert}: its threshold must be lower.`
    return [{ path: `tiers.${index}.errorAbove`, message }]
  })
}
