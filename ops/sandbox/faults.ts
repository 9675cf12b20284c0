// Faults on demand: which requests they strike, how often, from when on and in which order.

export const FAULT_KINDS = [
  'ok',
  'status',
  'slow',
  'hang',
  'reset',
  'truncated',
  'empty',
  'empty_board',
  'html',
  'login_wall',
  'captcha',
  'renamed_field',
  'dropped_field',
  'half_board',
  'repeated_page',
  'redirect',
  'wrong_etag',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface Fault {
  kind: FaultKind
  /** For `status`. */
  status?: number
  /** For `status`: seconds, in the Retry-After header. */
  retryAfter?: number
  retryAfterForm?: 'seconds' | 'date'
  /** Wait before the answer, with any kind; needed for `slow`. */
  ms?: number
  /** For `truncated`: whether Content-Length tells the truth about the cut body (`matching`, the usual) or about the whole one. */
  length?: 'matching' | 'wrong'
  /** For `renamed_field` and `dropped_field`; the title unless told. The list's own field may be renamed too. */
  field?: string
  /** For `renamed_field`: what it is called then. */
  name?: string
  /** For `dropped_field`: on which share of the postings, 0 to 1; half unless told. */
  share?: number
  /** For `redirect`: to a marketing page on another host (the usual), to itself, or to an address inside somebody's network. */
  to?: 'elsewhere' | 'loop' | 'private'
  /** For `wrong_etag`: another one on each answer (`fresh`, the usual), or 304 to whatever validator comes (`stuck`). */
  etag?: 'fresh' | 'stuck'
}

/** A fault, a status or a kind by its name. */
export type FaultWord = Fault | number | FaultKind

/** Which requests a fault strikes. Without any of source, host and board: every request for a board. */
export interface FaultRule extends Partial<Fault> {
  /** A source, or `slack`. */
  source?: string
  host?: string
  board?: string
  /** Only the next so many requests; until it is cleared unless told. */
  times?: number
  /** Only from the so-manyth request on, 1 being the next. */
  from?: number
  /** One after the other, instead of `kind`; then the rule is spent. */
  sequence?: FaultWord[]
}

export interface Where {
  source: string
  host: string
  /** Null for what is not a board: robots.txt, or Slack. */
  board: string | null
}

export interface StandingRule {
  id: number
  rule: FaultRule
  /** How many requests it was asked about. */
  seen: number
}

export interface Faults {
  add(rule: FaultRule): number
  clear(id?: number): void
  list(): StandingRule[]
  /** What strikes this request, if anything. */
  take(where: Where): Fault | null
}

const SLACK_KINDS: readonly string[] = ['ok', 'status', 'slow', 'hang', 'reset']
const CHOICES: Record<string, readonly string[]> = {
  retryAfterForm: ['seconds', 'date'],
  length: ['matching', 'wrong'],
  to: ['elsewhere', 'loop', 'private'],
  etag: ['fresh', 'stuck'],
}
const NUMBERS: Record<string, readonly [number, number]> = {
  status: [200, 599],
  retryAfter: [0, 86_400],
  ms: [0, 600_000],
  share: [0, 1],
  times: [1, 1_000_000_000],
  from: [1, 1_000_000_000],
}
const TEXTS = ['source', 'host', 'board', 'field', 'name']
const RULE_FIELDS = ['kind', 'sequence', ...Object.keys(CHOICES), ...Object.keys(NUMBERS), ...TEXTS]

function objectIssues(value: Record<string, unknown>, at: string): string[] {
  const issues: string[] = []
  for (const [field, given] of Object.entries(value)) {
    const choice = CHOICES[field]
    const range = NUMBERS[field]
    if (!RULE_FIELDS.includes(field)) issues.push(`${at}${field} is not known; there are ${RULE_FIELDS.join(', ')}`)
    else if (choice && !choice.includes(String(given))) issues.push(`${at}${field} must be one of ${choice.join(', ')}`)
    else if (range && (typeof given !== 'number' || given < range[0] || given > range[1]))
      issues.push(`${at}${field} must be a number from ${range[0]} to ${range[1]}`)
    else if (TEXTS.includes(field) && (typeof given !== 'string' || given === '')) issues.push(`${at}${field} must be a text`)
  }
  return issues
}

function wordIssues(word: unknown, at: string): string[] {
  if (typeof word === 'number') return word >= 200 && word <= 599 ? [] : [`${at} must be a status from 200 to 599`]
  const kind = typeof word === 'string' ? word : typeof word === 'object' && word !== null ? (word as { kind?: unknown }).kind : undefined
  if (!FAULT_KINDS.some((known) => known === kind)) return [`${at}: kind must be one of ${FAULT_KINDS.join(', ')}`]
  const fields = typeof word === 'object' ? (word as Record<string, unknown>) : {}
  const issues = typeof word === 'object' ? objectIssues(fields, `${at}: `) : []
  if (kind === 'status' && fields['status'] === undefined) issues.push(`${at}: status needs a status, as 503`)
  if (kind === 'slow' && fields['ms'] === undefined) issues.push(`${at}: slow needs ms`)
  return issues
}

/**
 * What is wrong with a rule that came from outside, in words; empty when it can be added.
 * @param known the market's names, so that a misspelt one does not silently strike nothing
 */
export function ruleIssues(
  value: unknown,
  known: { sources: readonly string[]; hosts: readonly string[]; hasBoard: (ident: string) => boolean },
): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['a fault must be an object, as {"kind":"hang"}']
  const { sequence, ...rule } = value as Record<string, unknown>
  const issues: string[] = []
  if (sequence === undefined) issues.push(...wordIssues(rule, 'fault'))
  else {
    issues.push(...objectIssues(rule, ''))
    if (rule['kind'] !== undefined) issues.push('give either kind or sequence')
    if (!Array.isArray(sequence) || sequence.length === 0) issues.push('sequence must be a list of faults, as [500, 500, "ok"]')
    else issues.push(...sequence.flatMap((word: unknown, i) => wordIssues(word, `sequence[${i}]`)))
  }
  const { source, host, board } = rule
  if (typeof source === 'string' && source !== 'slack' && !known.sources.includes(source))
    issues.push(`source must be one of ${known.sources.join(', ')}, slack`)
  if (typeof host === 'string' && !known.hosts.includes(host)) issues.push(`host must be one of ${known.hosts.join(', ')}`)
  if (typeof board === 'string' && !known.hasBoard(board)) issues.push(`there is no board ${board}`)
  const kinds = Array.isArray(sequence) ? sequence.map((word) => (asFault(word as FaultWord) as Fault | null)?.kind) : [rule['kind']]
  if (source === 'slack' && kinds.some((kind) => typeof kind === 'string' && !SLACK_KINDS.includes(kind)))
    issues.push(`slack knows only ${SLACK_KINDS.join(', ')}`)
  return issues
}

