// The market as a program steers it: days, faults, boards and what was asked.

import { ruleIssues, type FaultRule, type Faults, type StandingRule } from './faults.ts'
import type { RequestEntry, RequestLog } from './requests.ts'
import { SOURCES, type SourceName, type Supply } from './wire.ts'

export interface BoardSummary {
  source: SourceName
  ident: string
  slug: string
  name: string
  region: 'eu' | null
  /** What a careful reader finds now. */
  count: number | undefined
}

export interface Market {
  /** Days that passed since it opened. */
  readonly day: number
  /** As 2026-01-31. */
  readonly date: string
  /** Lets days pass; throws where there are none (captures). */
  advance(days: number): void
  /** Chooses the day of a series of captures; throws elsewhere. */
  setDate(date: string): void
  boards(): BoardSummary[]
  expectedCount(source: string, ident: string): number | undefined
  /** Adds a fault and gives its id. Throws when the rule is wrong. */
  fault(rule: FaultRule): number
  /** What is wrong with a rule, in words. */
  faultIssues(rule: unknown): string[]
  faults(): StandingRule[]
  clearFaults(id?: number): void
  /** The newest requests to boards, oldest first. */
  requests(since?: string): RequestEntry[]
  clearRequests(): void
}

/** Binds a supply of boards, its faults and its log into one face. */
export function controlsOf(supply: Supply, hosts: readonly string[], faults: Faults, log: RequestLog): Market {
  const known = {
    sources: SOURCES,
    hosts,
    hasBoard: (ident: string) => SOURCES.some((source) => supply.find(source, ident)),
  }
  const faultIssues = (rule: unknown) => ruleIssues(rule, known)
  return {
    get day() {
      return supply.day
    },
    get date() {
      return supply.date
    },
    advance: (days) => supply.advance(days),
    setDate: (date) => supply.setDate(date),
    boards: () =>
      supply.boards.map((board) => {
        const { source, ident, slug, name, region } = board
        return { source, ident, slug, name, region, count: supply.expectedCount(board) }
      }),
    expectedCount(source, ident) {
      const board = supply.find(source as SourceName, ident)
      return board && supply.expectedCount(board)
    },
    fault(rule) {
      const issues = faultIssues(rule)
      if (issues.length > 0) throw new Error(issues.join('; '))
      return faults.add(rule)
    },
    faultIssues,
    faults: () => faults.list(),
    clearFaults: (id) => faults.clear(id),
    requests: (since) => log.list(since),
    clearRequests: () => log.clear(),
  }
}
