// Where a posting is: one place per town it names, with a country only when its words settle it.

import type { RawPlace } from '../../scrapers/source.ts'
import { countryCoded, countryNamed, countryStated, fold } from './countries.ts'
import { cities, regionCodes, regionNames, type Region } from './gazetteer.ts'
import { namesModeAlone, withoutMode } from './mode.ts'
import type { Place } from './posting.ts'
import { oneLine } from './text.ts'

/**
 * The places of a posting. Texts with several places in them ("Berlin; Paris", "SF or NYC") become several; a text that names a way of
 * working and no place is kept only when there is no other. `home` is the company's country: it decides between the countries that a
 * text may mean, and never adds one that it cannot mean.
 */
export function normalisePlaces(raw: readonly RawPlace[], home: string | null): Place[] {
  const places = new Map<string, Place>()
  for (const place of raw.flatMap(apart)) {
    const known = placed(place, home)
    if (!places.has(known.text)) places.set(known.text, known)
  }
  const all = [...places.values()].filter((place) => place.text !== '')
  const real = all.filter((place) => !namesModeAlone(place.text))
  return real.length > 0 ? real : all.slice(0, 1)
}

/** One raw place per place that its text lists, unless the source states the parts itself. */
function apart(raw: RawPlace): RawPlace[] {
  if (raw.city !== null || raw.region !== null || raw.country !== null) return [{ ...raw, text: oneLine(raw.text) }]
  const texts = raw.text
    .split(/\s*[;|•\n]\s*|,?\s+or\s+|\s+\/\s+/i)
    .map(oneLine)
    .filter((text) => text !== '')
    .flatMap(listed)
  return texts.map((text) => ({ ...raw, text }))
}

/** "Berlin, Hamburg, Munich" is three places; "New York, New York" and "Berlin, Germany" are one. */
function listed(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim())
  const towns = new Set(parts.map(fold))
  const isList =
    parts.length > 1 && towns.size === parts.length && parts.every((part, n) => cities.has(fold(part)) && (n === 0 || !namesMore(part)))
  return isList ? parts : [text]
}

function namesMore(part: string): boolean {
  return regionNames.has(fold(part)) || countryNamed(part) !== null
}

function placed(raw: RawPlace, home: string | null): Place {
  const read = readPlace(raw.text, home)
  const country = (raw.country === null ? null : countryStated(raw.country)) ?? read.country
  const [city, region] = [stated(raw.city), stated(raw.region)]
  return {
    text: raw.text,
    city: city || (country === read.country || raw.country === null ? read.city : null),
    region: stateOf(region, country) ?? (country === read.country ? read.region : null),
    country,
  }
}

/** A city or state in a field of its own, unless the field holds a way of working ("Remote"). */
function stated(value: string | null): string | null {
  const name = value === null ? '' : oneLine(value)
  return name === '' || namesModeAlone(name) ? null : name
}

/** The full name of a state of this country, from its code or its name; other words as they are, unless they name the country again. */
function stateOf(text: string | null, country: string | null): string | null {
  if (text === null || (country !== null && countryNamed(text) === country)) return null
  const all = [...(regionCodes.get(text.toUpperCase()) ?? []), ...(regionNames.get(fold(text)) ?? [])]
  return all.find((known) => known.country === country)?.name ?? text
}

/** What one part of a place may mean. The sets hold countries; empty is "says nothing". */
interface Part {
  text: string
  country: string | null
  regions: Region[]
  /** Countries of the state or the bare two-letter code: `CA` is California and Canada. */
  byRegion: Set<string>
  byCity: Set<string>
}

/**
 * City, state and country of a place in words. A country by its name decides alone; a state or a two-letter code counts only as far as
 * city, company's home and the other parts leave one meaning; what stays open is null.
 */
export function readPlace(text: string, home: string | null): Omit<Place, 'text'> {
  const parts = withoutMode(text)
    .split(/[,()/|:–—]|\s-\s|\s-|-\s/)
    .map((part) =>
      part
        .replace(/\d+/g, ' ')
        .replace(GENERIC, ' ')
        .replace(/\s+/g, ' ')
        .replace(/^[\s.*-]+|[\s*-]+$/g, ''),
    )
    .filter((part) => part !== '')
    .map((part, index, all) => partOf(part, index, all.length))
  const country = decide(parts, home)
  const isState = (part: Part) => part.regions.some((region) => region.country === country)
  const isCity = (part: Part, index: number) =>
    (country === null ? part.byCity.size > 0 : part.byCity.has(country)) &&
    (!isState(part) || index === 0 || parts.slice(index + 1).some(isState))
  const at = parts.findIndex(isCity)
  const city = parts[at]
  const state =
    parts.find((part, index) => index > at && part !== city && isState(part)) ??
    (at < 0 ? undefined : parts.find((part) => part !== city && isState(part)))
  const region = state?.regions.find((known) => known.country === country)?.name ?? null
  if (city === undefined) return { ...unlisted(parts, country, region), country }
  const ofCity = cities.get(fold(city.text))?.find((town) => town.country === country)?.region ?? null
  /** "Washington" alone is the state, "New York" alone is both. */
  const alone = isState(city) && region === null ? (city.regions.find((known) => known.country === country)?.name ?? null) : null
  if (alone !== null && alone !== ofCity) return { city: null, region: alone, country }
  return { city: city.text, region: ofCity ?? region, country }
}

