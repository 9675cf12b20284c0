// Reading PromQL: which series and labels an expression names, and where it does not parse.

import { parser } from '@prometheus-io/lezer-promql'

export interface Matcher {
  label: string
  op: string
  value: string
}

export interface Selector {
  /** Empty when the selector names no metric. */
  metric: string
  matchers: Matcher[]
}

export interface Reading {
  selectors: Selector[]
  /** Labels of by, without, on, ignoring, group_left and group_right. */
  groupings: string[]
  /** Where the text is no PromQL: the offset, or null. */
  brokenAt: number | null
}

/** A piece of an expression, as the grammar calls it. */
export interface Piece {
  name: string
  from: number
  to: number
  text: string
  /** The names of what it stands in, innermost first. */
  inside: string[]
}

/** All pieces of an expression, outer ones first. */
export function piecesOf(expression: string): Piece[] {
  const pieces: Piece[] = []
  const open: string[] = []
  parser.parse(expression).iterate({
    enter: ({ name, from, to, type }) => {
      pieces.push({ name: type.isError ? '⚠' : name, from, to, text: expression.slice(from, to), inside: [...open].toReversed() })
      open.push(name)
    },
    leave: () => {
      open.pop()
    },
  })
  return pieces
}

export function readPromql(expression: string): Reading {
  const reading: Reading = { selectors: [], groupings: [], brokenAt: null }
  for (const { name, text, from, inside } of piecesOf(expression)) {
    const selector = reading.selectors.at(-1)
    if (name === '⚠') reading.brokenAt ??= from
    else if (name === 'VectorSelector') reading.selectors.push({ metric: '', matchers: [] })
    else if (name === 'Identifier' && inside[0] === 'VectorSelector' && selector) selector.metric = text
    else if (name === 'LabelName' && inside[0] === 'GroupingLabels') reading.groupings.push(text)
    else if (name.endsWith('LabelMatcher') && selector) selector.matchers.push(readMatcher(text))
  }
  return reading
}

/** Strings of PromQL are those of Go; those of our rules are those of JSON too. */
function readMatcher(text: string): Matcher {
  const [, label = '', op = '', value = '""'] = /^"?([\w:]+)"?\s*(=~|!~|!=|=)\s*(".*")$/s.exec(text) ?? []
  return { label, op, value: JSON.parse(value) as string }
}
