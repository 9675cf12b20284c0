// The fields that specifications are made of; every scalar arrives as text, so that no number passes through a double.

import { z } from 'zod'
import { parseDecimal, parsePercent } from './decimal.ts'
import { parseDuration } from './duration.ts'

const quote = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

/** A text that a reader turns into something; `form` completes the sentence "… is not". */
function reads<T>(read: (text: string) => T | undefined, form: string) {
  return z
    .string({ error: ({ input }) => (input === undefined ? 'This is missing.' : 'This must be one plain value.') })
    .transform((text, context) => {
      const found = read(text.trim())
      if (found !== undefined) return found
      context.addIssue(`${quote(text)} is not ${form}.`)
      return z.NEVER
    })
}

const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : undefined)

export const sentence = reads((text) => (text === '' ? undefined : text), 'a text: something has to stand here')
export const decimalNumber = reads(parseDecimal, 'a decimal number, as 0.4 or 300')
export const percent = reads(parsePercent, 'a percentage, as 99.9%')
export const duration = reads(parseDuration, 'a duration, as 90s, 15m, 1h or 7d')
export const seconds = reads((text) => parseDecimal(text.replace(/s$/, '')), 'a number of seconds, as 0.4s or 300s')
export const count = reads((text) => (/^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined), 'a whole number above 0')
export const slug = reads(matching(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/), 'a name of lower-case words with dashes')
export const alertName = reads(matching(/^[A-Z][A-Za-z0-9]+$/), 'a name of an alert, as ScrapeOutage')
export const metricName = reads(matching(/^[a-z][a-z0-9_]*$/), 'the name of a metric')
export const labelName = reads(matching(/^[a-z][a-z0-9_]*$/), 'the name of a label')

export const PRIORITIES = ['P0', 'P1', 'P2', 'P3'] as const
export type Priority = (typeof PRIORITIES)[number]
export const priority = reads((text) => PRIORITIES.find((one) => one === text), 'a priority: P0, P1, P2 or P3')

/** P0 wakes somebody, P1 and P2 wait for the working day, P3 tells nobody. */
export function severityOf(one: Priority): 'page' | 'ticket' | 'none' {
  return one === 'P0' ? 'page' : one === 'P3' ? 'none' : 'ticket'
}

export const DASHBOARDS = ['overview', 'scrapers', 'alert-pipeline', 'performance'] as const
export const dashboard = reads((text) => DASHBOARDS.find((one) => one === text), `a dashboard: ${DASHBOARDS.join(', ')}`)

/** Label → the values it must have; a value may be a pattern, as `5..`. */
export const sampleValues = z.record(z.string(), z.array(sentence).min(1))
export const labelValues = z.record(
  z.string(),
  z.array(z.string().regex(/^[\w.-]+$/, 'Only letters, digits, dot, dash and underscore.')).min(1),
)
