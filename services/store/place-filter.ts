// A place in a person's words as a WHERE on postings: cities by their names, countries by code or name, never a guess between the two.

import type { Knex } from 'knex'
import { countryStated, fold } from '../postings/countries.ts'

/** Cities that job boards write in several ways. */
const SAME_PLACE: readonly (readonly string[])[] = [
  ['new york', 'new york city', 'nyc'],
  ['san francisco', 'sf'],
  ['london', 'ldn'],
  ['bangalore', 'bengaluru'],
  ['munich', 'munchen'],
  ['cologne', 'koln'],
  ['vienna', 'wien'],
  ['warsaw', 'warszawa'],
  ['prague', 'praha'],
  ['lisbon', 'lisboa'],
  ['milan', 'milano'],
  ['rome', 'roma'],
  ['brussels', 'bruxelles'],
  ['copenhagen', 'kobenhavn'],
  ['kyiv', 'kiev'],
]

/** Both cases, because in the C locale `~*` folds the ASCII letters alone. */
const ACCENTED: Readonly<Record<string, string>> = {
  a: 'áàâãäåāÁÀÂÃÄÅĀ',
  c: 'çćčÇĆČ',
  e: 'éèêëěęēÉÈÊËĚĘĒ',
  g: 'ğĞ',
  i: 'íìîïıİÍÎ',
  l: 'łŁ',
  n: 'ñńňÑŃŇ',
  o: 'óòôõöøőÓÒÔÕÖØŐ',
  r: 'řŘ',
  s: 'śšşșŚŠŞȘ',
  t: 'țţȚŢ',
  u: 'úùûüůűÚÙÛÜŮŰ',
  y: 'ýÝ',
  z: 'źżžŹŻŽ',
}

/**
 * Narrows to postings that have every part of the place ("London, UK"). A part that could be a country is met by the country or by
 * its whole word, as "Georgia" and "CA" are both; any other part by words of `place_text` that begin so, accents aside.
 */
export function wherePlace(builder: Knex.QueryBuilder, location: string): void {
  for (const stated of location.split(',').filter((words) => words.trim() !== '')) {
    const part = withoutRegion(plain(stated))
    const code = countryStated(part)
    const pattern = namesOf(part)
      .map((name) => patternOf(name, code !== null || name.length <= 3))
      .join('|')
    if (code !== null) void builder.whereRaw('(p.place_text ~* ? or p.countries @> array[?]::text[])', [pattern, code])
    else if (part === 'remote') void builder.whereRaw(`(p.place_text ~* ? or p.work_mode = 'remote')`, [pattern])
    else void builder.whereRaw('p.place_text ~* ?', [pattern])
  }
}

/** One pattern, so that the trigram index answers it and PostgreSQL asks it before it unpacks `search`. */
function patternOf(name: string, wholeWord: boolean): string {
  const letters = name
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/[a-z]/g, (letter) => (ACCENTED[letter] === undefined ? letter : `[${letter}${ACCENTED[letter]}]`))
  return `${/^\w/.test(name) ? String.raw`\m` : ''}${letters}${wholeWord && /\w$/.test(name) ? String.raw`\M` : ''}`
}

/** A region called after its city and the city meet each other: "Greater London", "San Francisco Bay Area". */
function withoutRegion(part: string): string {
  return part.replace(/^greater /, '').replace(/ (metropolitan |metro |bay )?area$/, '') || part
}

/** Folded, with single spaces; ø and ł are letters of their own, which folding leaves. */
function plain(text: string): string {
  return fold(text).replaceAll('ø', 'o').replaceAll('ł', 'l').replaceAll(/\s+/g, ' ')
}

function namesOf(part: string): readonly string[] {
  return SAME_PLACE.find((names) => names.includes(part)) ?? [part]
}

/** A text as it stands for itself inside LIKE. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}

/**
 * A text, not empty, as one operand of to_tsquery, with nothing in it an operator: its words, in this order, at this weight.
 * Syntax: PostgreSQL manual, "to_tsquery".
 */
export function quoteWords(text: string, weight: 'A' | 'B' | 'C' | 'D'): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", "''")}':${weight}`
}
