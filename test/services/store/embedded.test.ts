// The embedded server: started, shared, left, killed and broken in every way that happens to people.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import pg from 'pg'
import { quietLog, type Fields } from '../../../ops/log.ts'
import { ROOT } from '../../../services/config.ts'
import { openDatabase } from '../../../services/store/database.ts'
import { isAlive } from '../../../services/store/embedded/lock.ts'
import { openPostgres, type EmbeddedServer } from '../../../services/store/embedded.ts'

const settings = { fsync: 'off', shared_buffers: '16MB' }

async function ask<T extends object>(server: EmbeddedServer, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

/** A program that opens the server, says whether it started it, and releases it when its input ends. */
const CLIENT = `
  import { openPostgres } from ${JSON.stringify(join(ROOT, 'services/store/embedded.ts'))}
  import { quietLog } from ${JSON.stringify(join(ROOT, 'ops/log.ts'))}
  const server = await openPostgres({ home: process.argv[1], log: quietLog, settings: ${JSON.stringify(settings)} })
  console.log(server.startedHere ? 'started' : 'attached')
  process.stdin.resume().on('end', async () => { console.log(await server.release()); process.exit(0) })`

interface Client {
  child: ChildProcess
  /** What it says next. */
  says(): Promise<string>
  /** Lets it release the server; gives what it says about that. */
  leave(): Promise<string>
}

function startClient(home: string): Client {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CLIENT, home], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]()
  const says = async () => (await lines.next()).value ?? 'nothing'
  const leave = async () => {
    const ended = once(child, 'exit')
    child.stdin?.end()
    const said = await says()
    await ended
    return said
  }
  return { child, says, leave }
}

