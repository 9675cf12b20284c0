// The values that actions take: sources, boards, times and counts, each with a refusal in plain words.

import { z } from 'zod'
import { sourceNames } from '../../scrapers/index.ts'

export const source = z.enum(sourceNames as readonly [string, ...string[]], `must be one of ${sourceNames.join(', ')}`)

/** As boards.ts takes them: no address, and nothing that cannot be written. */
const BOARD = /^([a-z]+)\/[^/?#\p{Cc}]+$/u

/** `greenhouse/stripe`. */
export const board = z
  .string()
  .max(200, 'must be 200 characters at the most')
  .refine((name) => sourceNames.includes(BOARD.exec(name)?.[1] ?? ''), 'must be as greenhouse/stripe')

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const LONGEST = 30 * 86_400

/** `30m`, `2h`, `7d` → seconds, thirty days at the most. */
export const time = z
  .string()
  .regex(/^\d{1,7}[smhd]$/, 'must be a time as 30m, 2h or 7d')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0))
  .refine((seconds) => seconds > 0 && seconds <= LONGEST, 'must be above 0, and thirty days at the most')

/** A whole number between two bounds, both included. */
export const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be ${least} to ${most}`)

/** A process, as it calls itself: `host:pid`. */
export const worker = z.string().regex(/^[\w.:-]{1,200}$/, 'must name a process, as host:4711')
