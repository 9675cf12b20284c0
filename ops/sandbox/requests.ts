// The log of what the market was asked: the newest requests, with what was answered and how long it took.

export interface RequestEntry {
  /** Counts up from 1. */
  seq: number
  /** ISO 8601 in UTC. */
  at: string
  method: string
  host: string
  path: string
  query: string
  source: string | null
  board: string | null
  /** Null while there is no answer yet; 0 when the connection ended without one. */
  status: number | null
  ms: number | null
  fault: string | null
  user_agent: string | null
  if_none_match: string | null
}

export interface RequestLog {
  add(entry: Omit<RequestEntry, 'seq'>): RequestEntry
  /** Oldest first; only those at or after a date (ISO 8601), or after a sequence number. */
  list(since?: string): RequestEntry[]
  clear(): void
}

/** Keeps the newest `size` requests. */
export function openRequestLog(size: number): RequestLog {
  let ring: RequestEntry[] = []
  let last = 0
  return {
    add(entry) {
      const numbered = { seq: ++last, ...entry }
      ring[(last - 1) % size] = numbered
      return numbered
    },
    list(since) {
      const ordered = Object.values(ring).toSorted((a, b) => a.seq - b.seq)
      if (since === undefined) return ordered
      if (/^\d+$/.test(since)) return ordered.filter((entry) => entry.seq > Number(since))
      const from = Date.parse(since)
      return ordered.filter((entry) => Date.parse(entry.at) >= from)
    },
    clear() {
      ring = []
    },
  }
}
