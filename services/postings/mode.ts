// Whether the work is done on site, at home or both, as the words of a place or of a title say it; descriptions are never asked.

import type { RawPlace, WorkMode } from '../../scrapers/source.ts'
import { countryNamed, fold } from './countries.ts'
import { cities, regionCodes, regionNames } from './gazetteer.ts'

const HYBRID = /\bhybrid\b|\bh[ií]brid[oa]\b|\bhybride\b/i
const REMOTE =
  /\b(?:fully[- ]remote|100% remote|remote|remot[oa]|t[ée]l[ée]travail|teletrabajo|home[- ]based|work(?:ing)? from home|wfh|home[- ]?office)\b/i
const ONSITE = /\b(?:on-?\s?site|in[- ]office|office[- ]based|in[- ]person)\b/i
/** "Remote-friendly" and the like promise nothing; "telecommute" alone means no more than "not strictly on site". */
const MAYBE = /\b(?:remote|hybrid)[- ](?:friendly|eligible|optional|possible|available|flexible|first)\b|\b(?:no|non|not)[- ]remote\b/gi
const WORDS = new RegExp(
  `${MAYBE.source}|\\b(?:fully|100%)\\s+(?=remote)|${HYBRID.source}|${REMOTE.source}|${ONSITE.source}|\\bdistributed\\b`,
  'gi',
)

/** The mode that a text names; hybrid wins, because a hybrid job is never a remote one. */
function modeIn(text: string): WorkMode | null {
  const sure = text.replace(MAYBE, ' ')
  if (HYBRID.test(sure)) return 'hybrid'
  if (REMOTE.test(sure)) return 'remote'
  return ONSITE.test(sure) ? 'onsite' : null
}

/** A place without the words for a way of working, so that "Remote - US" is a place in the United States. */
export function withoutMode(place: string): string {
  return place.replace(WORDS, ' , ')
}

/** Whether a place is nothing but a way of working: "Remote", "Hybrid", "In-Office". */
export function namesModeAlone(place: string): boolean {
  return withoutMode(place).replace(/[\s,()[\]*.-]/g, '') === ''
}

/** The mode that the places name together: "Berlin (hybrid)", "Remote - US". */
export function modeOfPlaces(places: readonly RawPlace[]): WorkMode | null {
  return modeIn(places.map((place) => place.text).join(' ; '))
}

/**
 * The mode that a title names as something apart: in brackets, or after a dash, comma or bar, alone or with a place. "Remote Sensing
 * Engineer" and "Hybrid Cloud Architect" name none.
 */
export function modeOfTitle(title: string): WorkMode | null {
  if (!/remot|h[yií]brid|site|office|home|person|t[eé]l[eé]tra/i.test(title)) return null
  const apart = title.split(/[()[\]|,/–—:]|\s-\s|\s-|-\s/).filter((part) => modeIn(part) !== null && isAlone(part))
  return apart.length === 0 ? null : modeIn(apart.join(' ; '))
}

function isAlone(part: string): boolean {
  const rest = withoutMode(part)
    .replace(/[,.]/g, ' ')
    .replace(/\b(?:only|role|position|job|work|option|opportunity|in|within|the|from|or|and|ok|uk|us|usa|eu|emea|apac|latam)\b/gi, ' ')
  const name = rest.replace(/\s+/g, ' ').trim()
  return name === '' || countryNamed(name) !== null || cities.has(fold(name)) || regionNames.has(fold(name)) || regionCodes.has(name)
}