describe('services/store/embedded', function () {
  this.timeout(60_000)
  let folder: string
  let home: string
  const open = (at = home) => openPostgres({ home: at, log: quietLog, settings })
  const postmaster = (): number => Number(readFileSync(join(home, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0])
  const pidFile = (): string => join(home, 'cluster', 'postmaster.pid')

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedded-'))
    chmodSync(folder, 0o755)
    home = join(folder, 'deep', 'postgres')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('makes its cluster, starts, and stops when the only process leaves', async () => {
    const server = await open()
    expect(server).to.include({ home, startedHere: true })
    const pid = postmaster()
    expect(isAlive(pid)).to.equal(true)
    expect(await server.release()).to.equal('stopped')
    expect(await server.release()).to.equal('stopped')
    expect(isAlive(pid)).to.equal(false)
  })

  it('knows upper and lower case of all letters, sorts by bytes, speaks UTF-8 and UTC', async () => {
    const server = await open()
    try {
      const [row] = await ask(
        server,
        `select lower('ÀÉÖ') as lower, 'Z' < 'a' as bytes, current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
                'MÜNCHEN' ilike 'münchen' as ilike`,
      )
      expect(row).to.deep.equal({ lower: 'àéö', bytes: true, encoding: 'UTF8', zone: 'UTC', ilike: true })
    } finally {
      await server.release()
    }
  })

  it('listens on this machine alone, with a password that only its owner can read', async () => {
    const server = await open()
    try {
      expect(await ask(server, 'show listen_addresses')).to.deep.equal([{ listen_addresses: '127.0.0.1' }])
      expect(await ask(server, 'show unix_socket_directories')).to.deep.equal([{ unix_socket_directories: '' }])
      expect(statSync(join(home, 'server.json')).mode & 0o777).to.equal(0o600)
      const url = new URL(server.url('postgres'))
      url.password = 'wrong'
      const client = new pg.Client({ connectionString: url.href })
      expect(await client.connect().catch((error: { code?: string }) => error.code)).to.equal('28P01')
    } finally {
      await server.release()
    }
  })

  it('is durable unless told otherwise, and takes the settings of whoever starts it', async () => {
    const server = await openPostgres({ home, log: quietLog, settings: { shared_buffers: '16MB', work_mem: '5MB' } })
    try {
      expect(
        await ask(
          server,
          `select current_setting('fsync') as fsync, current_setting('work_mem') as work_mem, current_setting('jit') as jit`,
        ),
      ).to.deep.equal([{ fsync: 'on', work_mem: '5MB', jit: 'off' }])
    } finally {
      await server.release()
    }
  })

  it('refuses a setting that is not one', async () => {
    for (const bad of [{ "work_mem='1MB' -c port": '1' }, { work_mem: "1MB' -c fsync='off" }]) {
      const error = await openPostgres({ home, log: quietLog, settings: bad }).catch((thrown: Error) => thrown)
      expect((error as Error).message).to.contain('not a PostgreSQL setting')
    }
  })

  it('is shared by processes that come at once: one starts it, the last to leave stops it', async () => {
    const clients = [startClient(home), startClient(home), startClient(home)]
    const said = await Promise.all(clients.map((client) => client.says()))
    expect(said.toSorted()).to.deep.equal(['attached', 'attached', 'started'])
    const pid = postmaster()
    const left: string[] = []
    for (const client of clients) left.push(await client.leave())
    expect(left).to.deep.equal(['left running', 'left running', 'stopped'])
    expect(isAlive(pid)).to.equal(false)
  })

  it('is left running by a process that is killed, and the next attaches to it and stops it', async () => {
    const client = startClient(home)
    expect(await client.says()).to.equal('started')
    const pid = postmaster()
    client.child.kill('SIGKILL')
    await once(client.child, 'exit')
    expect(isAlive(pid)).to.equal(true)
    const server = await open()
    expect(server.startedHere).to.equal(false)
    expect(postmaster()).to.equal(pid)
    expect(await server.release()).to.equal('stopped')
    expect(isAlive(pid)).to.equal(false)
  })

  it('does not hear the Ctrl-C that ends its client', async () => {
    const client = startClient(home)
    await client.says()
    const pid = postmaster()
    process.kill(-(client.child.pid ?? 0), 'SIGINT')
    await once(client.child, 'exit')
    expect(isAlive(pid)).to.equal(true)
    expect(await (await open()).release()).to.equal('stopped')
  })

  it('comes back with everything committed after the server was killed', async () => {
    const first = await openPostgres({ home, log: quietLog, settings: { shared_buffers: '16MB' } })
    await ask(first, 'create table if not exists kept (n integer)')
    await ask(first, 'insert into kept values (42)')
    process.kill(postmaster(), 'SIGKILL')
    const second = await open()
    try {
      expect(second.startedHere).to.equal(true)
      expect(await ask(second, 'select n from kept')).to.deep.equal([{ n: 42 }])
    } finally {
      await first.release()
      await second.release()
    }
    expect(existsSync(pidFile())).to.equal(false)
  })

  it('is started again for whoever still uses it when it was killed', async () => {
    const server = await open()
    const first = postmaster()
    process.kill(first, 'SIGKILL')
    let answer: unknown
    for (let tries = 0; tries < 200 && answer === undefined; tries++) {
      await sleep(100)
      answer = await ask(server, 'select 1 as one').catch(() => undefined)
    }
    expect(answer).to.deep.equal([{ one: 1 }])
    expect(postmaster()).not.to.equal(first)
    expect(await server.release()).to.equal('stopped')
  })

  it('starts although a pid file was left behind, whoever has that number now', async () => {
    const dead = spawn('/bin/sh', ['-c', ''])
    await once(dead, 'exit')
    // A program of PostgreSQL's own user is what PostgreSQL itself takes for a running server.
    const { uid, gid } = statSync(join(home, 'cluster'))
    const other = spawn('/bin/sh', ['-c', 'exec sleep 60'], { uid, gid, cwd: '/', stdio: 'ignore' })
    try {
      for (const pid of [dead.pid, other.pid, process.pid]) {
        writeFileSync(pidFile(), `${pid}\n${join(home, 'cluster')}\n1\n1\n\n127.0.0.1\n0 0\nready\n`)
        const server = await open()
        expect(server.startedHere).to.equal(true)
        expect(await server.release()).to.equal('stopped')
      }
    } finally {
      other.kill('SIGKILL')
      await once(other, 'exit')
    }
  })

  it('keeps its lease when the server drops the connection, so that nobody stops it underneath', async () => {
    const server = await open()
    await ask(server, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rolewatch lease'`)
    await sleep(1500)
    const other = await open()
    expect(await other.release()).to.equal('left running')
    expect(await server.release()).to.equal('stopped')
  })

  it('clears away what an interrupted first start left, also where the folder is given from here', async () => {
    const other = relative(process.cwd(), join(folder, 'interrupted'))
    mkdirSync(join(other, 'making-1', 'cluster'), { recursive: true })
    writeFileSync(join(other, 'making-1', 'cluster', 'PG_VERSION'), '17\n')
    const server = await open(other)
    expect(await server.release()).to.equal('stopped')
    expect(existsSync(join(other, 'making-1'))).to.equal(false)
  })

  it('says what is the matter when the password is lost or the version is another', async () => {
    const record = join(home, 'server.json')
    const kept = readFileSync(record)
    rmSync(record)
    expect(await open().catch((error: Error) => error.message)).to.match(/server\.json, which holds the password .* is missing/)
    writeFileSync(record, kept, { mode: 0o600 })
    const version = join(home, 'cluster', 'PG_VERSION')
    writeFileSync(version, '12\n')
    expect(await open().catch((error: Error) => error.message)).to.match(/was written by PostgreSQL 12, and 17 is installed/)
    writeFileSync(version, '17\n')
  })

  it('shows the end of the log when the server does not start', async () => {
    const error = await openPostgres({ home, log: quietLog, settings: { shared_buffers: '1kB' } }).catch((thrown: Error) => thrown)
    expect((error as Error).message).to.match(/^PostgreSQL did not start; the end of .*server\.log:\n[^]*shared_buffers/)
    const server = await open()
    expect(await server.release()).to.equal('stopped')
  })

  it('lives elsewhere, as root, when its folder is closed to its user', async function () {
    if (process.getuid?.() !== 0) this.skip()
    const closed = join(folder, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const warned: Fields[] = []
    const log = { ...quietLog, warn: (_event: string, fields: Fields = {}) => void warned.push(fields) }
    const server = await openPostgres({ home: join(closed, 'postgres'), log, settings })
    try {
      expect(server.home).to.match(/^\/var\/lib\/rolewatch\//)
      expect(warned[0]).to.include({ wanted: join(closed, 'postgres'), home: server.home })
      expect(await ask(server, 'select 1 as one')).to.deep.equal([{ one: 1 }])
    } finally {
      await server.release()
      rmSync(server.home, { recursive: true })
    }
  })

  describe('as a database', () => {
    it('is made by the first of several that open it at once', async () => {
      const data = join(folder, 'data')
      const opened = await Promise.all([1, 2, 3, 4].map(() => openDatabase({ url: undefined, data, log: quietLog, settings })))
      try {
        const [first] = opened
        expect(first?.embedded).to.equal(true)
        const names = await Promise.all(
          opened.map(async ({ db }) => (await db.raw<{ rows: { d: string }[] }>('select current_database() as d')).rows[0]?.d),
        )
        expect(names).to.deep.equal(['rolewatch', 'rolewatch', 'rolewatch', 'rolewatch'])
      } finally {
        await Promise.all(opened.map((database) => database.close()))
      }
      expect(existsSync(join(data, 'postgres', 'cluster', 'postmaster.pid'))).to.equal(false)
    })
  })
})
