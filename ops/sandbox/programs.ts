// Real programs beside the sandbox: Prometheus, Alertmanager and any other, on free ports of this machine, gone when they are stopped.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that was started. */
export interface Launched {
  pid: number
  /** What it has printed, both streams together. */
  output(): string
  ended(): boolean
  signal(signal: NodeJS.Signals): void
  /** Resolves when it has ended. */
  gone: Promise<void>
  /** Ends it and waits until it is gone; a second call does nothing. */
  stop(): Promise<void>
}

export interface Program extends Launched {
  /** As `http://127.0.0.1:9090`. */
  url: string
}

export interface ProgramOptions {
  /** Where its configuration and its data are written; it may hold the data of an earlier start. */
  folder: string
  config: object
  /** More command line, as `--storage.tsdb.retention.time=90d`. */
  flags?: readonly string[]
  /** The same port again after a restart; a free one unless given. */
  port?: number
}

const READY_MS = 60_000
const STOP_MS = 15_000
const TRIES = 5

/** What a run that is broken off would leave behind. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts Prometheus and waits until it is ready. `rules` are the texts or objects of its rule files; without them `rule_files` of the configuration count. */
export async function startPrometheus(options: ProgramOptions & { rules?: readonly (object | string)[] }): Promise<Program> {
  const { folder, rules, config } = options
  await mkdir(join(folder, 'rules'), { recursive: true })
  for (const [index, file] of (rules ?? []).entries()) await writeFile(join(folder, 'rules', `${index}.yml`), textOf(file))
  const file = join(folder, 'prometheus.yml')
  await writeFile(file, textOf(rules ? { ...config, rule_files: [join(folder, 'rules', '*.yml')] } : config))
  return startReady('prometheus', options, [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`])
}

/** Starts an Alertmanager that is alone, and waits until it is ready. */
export async function startAlertmanager(options: ProgramOptions): Promise<Program> {
  const { folder, config } = options
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'alertmanager.yml')
  await writeFile(file, textOf(config))
  return startReady('alertmanager', options, [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    '--cluster.listen-address=',
  ])
}

/** JSON is YAML. */
const textOf = (content: object | string): string => (typeof content === 'string' ? content : JSON.stringify(content, null, 2))

/** Between looking for a free port and taking it somebody else may take it: then another one is tried. */
async function startReady(name: string, { flags = [], port }: ProgramOptions, args: readonly string[]): Promise<Program> {
  for (let tries = 1; ; tries++) {
    const address = `127.0.0.1:${port ?? (await freePort())}`
    const launched = await launch(name, [...args, `--web.listen-address=${address}`, '--log.level=warn', ...flags])
    try {
      await untilReady(name, launched, `http://${address}/-/ready`)
      return { url: `http://${address}`, ...launched }
    } catch (error) {
      await launched.stop()
      if (port !== undefined || tries >= TRIES || !launched.output().includes('address already in use')) throw error
    }
  }
}

/** Starts any program; what is left running ends with this process. */
export async function launch(
  name: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Launched> {
  const child = spawn(name, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      running.delete(child)
      resolve()
    })
  })
  await once(child, 'spawn')
  running.add(child)
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    signal: (signal) => void child.kill(signal),
    gone,
    async stop() {
      child.kill('SIGTERM')
      // One that was made to stand still hears nothing before it goes on.
      child.kill('SIGCONT')
      const last = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await gone
      clearTimeout(last)
    },
  }
}

/** Waits until an address answers well. @throws when the program ends before */
export async function untilReady(name: string, launched: Launched, url: string): Promise<void> {
  for (const began = performance.now(); performance.now() - began < READY_MS; await sleep(50)) {
    if (launched.ended()) throw new Error(`${name} ended at its start:\n${launched.output()}`)
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
  }
  throw new Error(`${name} did not get ready:\n${launched.output()}`)
}

/** A port of this machine that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
