// npm run bench: how quickly boards are refreshed for the first time and again, as ratios to a client that only fetches, inside one run.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
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
// Open to PostgreSQL's own user: as root it would live elsewhere otherwise.
await chmod(data, 0o755)
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
  // A process of its own like the refresh, so that both pay for a cold start alike.
  const fetchAll = async () => {
    const { stdout } = await run(
      process.execPath,
      ['test/bench/client.ts', env['ROLEWATCH_UPSTREAM'] ?? '', join(env['ROLEWATCH_CONFIG'] ?? '', 'companies.yaml')],
      { cwd: ROOT },
    )
    return JSON.parse(stdout) as { seconds: number; megabytes: number }
  }
  await fetchAll() // builds the sandbox's answers, so that nobody pays for them below
  const first = await visit()
  const again = await best(Number(values.rounds), visit)
  const bare = await best(Number(values.rounds), fetchAll)
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
