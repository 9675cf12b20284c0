// A sandbox for the length of a suite, on a clock that stands still until it is moved.

import { openSandbox, type Sandbox, type SandboxOptions } from '../../../ops/sandbox/sandbox.ts'

export const FIRST_DAY = Date.UTC(2026, 2, 10, 12)

export interface Stand {
  readonly sandbox: Sandbox
  /** Moves the clock. */
  pass(seconds: number): void
  get(path: string, headers?: Record<string, string>): Promise<Response>
  json<T>(path: string, headers?: Record<string, string>): Promise<T>
  post(path: string, body: unknown): Promise<Response>
  /** The first board of a source, or the first that fits. */
  board(source: string, fits?: (board: ReturnType<Sandbox['market']['boards']>[number]) => boolean): { ident: string; count: number }
}

/** Opens a sandbox before the tests of the suite and closes it after them; faults and messages are gone before each. */
export function useSandbox(options: SandboxOptions = {}): Stand {
  let sandbox: Sandbox
  let now = FIRST_DAY
  before(async () => {
    now = FIRST_DAY
    sandbox = await openSandbox({ boards: 20, postingsPerBoard: 12, now: () => new Date(now), ...options })
  })
  beforeEach(() => {
    sandbox.market.clearFaults()
    sandbox.market.clearRequests()
    sandbox.slack.clear()
  })
  after(() => sandbox.close())
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${sandbox.url}${path}`, { headers, redirect: 'manual' })
  return {
    get sandbox() {
      return sandbox
    },
    pass(seconds) {
      now += seconds * 1000
    },
    get,
    async json<T>(path: string, headers: Record<string, string> = {}) {
      return (await (await get(path, headers)).json()) as T
    },
    post: (path, body) =>
      fetch(`${sandbox.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    board(source, fits = () => true) {
      const found = sandbox.market.boards().find((board) => board.source === source && fits(board))
      if (!found) throw new Error(`there is no such board on ${source}`)
      return { ident: found.ident, count: found.count ?? 0 }
    },
  }
}

export const greenhousePath = (ident: string, query = '?content=true&pay_transparency=true') =>
  `/boards-api.greenhouse.io/v1/boards/${encodeURIComponent(ident)}/jobs${query}`
export const leverPath = (ident: string, query = '?mode=json', host = 'api.lever.co') =>
  `/${host}/v0/postings/${encodeURIComponent(ident)}${query}`
export const ashbyPath = (ident: string, query = '?includeCompensation=true') =>
  `/api.ashbyhq.com/posting-api/job-board/${encodeURIComponent(ident)}${query}`

/** The code of a failed fetch's cause, as ECONNRESET. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'none'
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string; message?: string } }
    return cause?.code ?? cause?.message ?? name
  }
}
