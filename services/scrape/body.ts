// A body as it came over the wire → the text it means: decompressed within a limit, decoded by its charset, hashed.

import { isUtf8 } from 'node:buffer'
import { hash as digest } from 'node:crypto'
import { promisify } from 'node:util'
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import { Failure } from '../../scrapers/failure.ts'

/** The codings we ask for: RFC 9110 §8.4.1, brotli (RFC 7932) and zstd (RFC 8878). */
export const ACCEPT_ENCODING = 'gzip, br, deflate, zstd'

interface Limit {
  maxOutputLength: number
}
interface Coding {
  now: (bytes: Buffer, limit: Limit) => Buffer
  aside: (bytes: Buffer, limit: Limit) => Promise<Buffer>
}

const gzip: Coding = { now: gunzipSync, aside: promisify<Buffer, Limit, Buffer>(gunzip) }
const codings: Readonly<Record<string, Coding>> = {
  gzip,
  'x-gzip': gzip,
  br: { now: brotliDecompressSync, aside: promisify<Buffer, Limit, Buffer>(brotliDecompress) },
  zstd: { now: zstdDecompressSync, aside: promisify<Buffer, Limit, Buffer>(zstdDecompress) },
}
const zlib: Coding = { now: inflateSync, aside: promisify<Buffer, Limit, Buffer>(inflate) }
const raw: Coding = { now: inflateRawSync, aside: promisify<Buffer, Limit, Buffer>(inflateRaw) }

/** Below this the trip to another thread costs more than the work. */
const SMALL = 32_768
const MAX_CODINGS = 3

/**
 * Takes the content codings off. The limit holds while inflating, so a bomb never unfolds further.
 * @throws Failure of kind `drift` for a coding nobody asked for; the decoder's own error for damaged or oversized data
 */
export async function decompress(bytes: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  if (encoding === undefined) return bytes
  const names = encoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > MAX_CODINGS) throw new Failure('drift', `the body is encoded ${names.length} times over`)
  let out = bytes
  for (const name of names.toReversed()) {
    const coding = name === 'deflate' ? deflateOf(out) : codings[name]
    if (!coding) throw new Failure('drift', `the body is encoded as "${name}", which was not asked for`)
    if (out.length === 0) return out
    const limit = { maxOutputLength: maxBytes }
    out = out.length < SMALL ? coding.now(out, limit) : await coding.aside(out, limit)
  }
  return out
}

/** "deflate" is meant to be zlib's format, but some servers send it bare: RFC 9110 §8.4.1.2. */
function deflateOf(bytes: Buffer): Coding {
  const [first = 0, second = 0] = bytes
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0 ? zlib : raw
}

export interface DecodedBody {
  text: string
  /** SHA-256 of the text as UTF-8, in hex: the same text has the same hash whatever it was sent as. */
  hash: string
}

/** Bytes → text by the charset of the content type, or by a byte order mark, which goes; UTF-8 unless told otherwise. */
export function decode(bytes: Buffer, contentType: string | undefined): DecodedBody {
  const charset = markOf(bytes) ?? charsetOf(contentType)
  if (charset === 'utf-8' && !startsWith(bytes, UTF8_MARK) && isUtf8(bytes))
    return { text: bytes.toString('utf8'), hash: digest('sha256', bytes) }
  const text = new TextDecoder(charset).decode(bytes)
  return { text, hash: digest('sha256', text) }
}

const UTF8_MARK = [0xef, 0xbb, 0xbf]

function markOf(bytes: Buffer): string | undefined {
  if (startsWith(bytes, UTF8_MARK)) return 'utf-8'
  if (startsWith(bytes, [0xff, 0xfe])) return 'utf-16le'
  return startsWith(bytes, [0xfe, 0xff]) ? 'utf-16be' : undefined
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte)
}

/** The WHATWG name of the charset in a content type; utf-8 where there is none or nobody knows it. */
function charsetOf(contentType: string | undefined): string {
  const label = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]
  if (label === undefined) return 'utf-8'
  try {
    return new TextDecoder(label).encoding
  } catch {
    return 'utf-8'
  }
}
