// A posting as the product keeps it, and its identity.

import { createHash } from 'node:crypto'
import type { PayBasis, PayPeriod, WorkMode } from '../../scrapers/source.ts'

export type Level = 'intern' | 'junior' | 'mid' | 'senior' | 'staff' | 'principal'
export type Track = 'ic' | 'manager' | 'executive'

export interface Place {
  /** As stated by the source. */
  text: string
  city: string | null
  region: string | null
  /** ISO 3166-1 alpha-2, or null when the source's words do not settle it. */
  country: string | null
}

export interface Pay {
  min_minor: number | null
  max_minor: number | null
  currency: string | null
  period: PayPeriod | null
  basis: PayBasis
  label: string | null
  /** Major units per year; null when currency or period is unknown. */
  annual_min: number | null
  annual_max: number | null
  /** Where it was read: `structured` (the source's own fields). */
  origin: 'structured'
  evidence: string
}

/** A normalised posting, ready to be compared and stored. Dates are ISO 8601 in UTC. */
export interface Posting {
  uid: string
  source: string
  board: string
  external_id: string
  title: string
  url: string
  apply_url: string | null
  description: string
  description_html: string | null
  places: Place[]
  work_mode: WorkMode | null
  /** Where the work mode was read. */
  work_mode_origin: 'source' | 'place' | 'title' | null
  department: string | null
  team: string | null
  employment_type: string | null
  requisition_id: string | null
  language: string | null
  posted_at: string | null
  edited_at: string | null
  pay: Pay[]
  level: Level | null
  track: Track | null
  skills: string[]
  facts: Record<string, string | number | boolean | string[]>
  /** SHA-256 over everything above that a reader would call the posting's content; `edited_at` is left out. */
  content_hash: string
}

/** The posting's identity for ever: sha1("{source}:{board}:{external id}"), 40 hex characters. */
export function uidOf(source: string, board: string, externalId: string): string {
  return createHash('sha1').update(`${source}:${board}:${externalId}`).digest('hex')
}
