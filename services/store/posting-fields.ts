// The fields of a query over postings as they come from outside, checked: from an address, a body or a command line.

import { z } from 'zod'
import { sourceNames } from '../../scrapers/index.ts'
import { countryCoded } from '../postings/countries.ts'
import { SORTS, STATUSES } from './posting-query.ts'

const words = (most: number) => z.string().trim().min(1, 'must not be empty').max(most, `must be ${most} characters at the most`)

const skills = z
  .union([words(400), z.array(words(80)).max(20, 'must be 20 at the most')])
  .transform((given) =>
    [...new Set([given].flat().flatMap((text) => text.split(',')))].map((skill) => skill.trim()).filter((skill) => skill !== ''),
  )

/** What narrows a list: the same for the API, for saved searches and for exports. */
export const filterFields = {
  q: words(300).optional().describe('Full text in web search syntax: words, "phrases", or, -without'),
  company: words(120).optional().describe("A company's slug, or the beginning of its name"),
  title: words(200).optional().describe('Words that the title has, all of them'),
  location: words(120).optional().describe('A place in words; parts after a comma narrow it, as "London, UK"'),
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, 'must be a country code of two letters, as US')
    .toUpperCase()
    .refine((code) => countryCoded(code) !== null, 'is not a country code of ISO 3166-1; Great Britain is GB')
    .optional()
    .describe('ISO 3166-1 alpha-2'),
  mode: z.enum(['onsite', 'hybrid', 'remote']).optional().describe('Where the work is done'),
  level: z.enum(['intern', 'junior', 'mid', 'senior', 'staff', 'principal']).optional(),
  skill: skills.optional().describe('Skills, all of them: repeated, or separated by commas'),
  salary_min: z.coerce
    .number('must be a number')
    .positive('must be above 0')
    .max(1e12, 'must be below a thousand billions')
    .optional()
    .describe("Per year, reached by the top of the posting's pay; only postings with pay. In `currency`, or in whatever the posting pays"),
  currency: z
    .string()
    .regex(/^[A-Za-z]{3}$/, 'must be a currency code of three letters, as USD')
    .toUpperCase()
    .optional()
    .describe('ISO 4217'),
  source: z.enum(sourceNames as readonly [string, ...string[]]).optional(),
  posted_within: z.coerce
    .number('must be a number of days')
    .int('must be a whole number of days')
    .min(1, 'must be 1 day at the least')
    .max(3650, 'must be 3650 days at the most')
    .optional()
    .describe('Days since it was published, or first seen where the source does not say'),
  status: z.enum(STATUSES).optional().describe('open unless told'),
} as const

/** Further fields of a list: which day, in what order. */
export const orderFields = {
  as_of: z.iso.date('must be a date as 2025-07-01').optional().describe('What was open at the end of that day in UTC, and how it was then'),
  sort: z.enum(SORTS).optional().describe('relevance where there is a q, else newest; salary is by the number, whatever its currency'),
} as const

/** The query of a saved search: something that narrows, or everything would match. */
export const savedQuery = z
  .strictObject(filterFields)
  .refine(
    (query) => Object.values(query).some((value) => value !== undefined),
    'needs at least one field; without any, every posting would match',
  )
