// Text as it is kept: what the database can hold, whitespace a reader would write, and how HTML becomes it.

import { linesOf } from './html.ts'

/**
 * The text without what PostgreSQL refuses in text and jsonb: NUL and half surrogate pairs. Other control characters but tab and line
 * feed go too; carriage returns become line feeds.
 */
export function storable(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return CONTROL.test(whole) ? whole.replace(/\r\n?/g, '\n').replace(CONTROLS, '') : whole
}

const CONTROL = /[^\P{Cc}\t\n]/u
const CONTROLS = new RegExp(CONTROL, 'gu')

/** One line: every run of whitespace is one space, none at the ends. */
export function oneLine(text: string): string {
  return visible(storable(text)).replace(/\s+/g, ' ').trim()
}

/** Lines: no blanks at their ends, runs of blanks as one, at most one empty line between them. */
export function tidy(text: string): string {
  return visible(storable(text))
    .replace(/ {2,}[^\S\n]*| ?[^\S\n ][^\S\n]*/g, ' ')
    .replace(/ \n ?|\n /g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

/** Zero-width space, soft hyphen, word joiner, byte order mark: they split words for a search and show nothing. */
function visible(text: string): string {
  return /[\u200b\u00ad\u2060\ufeff]/.test(text) ? text.replace(/[\u200b\u00ad\u2060\ufeff]/g, '') : text
}
/** HTML as plain lines: headings and items on lines of their own, items with a dash, entities decoded, links as their words. */
export function plainText(html: string): string {
  return tidy(linesOf(html))
}
