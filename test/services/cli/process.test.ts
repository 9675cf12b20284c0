// Commands as processes: what goes to which stream, how they end, and that they do end when what they stand on goes away.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import type { Database } from '../../../services/store/database.ts'
import { createSearch } from '../../../services/store/searches.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { seedBoard, seedPostings } from '../api/seed.ts'
import { launch, rolewatch } from './desk.ts'

const STACK = /^\s+at /m
const SLACK = 'http://127.0.0.1:9/services/T00000000/B00000000/hush-hush-hush'

/** A way to PostgreSQL that can be cut: those who are on it are thrown off, and nobody gets on any more. */
async function openBridge(url: string): Promise<{ url: string; cut(): void }> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port || 5432), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = new URL(url)
  own.hostname = '127.0.0.1'
  own.port = String((server.address() as { port: number }).port)
  return {
    url: own.href,
    cut() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

describe('a command as a process', function () {
  this.timeout(60_000)
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: 6, postingsPerBoard: 5 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    const acme = await seedBoard(database.db, 'greenhouse', 'acme')
    const many = Array.from({ length: 400 }, (_, n) => ({ external_id: `p${n}`, title: `Painter ${n}`, description: 'Walls. '.repeat(50) }))
    await seedPostings(database.db, acme, '2026-03-01T00:00:00Z', many)
  })
  after(async () => {
    await database.close()
    await ground.close()
  })

  it('keeps stdout for its answer, and logs on stderr without a secret, when Slack cannot be reached', async () => {
    await createSearch(database.db, { name: 'All', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })
    const { code, out, err } = await rolewatch(['refresh', '--limit', '2', '--format', 'json'], {
      ...ground.env,
      LOG_LEVEL: 'debug',
      SLACK_WEBHOOK_URL: SLACK,
    })
    await database.db('searches').delete()
    expect(code).to.equal(0)
    expect(JSON.parse(out)).to.have.property('runs').with.length(2)
    const events = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    expect(events.map(({ event }) => event))
      .to.include('run')
      .and.to.satisfy((all: string[]) => all.some((event) => event.startsWith('notify')))
    expect(`${out}${err}`).not.to.match(/hush-hush/)
  })

  it('takes no harm from a reader that has seen enough', async () => {
    const command = `"${process.execPath}" services/cli.ts query painter --limit 400 --format json; echo "code $?" >&2`
    const shell = spawn('sh', ['-c', `{ ${command}; } | head -c 100`], { cwd: ROOT, env: { PATH: process.env['PATH'], ...ground.env } })
    let err = ''
    shell.stderr.on('data', (data: Buffer) => (err += data.toString()))
    await once(shell, 'close')
    expect(err).to.equal('code 0\n')
  })

  it('says in a sentence that the database is away, with 1, without its password', async () => {
    const env = { ...ground.env, DATABASE_URL: 'postgres://me:open-sesame@localhost:9/none', LOG_LEVEL: 'info', SLACK_WEBHOOK_URL: SLACK }
    for (const args of [['query', 'x'], ['refresh'], ['start']]) {
      const { code, out, err, seconds } = await rolewatch(args, env)
      expect(code, args[0]).to.equal(1)
      expect(err, args[0]).to.match(/^The database does not answer \(.*ECONNREFUSED.*\): see that PostgreSQL runs and that DATABASE_URL/m)
      expect(err, args[0]).not.to.match(STACK)
      expect(`${out}${err}`, args[0]).not.to.match(/open-sesame|hush-hush/)
      expect(seconds, args[0]).to.be.below(15)
    }
  })

  it('ends with a sentence when PostgreSQL goes away in the middle of a refresh', async () => {
    const bridge = await openBridge(ground.env['DATABASE_URL'] ?? '')
    const id = ground.sandbox.market.fault({ kind: 'slow', ms: 1500 })
    ground.sandbox.market.clearRequests()
    const { child, ended } = launch(['refresh'], { ...ground.env, DATABASE_URL: bridge.url })
    while (ground.sandbox.market.requests().length === 0 && child.exitCode === null) await sleep(20)
    bridge.cut()
    const cutAt = performance.now()
    const { code, out, err } = await ended
    ground.sandbox.market.clearFaults(id)
    expect((performance.now() - cutAt) / 1000, 'seconds until it ended').to.be.below(30)
    expect(code).to.equal(1)
    expect(out).to.equal('')
    expect(err)
      .to.match(/^The database does not answer/m)
      .and.not.to.match(STACK)
  })

  describe('that is the sandbox', () => {
    const env = () => ({ ...ground.env, ROLEWATCH_UPSTREAM: '', ROLEWATCH_PACE: '' })

    it('prints the settings that lead to it, and ends with 0 at Ctrl-C', async () => {
      const { child, out, ended } = launch(['sandbox', '--port', '0', '--boards', '4', '--postings', '3'], env())
      while (!out().includes('Ctrl-C ends it.')) await sleep(20)
      const settings = Object.fromEntries([...out().matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]))
      expect(settings).to.have.all.keys(
        'ROLEWATCH_UPSTREAM',
        'ROLEWATCH_PACE',
        'ROLEWATCH_CONFIG',
        'SLACK_WEBHOOK_URL',
        'SLACK_OPS_WEBHOOK_URL',
        'CANARY_WEBHOOK_URL',
        'OTEL_EXPORTER_OTLP_ENDPOINT',
      )
      expect(settings['ROLEWATCH_PACE']).to.equal('0')
      const boards = await readFile(join(settings['ROLEWATCH_CONFIG'] ?? '', 'companies.yaml'), 'utf8')
      expect(boards.match(/^- slug:/gm)).to.have.length(4)
      expect((await fetch(`${settings['ROLEWATCH_UPSTREAM']}/_sandbox`)).status).to.equal(200)
      child.kill('SIGINT')
      const { code, err } = await ended
      expect(code).to.equal(0)
      expect(err).to.contain('SIGINT: stopping')
    })

    it('ends when nobody reads it any more', async () => {
      const command = `"${process.execPath}" services/cli.ts sandbox --port 0 --boards 3; echo "code $?" >&2`
      const shell = spawn('sh', ['-c', `{ ${command}; } | true`], { cwd: ROOT, env: { PATH: process.env['PATH'], ...env() } })
      let err = ''
      shell.stderr.on('data', (data: Buffer) => (err += data.toString()))
      await once(shell, 'close')
      expect(err).to.match(/SIGPIPE: stopping …\ncode 0\n$/)
    })

    it('refuses a port that is taken, and captures without an index', async () => {
      const port = new URL(ground.sandbox.url).port
      const taken = await rolewatch(['sandbox', '--port', port], env())
      expect(taken).to.include({ code: 1, out: '' })
      expect(taken.err).to.equal(`127.0.0.1:${port} cannot be listened on (EADDRINUSE): choose another port or address.\n`)
      const empty = await rolewatch(['sandbox', '--port', '0', '--captures', ground.env['ROLEWATCH_CONFIG'] ?? ''], env())
      expect(empty).to.include({ code: 1, out: '' })
      expect(empty.err)
        .to.match(/has no INDEX\.csv/)
        .and.not.to.match(STACK)
    })
  })
})
