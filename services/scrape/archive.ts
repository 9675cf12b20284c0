// The archive of raw pages: a folder of zstd files named by the hash of what is in them, so that nothing is kept twice.

import { hash as digest, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'

export interface KeptBody {
  /** SHA-256 of the body as UTF-8, in hex. */
  hash: string
  /** Of the body as UTF-8. */
  bytes: number
  /** On the disk. */
  storedBytes: number
}

export interface Archive {
  /** Keeps a body; one that is there already is not written again. */
  keep(body: string): Promise<KeptBody>
  /** @throws Error when there is no such body, or when what is there is not what was kept */
  read(hash: string): Promise<string>
  has(hash: string): Promise<boolean>
}

const LEVEL = 3
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Opens the archive under a folder; the folder is made when the first body comes. */
export function openArchive(folder: string): Archive {
  const fileOf = (hash: string) => {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error(`${hash} is not the hash of a body`)
    return join(folder, hash.slice(0, 2), `${hash.slice(2)}.zst`)
  }

  return {
    async keep(body) {
      const bytes = Buffer.from(body)
      const hash = digest('sha256', bytes)
      const file = fileOf(hash)
      const before = await sizeOf(file)
      const storedBytes = before > 0 ? before : await write(file, bytes)
      return { hash, bytes: bytes.length, storedBytes }
    },
    async read(hash) {
      const file = fileOf(hash)
      const stored = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') throw new Error(`the archive has no body ${hash}`, { cause: error })
        throw error
      })
      const bytes = await decompress(stored).catch((error: unknown) => {
        throw new Error(`the archived body ${hash} is damaged: it does not decompress`, { cause: error })
      })
      const actual = digest('sha256', bytes)
      if (actual !== hash) throw new Error(`the archived body ${hash} is damaged: its content hashes to ${actual}`)
      return bytes.toString('utf8')
    },
    async has(hash) {
      return (await sizeOf(fileOf(hash))) > 0
    },
  }
}

/** 0 for what is not there, and for the empty file that a power cut can leave behind a rename: both are written anew. */
async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return 0
      throw error
    },
  )
}

/** Writes beside and renames: a reader sees the whole file or none, and of two writers either one's file is right. */
async function write(file: string, bytes: Buffer): Promise<number> {
  const stored = await compress(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } })
  const beside = `${file}.${randomUUID()}.tmp`
  await mkdir(dirname(file), { recursive: true })
  try {
    await writeFile(beside, stored)
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  return stored.length
}
