// npm run bench: how quickly boards are refreshed for the first time and again, as ratios to a client that only fetches, inside one run.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { Agent, request } from 'undici'
import { parse } from 'yaml'
import { readFile } from 'node:fs/promises'
import { ROOT } from '../../services/config.ts'

const run = promisify(execFile)
const { values } = parseArgs({
  options: {
    boards: { type: 'string', default: '600' },
    postings: { type: 'string', default: '32' },
    captures: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
})

interface Summary {
  runs: { seen: number; outcome: string }[]
  totals: Record<string, number>
  seconds: number
  postings_per_second: number
  peak_rss_mb: number
}

const data = await mkdtemp(join(tmpdir(), 'rolewatch-bench-'))
const market = values.captures ? ['--captures', values.captures] : ['--boards', values.boards, '--postings', values.postings]
const sandbox = spawn(process.execPath, ['services/cli.ts', 'sandbox', '--port', '0', ...market], {
  cwd: ROOT,
  env: { ...process.env, ROLEWATCH_DATA: data },
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const env = await readSettings()
  const visit = async () => {
    const { stdout } = await run(process.execPath, ['services/cli.ts', 'refresh', '--format', 'json'], {
      cwd: ROOT,
      env: { ...process.env, ...env, ROLEWATCH_DATA: data },
      maxBuffer: 1 << 28,
    })
    return JSON.parse(stdout) as Summary
  }
  await fetchAll(env) // builds the sandbox's answers, so that nobody pays for them below
  const first = await visit()
  const again = await best(Number(values.rounds), visit)
  const bare = await best(Number(values.rounds), () => fetchAll(env))
  const postings = first.runs.reduce((sum, one) => sum + one.seen, 0)
  const rows = [
    ['first refresh', first.seconds, first.peak_rss_mb, JSON.stringify(first.totals)],
    ['again, unchanged', again.seconds, again.peak_rss_mb, JSON.stringify(again.totals)],
    ['a client that only fetches', bare.seconds, 0, `${bare.megabytes} MB`],
  ] as const
  console.log(`${first.runs.length} boards, ${postings.toLocaleString('en-US')} postings, ${process.version}`)
  for (const [name, seconds, rss, rest] of rows)
    console.log(
      `${name.padEnd(28)} ${seconds.toFixed(2).padStart(8)} s ${Math.round(postings / seconds)
        .toLocaleString('en-US')
        .padStart(8)} postings/s ${rss ? `${rss} MB peak` : ''} ${rest}`,
    )
  console.log(
    `again ÷ first: ${(first.seconds / again.seconds).toFixed(1)} × faster · again ÷ bare client: ${(again.seconds / bare.seconds).toFixed(2)} × its time`,
  )
} finally {
  sandbox.kill('SIGINT')
  await once(sandbox, 'exit')
  await rm(data, { recursive: true, force: true })
}

/** The settings that the sandbox prints. */
async function readSettings(): Promise<Record<string, string>> {
  const env: Record<string, string> = {}
  for await (const line of createInterface({ input: sandbox.stdout })) {
    if (line.includes('export ')) for (const [, name = '', value = ''] of line.matchAll(/(\w+)=(\S+)/g)) env[name] = value
    if (line.startsWith('Ctrl-C')) break
  }
  delete env['OTEL_EXPORTER_OTLP_ENDPOINT']
  return env
}

async function best<T extends { seconds: number }>(rounds: number, work: () => Promise<T>): Promise<T> {
  const results: T[] = []
  for (let round = 0; round < rounds; round++) results.push(await work())
  return results.toSorted((a, b) => a.seconds - b.seconds)[0] as T
}

/** What nobody can be quicker than without conditional requests: every body once, sixteen at a time, nothing done with it. */
async function fetchAll(env: Record<string, string>): Promise<{ seconds: number; megabytes: number }> {
  const boards = parse(await readFile(join(env['ROLEWATCH_CONFIG'] ?? '', 'companies.yaml'), 'utf8')) as {
    ats_type: string
    ats_id: string
    eu?: boolean
  }[]
  const urls = boards.map(({ ats_type, ats_id, eu }) => {
    const ident = encodeURIComponent(ats_id)
    if (ats_type === 'greenhouse') return `boards-api.greenhouse.io/v1/boards/${ident}/jobs?content=true&pay_transparency=true`
    if (ats_type === 'ashby') return `api.ashbyhq.com/posting-api/job-board/${ident}?includeCompensation=true`
    return `api.${eu ? 'eu.' : ''}lever.co/v0/postings/${ident}?mode=json&skip=0&limit=100`
  })
  const dispatcher = new Agent({ connections: 16 })
  const started = performance.now()
  let bytes = 0
  const worker = async () => {
    for (let url = urls.pop(); url; url = urls.pop()) {
      const { body } = await request(`${env['ROLEWATCH_UPSTREAM']}/${url}`, { dispatcher, headers: { accept: 'application/json' } })
      bytes += (await body.arrayBuffer()).byteLength
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  await dispatcher.close()
  return { seconds: (performance.now() - started) / 1000, megabytes: Math.round(bytes / 1_048_576) }
}
