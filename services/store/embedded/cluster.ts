// One PostgreSQL cluster on disk: made whole or not at all, started as a daemon of its own, stopped.

import { randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { isAlive } from './lock.ts'
import type { Owner } from './owner.ts'
import { run, type Programs } from './programs.ts'

export interface Cluster {
  home: string
  owner: Owner | undefined
  programs: Programs
}

/** What later processes need in order to attach; kept beside the cluster, readable by its maker alone. */
export interface Address {
  port: number
  password: string
}

/** A log file above this size is put aside at the next start. */
const LOG_BYTES = 20_000_000

export const clusterOf = (home: string): string => join(home, 'cluster')
export const lockOf = (home: string): string => join(home, 'start.lock')
const addressOf = (home: string): string => join(home, 'server.json')

/** The recorded address, or undefined when there is none. */
export async function readAddress(home: string): Promise<Address | undefined> {
  const text = await readFile(addressOf(home), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Address)
}

async function writeAddress(home: string, address: Address): Promise<void> {
  const draft = `${addressOf(home)}.${process.pid}`
  await writeFile(draft, JSON.stringify(address), { mode: 0o600 })
  await rename(draft, addressOf(home))
}

function freePort(wanted: number): Promise<number> {
  const attempt = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const server = createServer()
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
      })
    })
  return wanted === 0 ? attempt(0) : attempt(wanted).catch(() => attempt(0))
}

/**
 * initdb into a folder beside, then a rename: a cluster that exists is complete. The collation is C.UTF-8: sorted by bytes, as fast
 * as C, but upper and lower case are known for all of Unicode.
 */
async function create({ home, owner, programs }: Cluster, password: string): Promise<void> {
  for (const name of await readdir(home)) if (name.startsWith('making-')) await rm(join(home, name), { recursive: true, force: true })
  const draft = join(home, `making-${process.pid}`)
  const secret = join(draft, 'password')
  const cluster = join(draft, 'cluster')
  await mkdir(draft, { mode: 0o700 })
  await writeFile(secret, `${password}\n`, { mode: 0o600 })
  if (owner) for (const path of [draft, secret]) await chown(path, owner.uid, owner.gid)
  const args = ['-D', cluster, '-U', 'postgres', `--pwfile=${secret}`, '--auth=scram-sha-256', '--encoding=UTF8', '--no-instructions']
  args.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8')
  // Not every system has a C.UTF-8 of its own; it only widens what pg_trgm takes for letters.
  await run(programs.initdb, [...args, '--lc-ctype=C.UTF-8'], owner).catch(() => run(programs.initdb, args, owner))
  await rename(cluster, clusterOf(home))
  await rm(draft, { recursive: true, force: true })
}

/** Removes a postmaster.pid whose process has died or whose number now belongs to some other program; pg_ctl cannot tell. */
async function clearStalePid(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid')
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0])
  if (!pid) return
  if (isAlive(pid)) {
    // The postmaster lives in its cluster's folder. Where there is no /proc, believe it.
    const home = await realpath(cluster)
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => home)
    if (folder === home) return
  }
  await rm(file, { force: true })
}

/** Whether a postmaster of this very cluster runs. */
export async function isRunning({ home, owner, programs }: Cluster): Promise<boolean> {
  await clearStalePid(clusterOf(home))
  return (await run(programs.pgCtl, ['status', '-D', clusterOf(home)], owner, [0, 3, 4])).status === 0
}

function asFlags(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      if (!/^[a-z_.]+$/.test(name) || /['\\\n]/.test(value)) throw new Error(`not a PostgreSQL setting: ${name}=${value}`)
      return `-c ${name}='${value}'`
    })
    .join(' ')
}

/** Starts the server (after making the cluster, the first time) on a free port of 127.0.0.1 and returns when it answers. */
export async function start(cluster: Cluster, settings: Readonly<Record<string, string>>): Promise<Address> {
  const { home, owner, programs } = cluster
  const folder = clusterOf(home)
  const recorded = await readAddress(home)
  const exists = await stat(folder).catch(() => undefined)
  if (exists && !recorded)
    throw new Error(`${home}/server.json, which holds the password of the database beside it, is missing: bring it back`)
  const password = recorded?.password ?? randomBytes(24).toString('base64url')
  const address = { port: await freePort(recorded?.port ?? 0), password }
  // Recorded before the cluster exists: whoever is killed from here on leaves nothing that the next cannot open.
  await writeAddress(home, address)
  if (!exists) await create(cluster, password)
  const found = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim()
  if (found !== programs.major)
    throw new Error(
      `${folder} was written by PostgreSQL ${found}, and ${programs.major} is installed: dump and restore it, or move it away`,
    )
  const log = join(folder, 'server.log')
  if (((await stat(log).catch(() => undefined))?.size ?? 0) > LOG_BYTES) await rename(log, `${log}.1`)
  const flags = asFlags({ ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(address.port) })
  await run(programs.pgCtl, ['start', '-D', folder, '-l', log, '-w', '-t', '90', '-o', flags], owner).catch(async (cause: unknown) => {
    const tail = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-6).join('\n')
    throw new Error(`PostgreSQL did not start; the end of ${log}:\n${tail}`, { cause })
  })
  return address
}

/** Stops the server: open transactions are rolled back, everything committed is on disk. A server that is gone already is no error. */
export async function stop({ home, owner, programs }: Cluster): Promise<void> {
  await run(programs.pgCtl, ['stop', '-D', clusterOf(home), '-m', 'fast', '-w', '-t', '60'], owner, [0, 1])
}
