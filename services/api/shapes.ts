// The shapes of answers that several routes share; strict, so that a test sees every field that the contract does not have.

import { z } from 'zod'
import { OUTCOMES } from '../../ops/metrics.ts'
import { STATUSES } from '../store/posting-query.ts'

export const moment = z.iso.datetime()
export const uid = z.string().regex(/^[0-9a-f]{40}$/, 'must be 40 hexadecimal characters')
export const outcome = z.enum(OUTCOMES)

const place = z.strictObject({
  text: z.string().describe('As stated by the source'),
  city: z.string().nullable(),
  region: z.string().nullable(),
  country: z.string().nullable().describe('ISO 3166-1 alpha-2'),
})

const pay = z.strictObject({
  min_minor: z.number().nullable().describe('Minor units (cents) per period'),
  max_minor: z.number().nullable(),
  currency: z.string().nullable().describe('ISO 4217'),
  period: z.enum(['hour', 'day', 'week', 'month', 'year']).nullable(),
  basis: z.enum(['base', 'ote', 'total', 'equity']),
  label: z.string().nullable().describe('What the band is for, where there are several'),
  annual_min: z.number().nullable().describe('Major units per year'),
  annual_max: z.number().nullable(),
  origin: z.literal('structured'),
  evidence: z.string().describe("The source's own words"),
})

export const workMode = z.enum(['onsite', 'hybrid', 'remote'])
export const level = z.enum(['intern', 'junior', 'mid', 'senior', 'staff', 'principal'])
export const track = z.enum(['ic', 'manager', 'executive'])
export const places = z.array(place)
export const pays = z.array(pay)

export const posting = z.strictObject({
  uid,
  source: z.string(),
  board: z.string(),
  external_id: z.string(),
  company: z.strictObject({ slug: z.string(), name: z.string() }),
  title: z.string(),
  url: z.string(),
  apply_url: z.string().nullable(),
  places,
  work_mode: workMode.nullable(),
  pay: pays,
  level: level.nullable(),
  track: track.nullable(),
  skills: z.array(z.string()),
  posted_at: moment.nullable(),
  first_seen_at: moment,
  closed_at: moment.nullable(),
  status: z.enum(STATUSES).exclude(['all']),
})

/** A list of anything. */
export function listOf<S extends z.ZodType>(item: S) {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable().describe('Null when this was the last page') })
}

/** Problem details: RFC 9457. */
export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  trace_id: z.string().nullable(),
  errors: z
    .array(z.strictObject({ field: z.string(), message: z.string() }))
    .optional()
    .describe('Everything that is wrong with the request, at once'),
})
