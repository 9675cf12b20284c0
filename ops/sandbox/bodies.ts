// Answers ready to be sent: serialised, hashed and compressed once per board and day, within a budget of bytes.

import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Board, SourceName, Supply, Variant, Wire } from './wire.ts'

export interface Body {
  type: string
  readonly raw: Buffer
  /** Bytes kept. */
  readonly size: number
  /** As the header has it, quotes included. */
  etag: string | null
  /** Made when it is first asked for; from then on it alone is kept. */
  gzip(): Buffer
}

export interface Bodies {
  /** The answer for this board, or null when it does not exist. Throws when it cannot be read. */
  get(board: Board, variant: Variant): Body | null
  /** Bytes held now. */
  readonly held: number
}

/** Makes one answer outside any cache. `changed` is called with the bytes by which compression changes what is kept. */
export function makeBody(wire: Wire, answer: { type: string; body: unknown }, changed: (bytes: number) => void = () => {}): Body {
  let plain: Buffer | undefined = Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  let packed: Buffer | undefined
  const digest = wire.etag === 'none' ? '' : createHash('md5').update(plain).digest('hex')
  return {
    type: answer.type,
    get raw() {
      return plain ?? gunzipSync(packed ?? '')
    },
    get size() {
      return (plain ?? packed)?.length ?? 0
    },
    etag: wire.etag === 'none' ? null : `${wire.etag === 'weak' ? 'W/' : ''}"${digest}"`,
    gzip() {
      if (packed) return packed
      const before = plain ?? Buffer.alloc(0)
      packed = gzipSync(before, { level: 4 })
      plain = undefined
      changed(packed.length - before.length)
      return packed
    },
  }
}

/** Keeps the answers that were used last, up to `maxBytes`. An answer goes stale when its board's revision changes. */
export function openBodies(supply: Supply, wires: Readonly<Record<SourceName, Wire>>, maxBytes: number): Bodies {
  interface Entry {
    revision: string
    body: Body
    bytes: number
  }
  const entries = new Map<string, Entry>()
  let held = 0
  const drop = (key: string, entry: Entry) => {
    if (entries.get(key) !== entry) return
    entries.delete(key)
    held -= entry.bytes
  }
  const trim = () => {
    for (const [key, entry] of entries) {
      if (held <= maxBytes || entries.size === 1) return
      drop(key, entry)
    }
  }
  return {
    get held() {
      return held
    },
    get(board, variant) {
      const key = `${board.source}/${board.ident}?${variant.key}`
      const revision = supply.revision(board)
      const found = entries.get(key)
      if (found?.revision === revision) {
        entries.delete(key)
        entries.set(key, found)
        return found.body
      }
      if (found) drop(key, found)
      const jobs = supply.jobs(board, variant)
      if (!jobs) return null
      const wire = wires[board.source]
      const body = makeBody(wire, wire.answer(jobs, variant, board), (bytes) => {
        if (entries.get(key) !== entry) return
        entry.bytes += bytes
        held += bytes
        trim()
      })
      const entry: Entry = { revision, body, bytes: body.size }
      entries.set(key, entry)
      held += entry.bytes
      trim()
      return body
    },
  }
}
