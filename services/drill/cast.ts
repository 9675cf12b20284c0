// The processes of a drill: the product in its roles, as real ones, each on an address that it keeps when it is started again.

import { freePort, launch, untilReady, type Launched } from '../../ops/sandbox/programs.ts'
import { ROOT, SETTINGS } from '../config.ts'

export interface Actor {
  url: string
  process(): Launched
  start(): Promise<void>
}

export interface Part {
  name: string
  /** Of the command. */
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** The variable that says where it listens. */
  port: string
}

/** A setting that is empty counts as unset, whatever a .env says: a drill never meets the real channels. */
const UNSET = Object.fromEntries(SETTINGS.map((name) => [name, '']))

/** Exactly these settings, and none of a .env. */
export const environmentOf = (settings: Readonly<Record<string, string>>): Record<string, string> => ({ ...UNSET, ...settings })

/** Casts an actor; it does not run yet. */
export function castActor({ name, args, env, port }: Part): Actor {
  let current: Launched | undefined
  const actor: Actor = {
    url: '',
    process() {
      if (!current) throw new Error(`${name} was never started`)
      return current
    },
    async start() {
      actor.url ||= `http://127.0.0.1:${await freePort()}`
      const settings = environmentOf({ ...env, [port]: new URL(actor.url).port })
      current = await launch(process.execPath, ['services/cli.ts', ...args], { cwd: ROOT, env: settings })
      await untilReady(name, current, `${actor.url}/healthz`)
    },
  }
  return actor
}
