// Commands as tests give them: in this process with what they print caught, or as a process of their own.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'

export interface Caught<T> {
  value: T
  out: string
  err: string
}

/** Runs a command in this process; `out` and `err` are what it printed. */
export async function caught<T>(work: () => Promise<T>): Promise<Caught<T>> {
  const { log, error } = console
  const out: string[] = []
  const err: string[] = []
  console.log = (text: unknown) => void out.push(String(text))
  console.error = (text: unknown) => void err.push(String(text))
  try {
    return { value: await work(), out: out.join('\n'), err: err.join('\n') }
  } finally {
    Object.assign(console, { log, error })
  }
}

/** What it printed as JSON. */
export async function answered<T>(work: () => Promise<unknown>): Promise<T> {
  return JSON.parse((await caught(work)).out) as T
}

/** What it was refused with, and that nothing was printed; `name` is Refusal (exit code 1) or Misuse (2). */
export async function refused(name: 'Refusal' | 'Misuse', work: () => Promise<unknown>): Promise<string> {
  const { value, out } = await caught(() =>
    work().then(
      () => undefined,
      (error: unknown) => error,
    ),
  )
  expect(value).to.be.instanceOf(Error).with.property('name', name)
  expect(out).to.equal('')
  return (value as Error).message
}

export interface Ended {
  code: number | null
  out: string
  err: string
  seconds: number
}

export interface Launched {
  child: ChildProcess
  out: () => string
  err: () => string
  ended: Promise<Ended>
}

/** Nothing of the caller's own environment that the product reads. */
function environment(env: Record<string, string>): Record<string, string | undefined> {
  const ours =
    /^(DATABASE_URL|ROLEWATCH_|SLACK_|CANARY_|SMTP_|DIGEST_|ALERTMANAGER_|ESCALATE_|PROMETHEUS_|DEADMAN_|OTEL_|LOG_|MAX_|PORT$|HOST$|REQUEST_TIMEOUT_S)/
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name))), ...env }
}

/** Starts `rolewatch` with these arguments and nothing but this environment of its own. */
export function launch(args: readonly string[], env: Record<string, string>): Launched {
  const started = performance.now()
  const child = spawn(process.execPath, ['services/cli.ts', ...args], {
    cwd: ROOT,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({
    code: code ?? null,
    out,
    err,
    seconds: (performance.now() - started) / 1000,
  }))
  return { child, out: () => out, err: () => err, ended }
}

/** Runs `rolewatch` to its end. */
export function rolewatch(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return launch(args, env).ended
}
