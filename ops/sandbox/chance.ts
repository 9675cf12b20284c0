// Chance that repeats itself: small random streams named by a text, so that the same name always gives the same market.

/** The next number of a stream, 0 ≤ n < 1. */
export type Chance = () => number

/** 32 bits of a text: FNV-1a, then the finaliser of MurmurHash3 so that near names give far numbers. */
export function hash32(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A stream of its own for these parts (mulberry32). */
export function chanceOf(...parts: (string | number)[]): Chance {
  let state = hash32(parts.join('\u001f'))
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** One of a list that is not empty. */
export function pick<T>(chance: Chance, list: readonly T[]): T {
  return list[Math.floor(chance() * list.length)] as T
}

/** `count` different ones of a list, or the whole list where it is shorter, in an order of their own. */
export function pickSome<T>(chance: Chance, list: readonly T[], count: number): T[] {
  const rest = [...list]
  const out: T[] = []
  while (out.length < count && rest.length > 0) out.push(...rest.splice(Math.floor(chance() * rest.length), 1))
  return out
}

/** A whole number from `low` to `high`, both included. */
export function between(chance: Chance, low: number, high: number): number {
  return low + Math.floor(chance() * (high - low + 1))
}

/** A UUID in the form of version 4 that belongs to this name. */
export function uuidOf(name: string): string {
  const hex = ['a', 'b', 'c', 'd'].map((salt) => hash32(`${salt}/${name}`).toString(16).padStart(8, '0')).join('')
  const variant = '89ab'[hash32(name) % 4]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
