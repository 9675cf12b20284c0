// The product as its user starts it: npm start, an address, answers, and nothing left behind.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ROOT } from '../../services/config.ts'

interface Started {
  url: string
  output: () => string
  /** Ctrl-C as a terminal gives it: to the whole group. */
  interrupt(): Promise<number | null>
}

/** What a failed test would leave behind. */
const started = new Set<ChildProcess>()

async function startProduct(args: string[], env: Record<string, string>): Promise<Started> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'DATABASE_URL' && !name.startsWith('npm_')))
  const child: ChildProcess = spawn('npm', ['start', '--', ...args], { cwd: ROOT, env: { ...inherited, ...env }, detached: true })
  started.add(child)
  child.once('exit', () => started.delete(child))
  let output = ''
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (output += data.toString()))
  const ended = once(child, 'exit') as Promise<[number | null]>
  for (let tries = 0; !/ready: (\S+)/.test(output); tries++) {
    if (child.exitCode !== null || tries > 600) throw new Error(`npm start did not get ready:\n${output}`)
    await sleep(100)
  }
  return {
    url: /ready: (\S+)/.exec(output)?.[1] ?? '',
    output: () => output,
    async interrupt() {
      process.kill(-(child.pid ?? 0), 'SIGINT')
      return (await ended)[0]
    },
  }
}

/** Command lines of all processes that mention a text. */
async function processesNaming(text: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')
    if (command.includes(text)) found.push(command)
  }
  return found
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(200)
  }
  throw new Error(`waited a minute in vain for ${what}`)
}

async function json<T>(url: string): Promise<T> {
  const answer = await fetch(url)
  return (await answer.json()) as T
}

describe('npm start', function () {
  this.timeout(120_000)
  let data = ''
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'rolewatch-start-'))
    // Open to PostgreSQL's own user: as root it would live elsewhere otherwise.
    await chmod(data, 0o755)
  })
  afterEach(async () => {
    for (const child of started) {
      const ended = once(child, 'exit')
      process.kill(-(child.pid ?? 0), 'SIGINT')
      await ended
    }
    await rm(data, { recursive: true, force: true })
  })

  it('answers health with ok, stops at Ctrl-C with 0, and leaves no process behind', async () => {
    const product = await startProduct([], {
      ROLEWATCH_DATA: data,
      PORT: '0',
      ROLEWATCH_UPSTREAM: 'http://127.0.0.1:9',
      ROLEWATCH_PACE: '0',
    })
    const health = await json<{ status: string; version: string; components: Record<string, { status: string; latency_seconds: number }> }>(
      `${product.url}/api/v1/health`,
    )
    expect(health.status).to.equal('ok')
    expect(health.components).to.include.keys('database', 'queue', 'notifications', 'disk')
    expect((await fetch(`${product.url}/healthz`)).status).to.equal(200)
    expect((await fetch(`${product.url}/readyz`)).status).to.equal(200)
    expect(await product.interrupt()).to.equal(0)
    if (process.platform === 'linux') expect(await processesNaming(data)).to.deep.equal([])
  })

  it('shows postings and a Slack digest in the sandbox, without a network', async () => {
    const product = await startProduct(['--sandbox'], { ROLEWATCH_DATA: data, PORT: '0' })
    const slack = /Slack messages\s+(\S+)/.exec(product.output())?.[1] ?? ''
    const page = await until('postings', async () => {
      const found = await json<{ items: { title: string }[] }>(`${product.url}/api/v1/postings?q=engineer`)
      return found.items.length > 0 ? found : undefined
    })
    expect(page.items[0]?.title).to.match(/engineer/i)
    const traces = /traces\s+(\S+)/.exec(product.output())?.[1] ?? ''
    await until('a trace with queries in it', async () =>
      (await json<{ root: string; spans: number }[]>(traces)).find((trace) => trace.spans > 8),
    )
    await until('a digest', async () => ((await json<unknown[]>(`${slack}/messages`)).length > 0 ? true : undefined))
    expect(await product.interrupt()).to.equal(0)
    if (process.platform === 'linux') expect(await processesNaming(data)).to.deep.equal([])
  })
})
