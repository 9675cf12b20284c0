// A desk for tests of what people do about incidents: engines with pages of their own, the API before them, and a token per scope.

import type { Asking, Answer, Served } from './client.ts'
import { serveApi } from './client.ts'
import { createToken, type Scope } from '../../../services/store/tokens.ts'
import { ALERT, openStand, pageText, type Stand } from '../runbook/stand.ts'

/** One change that can be taken back and one that cannot, each for what is blocked. */
export const BOTH = pageText(
  ALERT,
  ['`source.look source=$source` how it is.', 'Read the log.'],
  [
    '`source.hold source=$source when=blocked` so that it is left in peace.',
    '`source.drop source=$source when=blocked` for good.',
    'Ask the host what is the matter.',
  ],
)
/** Needs no label: what it changes comes from what it found. */
export const BARE = pageText('Idle', ['`source.look` how they are.'], ['`source.hold source=$source`.', 'Wait.'])

export interface Desk extends Stand {
  api: Served
  tokens: Readonly<Record<'read' | 'write' | 'admin', string>>
  /** Asks as the holder of a token. */
  as(scope: 'read' | 'write' | 'admin', path: string, asking?: Asking): Promise<Answer>
  /** Runs what is due, by an engine that is closed afterwards. */
  work(): Promise<void>
  /** The status of the answer to each of the three tokens, in the order read, write, admin. */
  statuses(path: string, asking?: Asking): Promise<number[]>
}

export async function openDesk(): Promise<Desk> {
  const stand = await openStand({ [ALERT]: BOTH, Idle: BARE })
  const { world, pages, registry, clock } = stand
  const make = async (scope: Scope) => (await createToken(world.db, scope, [scope])).token
  const tokens = { read: await make('read'), write: await make('write'), admin: await make('admin') }
  const api = await serveApi(world, { runbooks: { pages, registry }, now: () => clock.now })
  const as: Desk['as'] = (scope, path, asking = {}) =>
    api.ask(path, { ...asking, headers: { authorization: `Bearer ${tokens[scope]}`, ...asking.headers } })
  return {
    ...stand,
    api,
    tokens,
    as,
    async work() {
      const engine = stand.engine()
      await engine.runDue()
      await engine.close()
    },
    async statuses(path, asking) {
      const statuses: number[] = []
      for (const scope of ['read', 'write', 'admin'] as const) statuses.push((await as(scope, path, asking)).status)
      return statuses
    },
    async close() {
      await api.close()
      await stand.close()
    },
  }
}

/** What nobody may get through a path: each is refused or found nowhere, and never an error of ours. */
export const HOSTILE = [
  '%00',
  '..%2f..%2fetc',
  "1'%20or%20'1'='1",
  '1e3',
  '-1',
  '99999999999999999999',
  '%F0%9F%92%A5',
  '00000000-0000-0000-0000-00000000000g',
  '9'.repeat(4000),
  '__proto__',
  'constructor',
]
