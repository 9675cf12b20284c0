// What tests of the door share: a web of one loopback server behind the upstream, a made-up clock, and a source to fetch for.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineSource, type Source } from '../../../scrapers/source.ts'
import { Failure } from '../../../scrapers/failure.ts'
import { openDoor, type Door, type DoorOptions, type Visit } from '../../../services/scrape/fetch.ts'
import type { World } from '../../world.ts'

export type Answerer = (request: IncomingMessage, response: ServerResponse) => void

export interface Web {
  /** Address of the server, to be the upstream. */
  upstream: string
  port: number
  /** Every request, in order: method, path as `/<host><path>?<query>`, headers. */
  seen: { path: string; headers: IncomingMessage['headers'] }[]
  /** Answers of a path, one after the other; the last one stays. */
  on(path: string, ...answers: Answerer[]): void
  close(): Promise<void>
}

/** Starts a web; a path nobody spoke of is 404. */
export async function openWeb(): Promise<Web> {
  const answers = new Map<string, Answerer[]>()
  const seen: Web['seen'] = []
  const server: Server = createServer((request, response) => {
    const path = request.url ?? ''
    seen.push({ path, headers: request.headers })
    const queue = answers.get(path) ?? answers.get(path.split('?')[0] ?? '')
    const answer = queue && queue.length > 1 ? queue.shift() : queue?.[0]
    if (answer) answer(request, response)
    else response.writeHead(404).end('no such page')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    upstream: `http://127.0.0.1:${port}`,
    port,
    seen,
    on: (path, ...list) => void answers.set(path, list),
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** Answers with a status, a body and headers. */
export function say(status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Answerer {
  return (_request, response) => void response.writeHead(status, headers).end(body)
}

export const json = (value: unknown, headers: Record<string, string> = {}): Answerer =>
  say(200, JSON.stringify(value), { 'content-type': 'application/json', ...headers })

export const redirect = (to: string, status = 302): Answerer => say(status, '', { location: to })

/** Takes the request and never answers. */
export const hang: Answerer = () => {}

/** Cuts the connection without an answer. */
export const reset: Answerer = (request) => void request.socket.resetAndDestroy()

/** A source whose boards are at https://jobs.example.com/<ident>. */
export function testSource(over: Partial<Source> = {}): Source {
  return defineSource({
    name: 'lever',
    version: 1,
    pace: { perSecond: 1, atOnce: 100 },
    timeoutSeconds: 5,
    hosts: ['jobs.example.com'],
    absence: 'closes',
    empty: 'verified',
    robots: false,
    first: (board) => ({ url: `https://jobs.example.com/${board.ident}` }),
    parse: () => ({ postings: [], rejected: [], listed: 0, unlisted: 0, total: null, next: null }),
    careersUrl: (ident) => `https://jobs.example.com/${ident}`,
    ...over,
  })
}

/** A clock that moves only when somebody sleeps on it. */
export interface TestClock {
  now: () => Date
  sleep: (ms: number) => Promise<void>
  /** Every sleep, in milliseconds. */
  slept: number[]
  pass(seconds: number): void
}

/** Starts a clock at a fixed date. */
export function createClock(start = '2026-03-02T09:00:00Z'): TestClock {
  let at = Date.parse(start)
  const slept: number[] = []
  return {
    slept,
    now: () => new Date(at),
    async sleep(ms) {
      slept.push(ms)
      at += ms
    },
    pass(seconds) {
      at += seconds * 1000
    },
  }
}

/** Opens a door on a web, with a made-up clock, no jitter and no pace unless told. */
export function openTestDoor(world: World, web: Web, over: Partial<DoorOptions> & { clock?: TestClock; realSleep?: true } = {}): Door {
  const { clock = createClock(), realSleep, ...rest } = over
  return openDoor({
    watch: world.watch,
    db: world.db,
    upstream: web.upstream,
    paced: false,
    contact: 'https://rolewatch.example/about',
    version: '1.2.3',
    timeoutSeconds: undefined,
    owner: 'test',
    now: clock.now,
    ...(realSleep ? {} : { sleep: clock.sleep }),
    random: () => 0.5,
    ...rest,
  })
}

/** A visit without anything known before. */
export function visitOf(source: Source = testSource(), over: Partial<Visit> = {}): Visit {
  return { source, validator: null, ...over }
}

/** The Failure a fetch ends with. */
export async function failureOf(fetching: Promise<unknown>): Promise<Failure> {
  const ended = await fetching.then(
    (value) => `it did not fail: ${JSON.stringify(value).slice(0, 200)}`,
    (error: unknown) => error,
  )
  if (ended instanceof Failure) return ended
  throw ended instanceof Error ? ended : new Error(String(ended))
}
