// The attic: postings closed long ago in files of compressed lines, one JSON per posting, written before they leave the database.

import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { Database } from '../store/database.ts'
import { takeOld } from '../store/old-postings.ts'

const compress = promisify(zstdCompress)
/** Postings per file and transaction: some tens of megabytes before compression. */
const PER_FILE = 1000

export interface PutAway {
  postings: number
  /** Paths. */
  files: string[]
}

/** Where the files are: `postings-<day>-<random>.ndjson.zst`. */
export const archiveFolder = (data: string): string => join(data, 'archive')

/** Puts all postings away that were closed before a moment, file by file, until there are none or the signal says so. */
export async function putAwayAll(
  database: Pick<Database, 'inTransaction'>,
  data: string,
  closedBefore: Date,
  today: Date,
  signal: AbortSignal,
  perFile = PER_FILE,
): Promise<PutAway> {
  const done: PutAway = { postings: 0, files: [] }
  while (!signal.aborted) {
    const path = join(archiveFolder(data), `postings-${today.toISOString().slice(0, 10)}-${randomUUID().slice(0, 13)}.ndjson.zst`)
    const moved = await putAway(database, path, closedBefore, perFile)
    if (moved === 0) break
    done.postings += moved
    done.files.push(path)
  }
  return done
}

/**
 * One file of postings. They leave the database when the file is on the disk, and not before: a process that is killed in between leaves
 * a file too much, and no posting too few.
 */
async function putAway(database: Pick<Database, 'inTransaction'>, path: string, closedBefore: Date, most: number): Promise<number> {
  return database.inTransaction(async (trx) => {
    const lines = await takeOld(trx, closedBefore, most)
    if (lines.length > 0) await writeFile(path, `${lines.join('\n')}\n`)
    return lines.length
  })
}

/** Whole and on the disk, or not there. */
async function writeFile(path: string, text: string): Promise<void> {
  const folder = join(path, '..')
  const beside = `${path}.tmp`
  await mkdir(folder, { recursive: true })
  try {
    const file = await open(beside, 'wx', 0o600)
    try {
      await file.writeFile(await compress(Buffer.from(text)))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
    // The name, too, must outlive a power cut.
    const entry = await open(folder)
    try {
      await entry.sync()
    } finally {
      await entry.close()
    }
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
