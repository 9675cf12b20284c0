// Whom PostgreSQL runs as (it refuses root), and a home that this user can reach.

import { createHash } from 'node:crypto'
import { access, constants, mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Log } from '../../../ops/log.ts'

export interface Owner {
  uid: number
  gid: number
}

/** Where homes go that cannot be where they were wanted. */
const ELSEWHERE = '/var/lib/rolewatch'

/**
 * Undefined when this process may run PostgreSQL itself; as root the owner of an existing cluster, else `postgres`, else `nobody`.
 * initdb needs a user that has a passwd entry.
 */
export async function chooseOwner(cluster: string): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const found = await stat(cluster).catch(() => undefined)
  if (found && found.uid !== 0) return { uid: found.uid, gid: found.gid }
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const user = users.find(([login]) => login === name)
    if (user && Number(user[2]) > 0) return { uid: Number(user[2]), gid: Number(user[3]) }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody": set DATABASE_URL, or run as another user')
}

/** Whether every folder on the way lets this user through. */
export async function canEnter(path: string, owner: Owner): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at)
    const bit = found.uid === owner.uid ? 0o100 : found.gid === owner.gid ? 0o010 : 0o001
    if ((found.mode & bit) === 0) return false
    if (at === dirname(at)) return true
  }
}

/** Makes the folder that PostgreSQL lives in: `wanted`, or one elsewhere (and a warning in the log) where `owner` could not get in. */
export async function prepareHome(
  wanted: string,
  clusterOf: (home: string) => string,
  log: Log,
): Promise<{ home: string; owner: Owner | undefined }> {
  await mkdir(wanted, { recursive: true, mode: 0o755 })
  await access(wanted, constants.W_OK).catch((cause: unknown) => {
    throw new Error(`${wanted} belongs to another user: run as that user, or choose another data folder`, { cause })
  })
  const owner = await chooseOwner(clusterOf(wanted))
  if (!owner || (await canEnter(wanted, owner))) return { home: wanted, owner }
  const home = join(ELSEWHERE, createHash('sha256').update(resolve(wanted)).digest('hex').slice(0, 16))
  await mkdir(home, { recursive: true, mode: 0o755 })
  log.warn('postgres.elsewhere', { wanted, home, reason: `user ${owner.uid}, whom PostgreSQL runs as, cannot enter ${wanted}` })
  return { home, owner: await chooseOwner(clusterOf(home)) }
}
