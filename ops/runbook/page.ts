// A runbook's page: the Markdown that a person reads, and the lines of it that a machine runs.

export const HEADINGS = ['Meaning', 'Impact', 'Diagnosis', 'Steps', 'Escalation'] as const
export type Heading = (typeof HEADINGS)[number]

/** A value as it is written: itself, or the name of a label or of something found before. */
export type Value = { kind: 'literal'; text: string } | { kind: 'name'; name: string }

/** What a line's code says: an action, its arguments, and for which verdicts or causes it is meant (empty: for every one). */
export interface Call {
  action: string
  args: Readonly<Record<string, Value>>
  when: readonly string[]
}

/** A numbered line. Without a call it is asked of a person. */
export interface Item {
  /** As it is numbered in its list. */
  number: number
  /** In the file, from 1. */
  line: number
  /** The whole of it on one line, without its number and its code. */
  text: string
  call: Call | null
}

export interface Page {
  alert: string
  diagnosis: readonly Item[]
  steps: readonly Item[]
}

export interface PageFault {
  line: number
  words: string
}

/** The reserved argument. */
const WHEN = 'when'
const ARGUMENT = /^([a-z][a-z_]*)=(.+)$/
const LITERAL = /^[\w./:%+-]+(?:,[\w./:%+-]+)*$/
const NAME = /^\$([a-z][a-z_]*)$/

/**
 * Reads a page. A numbered line in Diagnosis or Steps that begins with `code` is a call: `noun.verb key=value key=$label when=cause,cause`;
 * values are plain words, there are no quotes and no nesting, and nothing is ever given to a shell.
 */
export function readPage(text: string): { page: Page; faults: PageFault[] } {
  const lines = text.split('\n')
  const faults: PageFault[] = []
  const alert = /^# ([A-Z]\w*)$/.exec(lines[0] ?? '')?.[1] ?? ''
  if (alert === '') faults.push({ line: 1, words: 'the first line must be "# " and the name of the alert' })
  const sections = readSections(lines, faults)
  const items = (heading: Heading) => readItems(lines, sections.get(heading), faults)
  return { page: { alert, diagnosis: items('Diagnosis'), steps: items('Steps') }, faults: faults.toSorted((a, b) => a.line - b.line) }
}

interface Span {
  from: number
  to: number
}

/** The headings, each once and in their order, and where their text is. */
function readSections(lines: readonly string[], faults: PageFault[]): Map<string, Span> {
  const found = lines.flatMap((line, index) => (line.startsWith('## ') ? [{ name: line.slice(3).trim(), index }] : []))
  const names = found.map(({ name }) => name)
  if (names.join() !== HEADINGS.join()) {
    const wrong = found.find(({ name }, n) => name !== HEADINGS[n])
    faults.push({ line: (wrong?.index ?? lines.length - 1) + 1, words: `the headings must be ${HEADINGS.join(', ')}, in this order` })
  }
  return new Map(found.map(({ name, index }, n) => [name, { from: index + 1, to: found[n + 1]?.index ?? lines.length }]))
}

function readItems(lines: readonly string[], span: Span | undefined, faults: PageFault[]): Item[] {
  const items: { number: number; line: number; parts: string[] }[] = []
  for (let index = span?.from ?? 0; index < (span?.to ?? 0); index++) {
    const line = lines[index] ?? ''
    const start = /^(\d+)\. (.+)$/.exec(line)
    if (start) items.push({ number: Number(start[1]), line: index + 1, parts: [start[2] ?? ''] })
    else if (/^ {3}\S/.test(line) && items.length > 0) items.at(-1)?.parts.push(line.trim())
    else if (line.trim() !== '') faults.push({ line: index + 1, words: 'only numbered lines may stand here, continued by three spaces' })
  }
  if (span && items.length === 0) faults.push({ line: span.from, words: 'there must be at least one numbered line here' })
  return items.map(({ number, line, parts }, n) => {
    if (number !== n + 1) faults.push({ line, words: `this line is number ${n + 1}, not ${number}` })
    return readItem(number, line, parts.join(' '), faults)
  })
}

function readItem(number: number, line: number, whole: string, faults: PageFault[]): Item {
  const code = /^`([^`]*)`\s*(.*)$/.exec(whole)
  if (!code) {
    if (whole.startsWith('`')) faults.push({ line, words: 'the code is not closed on its line' })
    return { number, line, text: whole, call: null }
  }
  return { number, line, text: code[2] ?? '', call: readCall(code[1] ?? '', line, faults) }
}

function readCall(code: string, line: number, faults: PageFault[]): Call {
  const [action = '', ...rest] = code.split(' ').filter((word) => word !== '')
  const args: Record<string, Value> = {}
  let when: string[] = []
  for (const word of rest) {
    const [, key = '', raw = ''] = ARGUMENT.exec(word) ?? []
    const value = readValue(raw)
    if (!value) faults.push({ line, words: `"${word}" is no argument: key=value or key=$label, of plain characters` })
    else if (Object.hasOwn(args, key) || (key === WHEN && when.length > 0)) faults.push({ line, words: `${key} is given twice` })
    else if (key !== WHEN) args[key] = value
    else if (value.kind === 'literal') when = value.text.split(',')
    else faults.push({ line, words: 'when= takes causes and verdicts, not labels' })
  }
  return { action, args, when }
}

function readValue(raw: string): Value | undefined {
  const name = NAME.exec(raw)?.[1]
  if (name !== undefined) return { kind: 'name', name }
  return LITERAL.test(raw) ? { kind: 'literal', text: raw } : undefined
}
