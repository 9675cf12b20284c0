// Starting and stopping in one process: what each role does, and that nothing is left open, a failed start's parts neither.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { readConfig } from '../../services/config.ts'
import { start, type Role, type Running } from '../../services/main.ts'
import { troubleOf } from '../../services/refusal.ts'
import type { Database } from '../../services/store/database.ts'
import { createToken } from '../../services/store/tokens.ts'
import { countRows, openGround, openTownDatabase, type Ground } from '../journey/town.ts'

describe('starting', function () {
  this.timeout(30_000)
  let ground: Ground
  let database: Database
  let running: Running | undefined
  before(async () => {
    ground = await openGround({ boards: 3, postingsPerBoard: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  beforeEach(async () => {
    await database.db.raw('truncate boards, runs, tokens cascade')
    ground.sandbox.market.clearRequests()
  })
  afterEach(async () => {
    await running?.stop()
    running = undefined
  })

  const open = async (role: Role, env: Record<string, string> = {}) => {
    running = await start(readConfig({ ...ground.env, ...env }), role)
    return running
  }
  /** Connections to the database besides the test's own. */
  const connections = async () => {
    const { rows } = await database.db.raw<{ rows: { n: number }[] }>(
      'select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    return rows[0]?.n
  }
  const until = async (look: () => Promise<boolean>) => {
    while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const failed = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    )

  it('as all visits what is due and answers at its address, and stopping leaves nothing open', async () => {
    const product = await open('all')
    const { url } = product
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await fetch(`${url}/readyz`)).status).to.equal(200)
    await until(async () => (await countRows(database.db('runs'))) === 3)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).to.match(/^rolewatch_open_postings\{source="lever"\} [1-9]/m)
    await product.stop()
    running = undefined
    expect(await failed(fetch(`${url}/readyz`))).to.be.instanceOf(Error)
    await until(async () => (await connections()) === 0)
  })

  it('writes what it counted for its SLOs when it stops, whatever its role', async () => {
    for (const role of ['all', 'worker'] as const) {
      await database.db.raw('truncate boards, runs, slo_tallies cascade')
      const product = await open(role)
      await until(async () => (await countRows(database.db('runs'))) === 3)
      await product.stop()
      running = undefined
      const sum = await database.db('slo_tallies').where({ slo: 'scrape-success' }).sum({ total: 'total' }).first()
      expect(sum, role).to.deep.equal({ total: 3 })
      const fresh: { labels: { source: string } }[] = await database.db('slo_tallies').where({ slo: 'freshness' })
      expect(new Set(fresh.map(({ labels }) => labels.source)), role).to.deep.equal(new Set(['ashby', 'greenhouse', 'lever']))
    }
  })

  it('as worker visits, and answers Prometheus and probes on a port of its own, and nobody else', async () => {
    const { url } = await open('worker')
    await until(async () => (await countRows(database.db('runs'))) === 3)
    expect(await (await fetch(`${url}/metrics`)).text()).to.match(/^rolewatch_scrape_runs_total\{source="lever",outcome="ok"\} 1$/m)
    expect(await (await fetch(`${url}/healthz`)).text()).to.equal('ok')
    expect((await fetch(`${url}/readyz`)).status).to.equal(200)
    for (const path of ['/', '/api/v1/postings', '/openapi.json']) expect((await fetch(`${url}${path}`)).status, path).to.equal(404)
  })

  it('as api answers, and visits nobody: what it is asked for waits for a worker', async () => {
    const { url } = await open('api')
    expect((await fetch(`${url}/api/v1/sources`)).status).to.equal(200)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await countRows(database.db('runs'))).to.equal(0)
    expect(await countRows(database.db('boards').where('next_at', '<', new Date()))).to.equal(3)
    expect(ground.sandbox.market.requests()).to.deep.equal([])
  })

  it('fails when the port is taken, says so, and closes what it had opened', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const error = await failed(open('all', { PORT: String(port) }))
    expect(troubleOf(error)).to.equal(`127.0.0.1:${port} cannot be listened on (EADDRINUSE): choose another port or address.`)
    await until(async () => (await connections()) === 0)
    server.close()
  })

  it('refuses to be open to other machines without a token, and does it with one', async () => {
    const error = await failed(open('api', { HOST: '0.0.0.0' }))
    expect(error).to.have.property('name', 'ConfigError')
    expect(String(error)).to.match(/HOST=0\.0\.0\.0 .*rolewatch token create/)
    await until(async () => (await connections()) === 0)
    const { token } = await createToken(database.db, 'phone', ['read'])
    const { url } = await open('api', { HOST: '0.0.0.0' })
    const address = `${url.replace('0.0.0.0', '127.0.0.1')}/api/v1/sources`
    expect((await fetch(address)).status).to.equal(401)
    expect((await fetch(address, { headers: { authorization: `Bearer ${token}` } })).status).to.equal(200)
  })

  it('stops even when a part cannot be closed, closes all the others, and says what it was', async () => {
    const product = await open('worker')
    product.works.closers.add(() => Promise.reject(new Error('stuck')))
    const error = await failed(product.stop())
    running = undefined
    expect(error).to.have.property('message', 'stuck')
    await until(async () => (await connections()) === 0)
  })
})
