// Prometheus and Alertmanager as tests start them: ready, on ports of their own, and gone afterwards.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { startAlertmanager, startPrometheus } from './programs.ts'
import { needTool } from './tools.ts'

const ALONE = { route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }

async function failureOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => '',
    (error: unknown) => String(error),
  )
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('programs of tests', function () {
  this.timeout(60_000)
  let folder = ''
  before(function () {
    needTool(this, 'prometheus')
    needTool(this, 'alertmanager')
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolewatch-programs-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('Prometheus evaluates the rules it is given, and leaves nothing behind', async () => {
    const rules = [1, 2].map((n) => ({
      groups: [{ name: `g${n}`, interval: '1s', rules: [{ record: `made${n}`, expr: `vector(${n})` }] }],
    }))
    const prometheus = await startPrometheus({ folder, config: 'global: { scrape_interval: 1s }', rules })
    const answer = await fetch(`${prometheus.url}/api/v1/rules`)
    const { data } = (await answer.json()) as { data: { groups: { name: string }[] } }
    expect(data.groups.map(({ name }) => name)).to.deep.equal(['g1', 'g2'])
    await prometheus.stop()
    await prometheus.stop()
    expect(isAlive(prometheus.pid)).to.equal(false)
    expect(await failureOf(fetch(prometheus.url))).to.include('fetch failed')
  })

  it('Alertmanager comes back on the same port, with what it knew', async () => {
    const first = await startAlertmanager({ folder, config: ALONE })
    const port = Number(new URL(first.url).port)
    const now = Date.now()
    const silence = {
      matchers: [{ name: 'alertname', value: 'A', isRegex: false, isEqual: true }],
      startsAt: new Date(now).toISOString(),
      endsAt: new Date(now + 3_600_000).toISOString(),
      createdBy: 'test',
      comment: 'test',
    }
    const made = await fetch(`${first.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(silence),
    })
    expect(made.status).to.equal(200)
    await first.stop()
    const second = await startAlertmanager({ folder, config: ALONE, port })
    expect(second.url).to.equal(first.url)
    expect(await (await fetch(`${second.url}/api/v2/silences`)).json()).to.have.length(1)
    await second.stop()
    expect(isAlive(second.pid)).to.equal(false)
  })

  it('a configuration that is wrong fails with what the program says, and at once', async () => {
    expect(await failureOf(startPrometheus({ folder, config: { nonsense: 1 } }))).to.match(/ended at its start[^]*nonsense/)
    expect(await failureOf(startAlertmanager({ folder, config: { route: { receiver: 'nobody' } } }))).to.match(/ended at its start/)
  })

  it('a port that somebody holds is refused when it was asked for', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    try {
      expect(await failureOf(startAlertmanager({ folder, config: ALONE, port }))).to.include('address already in use')
    } finally {
      holder.close()
    }
  })
})
