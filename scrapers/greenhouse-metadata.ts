// The custom fields that employers add to Greenhouse postings: facts by name, pay bands, and the people that are never kept.

import { bandOf } from './money.ts'
import { basisIn, periodIn, speaksOfPay } from './pay-words.ts'
import { type Fields, maybe } from './read.ts'
import type { RawPay, RawPosting } from './source.ts'

type Fact = RawPosting['facts'][string]

/** Names of fields whose texts are people, whatever their type. */
const PEOPLE =
  /recruiter|sourcer|hiring manager|hiring lead|interviewer|business partner|\bhrbp\b|\bleader\b|coordinator|\bcontact|e-?mail|backfill|\b(?:first|last) name\b|reports? to|\buser\b/i
const ADDRESS = /[^\s@]@[^\s@]+\.[^\s@]/

/** What the custom fields of one posting say, people left out; `employmentType` is the field of that name. */
export function customFields(job: Fields): { facts: Record<string, Fact>; pay: RawPay[]; employmentType: string | null } {
  const facts = new Map<string, Fact>()
  const pay: RawPay[] = []
  for (const field of maybe.each(job, 'metadata')) {
    const name = maybe.text(field, 'name')
    const fact = name === null || isPerson(field) ? null : factOf(field)
    if (name === null || fact === null) continue
    const bands = bandsOf(field, name)
    pay.push(...bands)
    if (bands.length === 0 && !facts.has(name)) facts.set(name, fact)
  }
  const employment = [...facts].find(([name]) => /^employment type$/i.test(name))?.[1]
  return { facts: Object.fromEntries(facts), pay, employmentType: typeof employment === 'string' ? employment : null }
}

/**
 * The page with every value that names a person set to null, or undefined when there was none; what was given is left as it is.
 * Fields are found wherever they are: a page that changed its shape is kept too, as evidence.
 */
export function withoutPeople(page: unknown): unknown {
  const without = cleared(page)
  return without === page ? undefined : without
}

/** The same value where there is nobody in it, else a copy. */
function cleared(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: unknown[] = value.map(cleared)
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (isFullPerson(value)) return null
  if ('value' in value && isPerson(value)) return { ...value, value: null }
  const entries = Object.entries(value).map(([key, item]: [string, unknown]) => [key, cleared(item), item] as const)
  return entries.some(([, after, before]) => after !== before) ? Object.fromEntries(entries) : value
}

/** A person as a field of type `user` holds one. */
function isFullPerson(value: object): boolean {
  return ['email', 'user_id', 'employee_id'].some((key) => Object.hasOwn(value, key))
}

/** A field with a value about somebody: of type `user`, with an e-mail address in it, or a text in a field named after a person. */
function isPerson(field: Fields): boolean {
  const value = field['value']
  if (value === null || value === undefined || typeof value === 'boolean') return false
  if (maybe.text(field, 'value_type') === 'user') return true
  if (typeof value === 'object' && isFullPerson(value)) return true
  return ADDRESS.test(JSON.stringify(value)) || PEOPLE.test(maybe.text(field, 'name') ?? '')
}

function factOf(field: Fields): Fact | null {
  const value = field['value']
  if (typeof value === 'boolean') return value
  if (Array.isArray(value)) {
    const texts = maybe.texts(field, 'value')
    return texts.length > 0 ? texts : null
  }
  if (typeof value === 'object') return amountIn(maybe.fields(field, 'value'))
  return maybe.text(field, 'value_type') === 'number' ? maybe.number(field, 'value') : maybe.text(field, 'value')
}

/** `{unit, amount}`, `{unit, min_value, max_value}` (currency_range, number_range) as words. */
function amountIn(value: Fields): string | null {
  const ends = [maybe.text(value, 'amount') ?? maybe.text(value, 'min_value'), maybe.text(value, 'max_value')].filter((end) => end !== null)
  const unit = maybe.text(value, 'unit')
  return ends.length === 0 ? null : [ends.join(' – '), unit].filter((part) => part !== null).join(' ')
}

/** A `currency_range` whose name speaks of pay. */
function bandsOf(field: Fields, name: string): RawPay[] {
  if (maybe.text(field, 'value_type') !== 'currency_range' || !speaksOfPay(name)) return []
  const value = maybe.fields(field, 'value')
  return bandOf([value, 'min_value', 'max_value'], {
    currency: maybe.text(value, 'unit'),
    period: periodIn(name),
    basis: basisIn(name),
    label: name,
    evidence: `${name}: ${amountIn(value)}`,
  })
}
