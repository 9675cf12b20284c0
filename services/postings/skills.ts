// Skills in a text: one pass over its words and a list of names, with care for names that are everyday words too.

import { CUES, NOT_AFTER, NOT_BEFORE, SKILLS } from './skill-list.ts'

/** `any`: in whatever case. `exact`: in this case alone. `wary`: in this case and near something that shows a skill is meant. */
type Care = 'any' | 'exact' | 'wary'

interface Alias {
  skill: string
  words: string[]
  /** As written, where the case matters. */
  written: string | null
  care: Care
}

const byFirstWord = new Map<string, Alias[]>()
const words = new Set<string>()
const canonical = new Map<string, string>()

for (const entry of SKILLS) {
  const [head = '', ...others] = entry.split('|')
  const skill = head.replace(/^[~=]/, '')
  canonical.set(skill.toLowerCase(), skill)
  for (const alias of head.startsWith('~') ? others : [head, ...others]) {
    const written = alias.replace(/^[~=]/, '')
    const care: Care = alias.startsWith('~') ? 'wary' : alias.startsWith('=') ? 'exact' : 'any'
    const parts = written.toLowerCase().split(' ')
    const there = byFirstWord.get(parts[0] ?? '') ?? []
    there.push({ skill, words: parts, written: care === 'any' ? null : written, care })
    byFirstWord.set(parts[0] ?? '', there)
    for (const part of parts) words.add(part)
    if (!canonical.has(written.toLowerCase())) canonical.set(written.toLowerCase(), skill)
  }
}
for (const aliases of byFirstWord.values()) aliases.sort((left, right) => right.words.length - left.words.length)

/** The name under which a skill is kept, from any of its aliases in any case: `golang` and `GO` are `Go`; null for what is not in the list. */
export function canonicalSkill(name: string): string | null {
  return canonical.get(name.trim().toLowerCase()) ?? null
}

/** The words of a text in order: as written, in lower case, and which of them were cut out of a longer one at a hyphen or full stop. */
interface Words {
  written: string[]
  lower: string[]
  cut: Set<number>
}

/** How far around an ambiguous name a certain skill, and a telling word, show what is meant. */
const NEAR_SKILL = 5
const NEAR_CUE = 3

/** The skills that a text names, sorted, each once. */
export function skillsIn(text: string): string[] {
  const all = wordsOf(text)
  const found = new Set<string>()
  const certain: number[] = []
  const doubtful: { at: number; skill: string }[] = []
  for (let at = 0; at < all.lower.length; at++) {
    const alias = aliasAt(all, at)
    if (alias === undefined) continue
    if (alias.care === 'wary') doubtful.push({ at, skill: alias.skill })
    else {
      found.add(alias.skill)
      certain.push(at)
    }
    at += alias.words.length - 1
  }
  const likely = doubtful.filter(({ at }) => !meansElse(all, at))
  for (const { at, skill } of likely) {
    const supported =
      certain.some((other) => Math.abs(other - at) <= NEAR_SKILL) ||
      likely.some((other) => other.skill !== skill && Math.abs(other.at - at) <= 2) ||
      all.lower.slice(Math.max(0, at - NEAR_CUE), at + NEAR_CUE + 1).some((word) => CUES.has(word))
    if (supported) found.add(skill)
  }
  return [...found].toSorted()
}

function aliasAt(all: Words, at: number): Alias | undefined {
  return byFirstWord.get(all.lower[at] ?? '')?.find((alias) => {
    const { length } = alias.words
    for (let offset = 1; offset < length; offset++) if (all.lower[at + offset] !== alias.words[offset]) return false
    if (alias.written === null) return true
    if (alias.care === 'wary' && all.cut.has(at)) return false
    return alias.written === all.written.slice(at, at + length).join(' ')
  })
}

/** "Go to market", "Series C", "Spring 2027". */
function meansElse({ lower }: Words, at: number): boolean {
  const after = lower[at + 1] ?? ''
  return NOT_BEFORE.has(after) || NOT_AFTER.has(lower[at - 1] ?? '') || /^\d{4}$/.test(after)
}

const WORD = /[.A-Za-z0-9\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f.#+&/'’_-]*/g
const PLAIN = /^[A-Za-z0-9]+$/
/** Single letters alone: "A/R" and "P/L" are words of their own, no list of languages. */
const INITIALS = /^[a-z](?:[/.-][a-z])+$/

function wordsOf(text: string): Words {
  const all: Words = { written: [], lower: [], cut: new Set() }
  for (const match of text.match(WORD) ?? []) {
    if (PLAIN.test(match)) {
      all.written.push(match)
      all.lower.push(match.toLowerCase())
    } else take(all, match, false)
  }
  return all
}

/** One word, or its parts where only they are in the list: "Python/Go", "React-based", "tools.Python". */
function take(all: Words, match: string, cut: boolean): void {
  const written = match.replace(/(?:['’]s)?[.&/'’_-]*$/, '').replace(/^\.+(?!net\b)/i, '')
  const lower = written.toLowerCase()
  const divider = words.has(lower) ? undefined : ['/', '-', '.'].find((mark) => lower.includes(mark))
  if (divider !== undefined && !INITIALS.test(lower)) {
    for (const part of written.split(divider)) take(all, part, cut || divider !== '/')
  } else if (lower !== '') {
    if (cut) all.cut.add(all.lower.length)
    all.written.push(written)
    all.lower.push(lower)
  }
}
