// What was given on the command line, read: lists, numbers, days, times, names of boards and ids; what means nothing is refused.

import { InvalidArgumentError } from 'commander'
import { sourceNames, sources } from '../../scrapers/index.ts'
import type { Source } from '../../scrapers/source.ts'
import { misuse, refusal } from '../refusal.ts'

/** For an option that may be repeated, or hold several parted by commas. */
export function collect(value: string, before: string[] = []): string[] {
  const parts = value.split(',').map((part) => part.trim())
  const names = parts.filter((part) => part !== '')
  // "--board $BOARD" without a BOARD must not come to mean every board.
  if (names.length === 0) throw new InvalidArgumentError('It is empty.')
  return [...before, ...names]
}

/** A whole number, 0 included. */
export function count(value: string): number {
  if (!/^\d{1,15}$/.test(value.trim())) throw new InvalidArgumentError('It is not a whole number.')
  return Number(value)
}

/** A whole number above 0. */
export function positive(value: string): number {
  const number = count(value)
  if (number === 0) throw new InvalidArgumentError('It must be 1 at the least.')
  return number
}

/** Names that people give to things. @throws Misuse when there is nothing in it */
export function readName(given: string | undefined): string {
  const name = (given ?? '').trim()
  if (name === '' || name.length > 120) throw misuse('A name must have 1 to 120 characters.')
  return name
}

/** A source by its name. @throws Misuse */
export function readSource(name: string): Source {
  checkSources([name])
  return sources[name] as Source
}

/** Names of sources. @throws Misuse with those that there are */
export function checkSources(names: readonly string[]): void {
  const unknown = names.filter((name) => !sourceNames.includes(name))
  if (unknown.length > 0)
    throw misuse(`No such source: ${unknown.join(', ')}. There are ${sourceNames.join(', ')}; a board is written as greenhouse/stripe.`)
}

/** `greenhouse`, or `greenhouse/stripe`. @throws Misuse */
export function readTarget(given: string | undefined): { source: string; board?: string } {
  const [source = '', ...rest] = (given ?? '').split('/')
  checkSources([source])
  return rest.length > 0 ? { source, board: rest.join('/') } : { source }
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const YEAR = 365 * 86_400_000

/** `30m`, `2h`, `7d` in milliseconds. @throws Misuse */
export function readTime(given: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(given) ?? []
  const ms = Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (!(ms > 0 && ms <= YEAR)) throw misuse(`"${given}" is not a time: write it as 30m, 2h or 7d, a year at the most.`)
  return ms
}

/** A day that has begun (UTC), as 2026-01-31; today where none is given. @throws Misuse */
export function readDay(given: string | undefined, now = new Date()): string {
  const today = now.toISOString().slice(0, 10)
  if (given === undefined) return today
  const at = new Date(`${given}T00:00:00Z`)
  // JavaScript takes February 31st for a day in March.
  const real = /^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(given)
  if (!real) throw misuse(`"${given}" is not a date: write it as 2026-01-31.`)
  if (given > today) throw misuse(`${given} is still to come: today is ${today} (UTC).`)
  return given
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** An id of a run or a search. @throws Refusal that names the command which shows the ids */
export function readId(given: string | undefined, what: string, shownBy: string): string {
  if (given === undefined || !UUID.test(given)) throw refusal(`"${given ?? ''}" is not the id of a ${what}: "${shownBy}" shows them.`)
  return given.toLowerCase()
}
