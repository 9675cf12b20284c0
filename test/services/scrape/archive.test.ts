// The archive on a real disk: what is kept comes back, once, and damage is noticed.

import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { openArchive, type Archive } from '../../../services/scrape/archive.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('the archive', () => {
  let folder: string
  let archive: Archive

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolewatch-archive-'))
    archive = openArchive(join(folder, 'raw'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const fileOf = (hash: string) => join(folder, 'raw', hash.slice(0, 2), `${hash.slice(2)}.zst`)
  const failing = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'it did not fail',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )

  it('keeps a body under the hash of its text, compressed', async () => {
    const body = JSON.stringify({ jobs: Array.from({ length: 500 }, (_, id) => ({ id, title: 'Zookeeper in Zürich' })) })
    const kept = await archive.keep(body)
    expect(kept.hash).to.equal(sha256(body))
    expect(kept.bytes).to.equal(Buffer.byteLength(body))
    expect(kept.storedBytes).to.equal((await stat(fileOf(kept.hash))).size)
    expect(kept.storedBytes).to.be.lessThan(kept.bytes / 5)
    expect(zstdDecompressSync(await readFile(fileOf(kept.hash))).toString()).to.equal(body)
    expect(await archive.read(kept.hash)).to.equal(body)
  })

  it('writes the same body once', async () => {
    const first = await archive.keep('{"jobs":[]}')
    const before = await stat(fileOf(first.hash))
    expect(await archive.keep('{"jobs":[]}')).to.deep.equal(first)
    const after = await stat(fileOf(first.hash))
    expect([after.ino, after.mtimeMs]).to.deep.equal([before.ino, before.mtimeMs])
  })

  it('serves many who keep the same body at once, and leaves nothing half written', async () => {
    const kept = await Promise.all(Array.from({ length: 10 }, () => archive.keep('{"same":true}')))
    expect(new Set(kept.map((one) => one.hash)).size).to.equal(1)
    expect(await readdir(join(folder, 'raw'), { recursive: true })).to.have.length(2)
    expect(await archive.read(kept[0]?.hash ?? '')).to.equal('{"same":true}')
  })

  it('tells what it has', async () => {
    const { hash } = await archive.keep('x')
    expect(await archive.has(hash)).to.equal(true)
    expect(await archive.has(sha256('y'))).to.equal(false)
  })

  it('gives back every text as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (body) => {
        const { hash } = await archive.keep(body)
        expect(await archive.read(hash)).to.equal(body)
      }),
      { numRuns: 50 },
    )
  })

  it('says so when there is no such body', async () => {
    expect(await failing(archive.read(sha256('never kept')))).to.equal(`the archive has no body ${sha256('never kept')}`)
  })

  it('notices a body that is not what was kept', async () => {
    const { hash } = await archive.keep('{"jobs":[1]}')
    await writeFile(fileOf(hash), zstdCompressSync('{"jobs":[2]}'))
    expect(await failing(archive.read(hash)))
      .to.include(hash)
      .and.to.include('damaged')
      .and.to.include(sha256('{"jobs":[2]}'))
    await writeFile(fileOf(hash), 'not zstd')
    expect(await failing(archive.read(hash))).to.include('does not decompress')
  })

  it('writes an empty file anew: that is what a power cut leaves', async () => {
    const { hash } = await archive.keep('{"jobs":[1]}')
    await writeFile(fileOf(hash), '')
    expect(await archive.has(hash)).to.equal(false)
    await archive.keep('{"jobs":[1]}')
    expect(await archive.read(hash)).to.equal('{"jobs":[1]}')
  })

  it('leaves its folder to no name that is not a hash', async () => {
    for (const name of ['', 'abc', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(64)}/x`])
      expect(await failing(archive.read(name)), name).to.include('is not the hash of a body')
  })

  it('says so when it cannot write, and leaves nothing behind', async () => {
    await writeFile(join(folder, 'file'), '')
    const blocked = openArchive(join(folder, 'file'))
    expect(await failing(blocked.keep('x'))).to.match(/ENOTDIR|EEXIST/)
    expect(await readdir(folder)).to.deep.equal(['file'])
  })
})
