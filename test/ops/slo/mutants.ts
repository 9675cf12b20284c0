// Rules with one small mistake each, as a tired person or a careless edit would make it.

import { piecesOf, type Piece } from '../../../ops/slo/promql.ts'
import type { AlertRule, RecordRule, RuleGroup } from '../../../ops/slo/rules.ts'

type Rule = AlertRule | RecordRule

export interface Mutant {
  /** The alert or record that is wrong. */
  rule: string
  /** What was done to it. */
  change: string
  group: RuleGroup
}

const FLIPS: Record<string, string> = {
  '>': '<',
  '<': '>',
  '>=': '<',
  '==': '!=',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  and: 'or',
  or: 'and',
}
const AGGREGATES: Record<string, string> = { sum: 'max', max: 'min', min: 'max' }
const OPERATORS = new Set(['Gtr', 'Lss', 'Gte', 'EqlC', 'Add', 'Sub', 'Mul', 'Div', 'And', 'Or'])
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

export const nameOf = (rule: Rule): string => ('alert' in rule ? rule.alert : rule.record)

/** A record for each window is the same sentence with another number: mistakes in its form are tried on the widest one alone. */
const shapeOf = (rule: Rule): string => nameOf(rule).replace(/\d+[smhd]$/, '')

export function mutantsOf(group: RuleGroup): Mutant[] {
  const last = new Map(group.rules.map((rule) => [shapeOf(rule), rule]))
  return group.rules.flatMap((rule, index) => {
    const whole = 'alert' in rule || last.get(shapeOf(rule)) === rule
    const changes = [...windows(rule), ...(whole ? [...numbers(rule), ...operators(rule), ...selections(rule), ...times(rule)] : [])]
    return changes.map(([change, wrong]) => ({ rule: nameOf(rule), change, group: { ...group, rules: group.rules.with(index, wrong) } }))
  })
}

type Change = [change: string, wrong: Rule]

function replace(rule: Rule, { from, to, text }: Pick<Piece, 'from' | 'to' | 'text'>, by: string): Change {
  return [`${text} → ${by || 'nothing'} at ${from}`, { ...rule, expr: rule.expr.slice(0, from) + by + rule.expr.slice(to) }]
}

const pieces = (rule: Rule, ...names: string[]): Piece[] => piecesOf(rule.expr).filter(({ name }) => names.includes(name))

function windows(rule: Rule): Change[] {
  return pieces(rule, 'NumberDurationLiteralInDurationContext').flatMap((piece) => {
    const seconds = Number(piece.text.slice(0, -1)) * (UNITS[piece.text.at(-1) ?? ''] ?? 0)
    return [seconds / 2, seconds * 2].map((wrong) => replace(rule, piece, `${wrong}s`))
  })
}

/** Thresholds by a tenth, counts of whole events by one, 0 to 1. */
function numbers(rule: Rule): Change[] {
  return pieces(rule, 'NumberDurationLiteral').flatMap((piece) => {
    const value = Number(piece.text)
    const counted = />=\s*$/.test(rule.expr.slice(0, piece.from)) && Number.isInteger(value)
    const wrong = value === 0 ? [1] : counted ? [value - 1, value + 1] : [value * 0.9, value * 1.1]
    return wrong.map((each) => replace(rule, piece, `${Number(each.toPrecision(12))}`))
  })
}

function operators(rule: Rule): Change[] {
  const flipped = piecesOf(rule.expr)
    .filter(({ name }) => OPERATORS.has(name))
    .map((piece) => replace(rule, piece, FLIPS[piece.text] ?? piece.text))
  return [...flipped, ...dropped(rule), ...pieces(rule, 'Bool').map((piece) => replace(rule, piece, ''))]
}

/** One side of `and` and `or` left out, and a guard without its comparison. */
function dropped(rule: Rule): Change[] {
  const all = piecesOf(rule.expr)
  return all.flatMap((whole, index) => {
    if (whole.name !== 'BinaryExpr') return []
    const inner = all.slice(index + 1).filter(({ to, inside }) => to <= whole.to && inside.length === whole.inside.length + 1)
    const [left, operator, ...rest] = inner
    const right = rest.at(-1)
    if (!left || !operator || !right) return []
    if (['And', 'Or'].includes(operator.name)) return [replace(rule, whole, left.text), replace(rule, whole, right.text)]
    return operator.name === 'Gtr' && whole.inside[0] === 'ParenExpr' ? [replace(rule, whole, left.text)] : []
  })
}

/** Aggregations, groupings, and what is selected. All series of a file are of one SLO, so `slo` and `bound` select nothing there. */
function selections(rule: Rule): Change[] {
  const matchers = pieces(rule, 'UnquotedLabelMatcher').filter(({ text }) => !/^(slo|bound)=/.test(text))
  const alternatives = matchers.flatMap((piece) => {
    const [, head = '', list = ''] = /^(\w+(?:=~|!~)")(.*)"$/.exec(piece.text) ?? []
    const values = list.split('|')
    if (values.length < 2) return []
    return values.map((_, at) => replace(rule, piece, `${head}${values.toSpliced(at, 1).join('|')}"`))
  })
  return [
    ...pieces(rule, 'Sum', 'Max', 'Min').map((piece) => replace(rule, piece, AGGREGATES[piece.text] ?? piece.text)),
    ...pieces(rule, 'AggregateModifier').map((piece) => replace(rule, piece, '')),
    ...matchers.map((piece) => replace(rule, withComma(rule, piece), '')),
    ...alternatives,
  ]
}

/** A matcher with the comma that ties it to its neighbour. */
function withComma({ expr }: Rule, { from, to }: Piece): Pick<Piece, 'from' | 'to' | 'text'> {
  const [start, end] = expr[to] === ',' ? [from, to + 1] : expr[from - 1] === ',' ? [from - 1, to] : [from, to]
  return { from: start, to: end, text: expr.slice(start, end) }
}

function times(rule: Rule): Change[] {
  if (!('alert' in rule)) return []
  return (['for', 'keep_firing_for'] as const).flatMap((key): Change[] => {
    const { [key]: value, ...without } = rule
    if (value === undefined) return []
    const twice = `${Number(value.slice(0, -1)) * 2}${value.at(-1)}`
    return [
      [`${key} ${value} → nothing`, without],
      [`${key} ${value} → ${twice}`, { ...rule, [key]: twice }],
    ]
  })
}