function asFault(word: FaultWord): Fault {
  if (typeof word === 'number') return { kind: 'status', status: word }
  return typeof word === 'string' ? { kind: word } : word
}

function strikes(rule: FaultRule, where: Where): boolean {
  if (rule.source !== undefined ? rule.source !== where.source : where.source === 'slack') return false
  if (rule.host !== undefined && rule.host !== where.host) return false
  if (rule.board !== undefined) return rule.board === where.board
  return where.board !== null || rule.host !== undefined || where.source === 'slack'
}

/** Keeps the standing rules; the oldest that strikes a request decides. */
export function openFaults(): Faults {
  const rules: StandingRule[] = []
  let last = 0
  return {
    add(rule) {
      rules.push({ id: ++last, rule, seen: 0 })
      return last
    },
    clear(id) {
      const kept = id === undefined ? [] : rules.filter((standing) => standing.id !== id)
      rules.splice(0, rules.length, ...kept)
    },
    list: () => rules.map((standing) => ({ ...standing })),
    take(where) {
      for (const standing of rules) {
        const { rule } = standing
        if (!strikes(rule, where)) continue
        standing.seen++
        const nth = standing.seen - (rule.from ?? 1)
        if (nth < 0 || nth >= (rule.sequence?.length ?? rule.times ?? Infinity)) continue
        const fault = asFault(rule.sequence?.[nth] ?? (rule as Fault))
        return fault.kind === 'ok' ? null : fault
      }
      return null
    },
  }
}
