// The real PostgreSQL from npm, start-or-attach: whoever comes first starts it, all share it, the last to leave stops it.

import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../../ops/log.ts'
import { clusterOf, isRunning, lockOf, readAddress, start, stop, type Address, type Cluster } from './embedded/cluster.ts'
import { withLock } from './embedded/lock.ts'
import { prepareHome } from './embedded/owner.ts'
import { findPrograms } from './embedded/programs.ts'

export interface EmbeddedOptions {
  /** The folder it lives in; made when missing, taken from the working directory when relative. */
  home: string
  log: Log
  /** PostgreSQL settings of whoever starts it; they win over ours. */
  settings?: Readonly<Record<string, string>>
}

export interface EmbeddedServer {
  /** Where it lives: `options.home`, or elsewhere when its user cannot enter that. */
  readonly home: string
  readonly startedHere: boolean
  /** As pg takes it, password included. */
  url(database: string): string
  /** Lets go; the last process to do so stops the server. Calling it twice is no error. */
  release(): Promise<'stopped' | 'left running'>
}

/** What a lease is called in pg_stat_activity: the server stays up while one exists. */
const LEASE = 'rolewatch lease'
const ATTACH_MS = 60_000

/** For a laptop that also does other things: durable, not greedy. JIT costs more than it gives for short queries. */
const SETTINGS = {
  shared_buffers: '256MB',
  max_connections: '100',
  max_wal_size: '2GB',
  checkpoint_completion_target: '0.9',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

const urlOf = (address: Address, database: string): string =>
  `postgres://postgres:${encodeURIComponent(address.password)}@127.0.0.1:${address.port}/${encodeURIComponent(database)}`

interface Lease {
  /** How many other processes hold one; undefined when the server does not answer. */
  others(): Promise<number | undefined>
  end(): Promise<void>
}

/**
 * Holds one connection for as long as this process wants the server, and takes it again when the server lost it. While a lease is held
 * nobody stops the server, so one that is gone was killed: `revive` brings it back.
 */
async function takeLease(address: Address, revive: () => Promise<void>): Promise<Lease> {
  let ended = false
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: urlOf(address, 'postgres'),
      application_name: LEASE,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    })
    client.on('error', () => {})
    await client.connect()
    client.on('end', () => void regain())
    return client
  }
  const regain = async (): Promise<void> => {
    await sleep(1000, undefined, { ref: false })
    if (ended) return
    try {
      await revive()
      client = await connect()
      if (ended) await client.end()
    } catch {
      await regain()
    }
  }
  let client = await connect()
  return {
    others: () =>
      client
        .query<{ n: number }>('select count(*)::int as n from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()', [
          LEASE,
        ])
        .then((result) => result.rows[0]?.n ?? 0)
        .catch(() => undefined),
    async end() {
      ended = true
      await client.end().catch(() => {})
    },
  }
}

/** Attaches to the running server; undefined when there is none. A server that is starting or stopping is waited for. */
async function attach(cluster: Cluster, revive: () => Promise<void>): Promise<{ address: Address; lease: Lease } | undefined> {
  const until = Date.now() + ATTACH_MS
  while (await isRunning(cluster)) {
    const address = await readAddress(cluster.home)
    if (!address)
      throw new Error(`${cluster.home}/server.json, which holds the password of the running database, is missing: bring it back`)
    try {
      return { address, lease: await takeLease(address, revive) }
    } catch (cause) {
      // 57P03: starting up, shutting down or recovering.
      const code = (cause as { code?: string }).code
      if ((code !== '57P03' && code !== 'ECONNREFUSED' && code !== 'ECONNRESET') || Date.now() > until)
        throw new Error(`the database in ${cluster.home} runs and does not let us in: ${(cause as Error).message}`, { cause })
      await sleep(200)
    }
  }
  return undefined
}

/** Starts the server again unless it runs; it takes its old port where that is still free, as it is right after a kill. */
async function restart(cluster: Cluster, settings: Readonly<Record<string, string>>, log: Log): Promise<void> {
  await withLock(lockOf(cluster.home), async () => {
    if (await isRunning(cluster)) return
    const { port } = await start(cluster, settings)
    log.warn('postgres.restarted', { home: cluster.home, port })
  }).catch((error: unknown) => {
    log.error('postgres.restart', { home: cluster.home, error })
    throw error
  })
}

/**
 * Opens the PostgreSQL that lives in `options.home`. As root it runs as the owner of the cluster, or as `postgres` or `nobody`. The
 * server is a daemon with a session of its own: Ctrl-C does not reach it, and a killed process leaves it to the next.
 * @throws Error in one sentence that says what to do, when there is no server to be had
 */
export async function openPostgres(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { home, owner } = await prepareHome(resolve(options.home), clusterOf, options.log)
  const settings = { ...SETTINGS, ...options.settings }
  const opened = await withLock(lockOf(home), async () => {
    const cluster: Cluster = { home, owner, programs: await findPrograms(home, owner) }
    const revive = () => restart(cluster, settings, options.log)
    const running = await attach(cluster, revive)
    if (running) return { ...running, cluster, startedHere: false }
    const address = await start(cluster, settings)
    return { address, lease: await takeLease(address, revive), cluster, startedHere: true }
  })
  const { address, lease, cluster, startedHere } = opened
  options.log.debug(startedHere ? 'postgres.started' : 'postgres.attached', { home, port: address.port })

  const release = (): Promise<'stopped' | 'left running'> =>
    withLock(lockOf(home), async () => {
      const others = await lease.others()
      await lease.end()
      if (others !== undefined && others > 0) return 'left running'
      await stop(cluster)
      return 'stopped'
    })
  let released: ReturnType<typeof release> | undefined
  return { home, startedHere, url: (database) => urlOf(address, database), release: () => (released ??= release()) }
}
