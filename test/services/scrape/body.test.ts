// Bodies: every coding taken off within the limit, every charset read, one hash for one text.

import { createHash, randomBytes } from 'node:crypto'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { decode, decompress } from '../../../services/scrape/body.ts'
import { asFailure } from '../../../services/scrape/trouble.ts'

const CODINGS: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gzipSync(bytes),
  'x-gzip': (bytes) => gzipSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it did not fail',
    (error: NodeJS.ErrnoException) => error.code ?? error.name,
  )
}

describe('decompress', () => {
  it('leaves plain bodies alone', async () => {
    const bytes = Buffer.from('plain')
    for (const encoding of [undefined, '', 'identity', ' Identity , ']) expect(await decompress(bytes, encoding, 100)).to.equal(bytes)
  })

  it('gives back any bytes, through any codings in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 500 }),
        fc.array(fc.constantFrom(...Object.keys(CODINGS)), { maxLength: 3 }),
        async (raw, names) => {
          const packed = names.reduce<Buffer>((bytes, name) => CODINGS[name]?.(bytes) ?? bytes, Buffer.from(raw))
          expect([...(await decompress(packed, names.join(', ').toUpperCase(), 10_000))]).to.deep.equal([...raw])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('understands deflate with and without the header it should have', async () => {
    const text = Buffer.from('jobs '.repeat(50))
    for (const packed of [deflateSync(text), deflateSync(text, { level: 9 }), deflateRawSync(text)])
      expect((await decompress(packed, 'deflate', 1000)).equals(text)).to.equal(true)
  })

  // Small bodies are unpacked at once, large ones on another thread: the limit holds for both.
  for (const [size, bytes] of [
    ['small', Buffer.alloc(200_000)],
    ['large', randomBytes(200_000)],
  ] as const)
    for (const name of Object.keys(CODINGS))
      it(`stops a ${size} ${name} body at the limit, and lets one at the limit through`, async () => {
        const packed = CODINGS[name]?.(bytes) ?? bytes
        expect(await codeOf(decompress(packed, name, 199_999))).to.equal('ERR_BUFFER_TOO_LARGE')
        expect((await decompress(packed, name, 200_000)).length).to.equal(200_000)
      })

  it('reports bodies that were cut or damaged, in a way that is known for a fault of the network', async () => {
    const limit = { timeoutMs: 1000, maxBytes: 10_000 }
    const noise = randomBytes(1000)
    for (const [name, pack] of Object.entries(CODINGS))
      for (const broken of [
        pack(noise).subarray(0, 500),
        pack(noise).subarray(0, -1),
        Buffer.from('<html>not packed at all</html>'),
        noise,
      ]) {
        const error: unknown = await decompress(broken, name, 10_000).catch((thrown: unknown) => thrown)
        expect(error, name).to.be.instanceOf(Error)
        expect(asFailure(error, 'h.example', limit), name).to.include({ kind: 'network' })
      }
  })

  it('takes an empty body for empty, whatever it is said to be', async () => {
    for (const name of Object.keys(CODINGS)) expect(await decompress(Buffer.alloc(0), name, 100)).to.have.length(0)
  })
})

describe('decode', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

  it('reads UTF-8 unless told otherwise, and hashes the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(undefined, 'text/html', 'application/json; charset=UTF-8'),
        (text, type) => {
          const clean = text.replace(/^\uFEFF+/, '')
          expect(decode(Buffer.from(clean), type)).to.deep.equal({ text: clean, hash: sha256(clean) })
        },
      ),
    )
  })

  for (const [type, bytes, text] of [
    ['text/html; charset=iso-8859-1', [0x5a, 0xfc], 'Zü'],
    ['text/html; charset="windows-1252"', [0x80], '€'],
    ['text/html;CHARSET=Shift_JIS', [0x8b, 0xf3], '空'],
    ['text/html; charset=koi8-r', [0xd2], 'р'],
    ['text/html; charset=nonsense', [0xc3, 0xbc], 'ü'],
    ['text/html; charset=', [0xc3, 0xbc], 'ü'],
    ['text/html; charset=iso-8859-1', [0xef, 0xbb, 0xbf, 0xc3, 0xbc], 'ü'],
    [undefined, [0xef, 0xbb, 0xbf, 0x7b], '{'],
    [undefined, [0xff, 0xfe, 0x7b, 0x00], '{'],
    [undefined, [0xfe, 0xff, 0x00, 0x7b], '{'],
    [undefined, [0x61, 0xff, 0x62], 'a\uFFFDb'],
  ] as const)
    it(`reads ${bytes.map((byte) => byte.toString(16)).join(' ')} as ${type ?? 'nothing said'}`, () => {
      expect(decode(Buffer.from(bytes), type)).to.deep.equal({ text, hash: sha256(text) })
    })
})