/** Words around a place that are none: "Berlin HQ", "Greater Boston Area", "anywhere in the US". */
const GENERIC =
  /\b(?:hq|headquarters?|head office|offices?|greater|metro(?:politan)?(?: area)?|(?:bay )?area|based|anywhere|campus|hub|region|only|within|in(?= the\b)|(?<=^|\s)in|the(?= (?:us|usa|uk|u\.s\.|united)\b)|continental|contiguous|preferred)\b/gi

/** In a set of countries: "or something else altogether". A code on its own may stand for anything. */
const OTHER = ''

function partOf(text: string, index: number, count: number): Part {
  const code = /^(?:[A-Z]\.?){2,3}$/.test(text) ? text.replaceAll('.', '') : ''
  const folded = fold(text)
  /** "East Coast USA", "US West": the short forms stand beside other words without a comma. */
  const beside = /^(?:US|USA|UK)\b(?= )|(?<= )(?:US|USA|UK)$/.exec(text)?.[0]
  const name = countryNamed(beside ?? text)
  const regions = [...(regionCodes.get(code) ?? []), ...(regionNames.get(folded) ?? [])]
  const alone = code !== '' && count === 1
  const coded = name === null && (index > 0 || alone) ? countryCoded(code) : null
  const byCity = new Set((cities.get(folded) ?? []).map((city) => city.country))
  const byRegion = new Set(regions.map((region) => region.country))
  const isRegion = byRegion.size > 0
  /** Georgia is a country and a state; the Vatican has no towns that go before its code. */
  if (isRegion && name !== null) byRegion.add(name)
  if (coded !== null && coded !== 'VA') byRegion.add(coded)
  if (alone && byRegion.size > 0) byRegion.add(OTHER)
  /** "Ontario, CA" may be the town in California: a state named first may be a town of that name. */
  if (isRegion && index === 0 && count > 1) for (const country of byCity) byRegion.add(country)
  return { text, country: isRegion ? null : name, regions, byRegion, byCity }
}

function decide(parts: readonly Part[], home: string | null): string | null {
  const named = new Set(parts.flatMap((part) => part.country ?? []))
  if (named.size > 0) return named.size === 1 ? settled(named, null) : null
  const states = common(parts.map((part) => part.byRegion))
  const towns = common(parts.filter((part) => part.byRegion.size === 0).map((part) => part.byCity))
  if (states === null) return towns === null ? null : settled(towns, home)
  const both = towns === null ? states : states.intersection(towns)
  return settled(both.size > 0 ? both : states, home)
}

/** What all sets that say something have in common; null when none says anything. */
function common(sets: readonly Set<string>[]): Set<string> | null {
  const saying = sets.filter((set) => set.size > 0)
  return saying.length === 0 ? null : saying.reduce((left, right) => left.intersection(right))
}

/** The only country left, or the company's home where it is one of several. */
function settled(countries: Set<string>, home: string | null): string | null {
  if (countries.size === 1) return [...countries][0] ?? null
  return home !== null && countries.has(home) ? home : null
}

/** The town that no list has, before its state or country: "Galena" of "Galena, Illinois"; of "Trento, Trentino, Italy" the second is the state. */
function unlisted(parts: readonly Part[], country: string | null, region: string | null): { city: string | null; region: string | null } {
  const at = parts.findIndex((part) => country !== null && (part.country === country || part.byRegion.has(country)))
  const [town, state] = [at - 1, at - 2].map((index) => {
    const part = index >= 0 ? parts[index] : undefined
    const isName =
      part !== undefined && part.country === null && part.byRegion.size === 0 && TOWN.test(part.text) && !NO_TOWN.test(part.text)
    return isName ? part.text : null
  })
  return town && state && region === null ? { city: state, region: town } : { city: town ?? null, region }
}

const TOWN = /^\p{Lu}[\p{L}.'’ -]{1,40}$/u
const NO_TOWN =
  /\b(?:any|all|various|multiple|several|global|worldwide|nationwide|international|emea|apac|latam|amer|americas|europe|asia|africa|north|south|east|west|central|northeast|southeast|northwest|southwest|midwest|coast|time ?zone|field|home|virtual|store|center|centre|building|floor|flexible|locations?|street|st|avenue|ave|road|rd|boulevard|blvd|drive|suite|plaza|hwy|highway|dr|pkwy|parkway|ln|lane|turnpike|route|and|inc|llc|corp|services?|school|hospital|clinic|remote)\b/i
