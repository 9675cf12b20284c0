// Rounds of work that is due: one at a time, begun by a word from PostgreSQL and by a timer, and waited for at the end.

import { setTimeout as sleep } from 'node:timers/promises'
import { listenTo, type Listener } from '../store/listen.ts'

export interface RoundsOptions {
  /** Does what is due and tells how much that was. Stops early when the signal is aborted. */
  work: (signal: AbortSignal) => Promise<number>
  /** Whose words begin a round; undefined: the timer alone. */
  listen?: { database: { readonly url: string }; channel: string } | undefined
  /** Between two rounds that nobody asked for. */
  pollSeconds: number
  onError: (error: unknown) => void
}

export interface Rounds {
  start(): void
  /** A round now, after those that were asked for before. @throws what the work throws */
  once(): Promise<number>
  /** Begins no more and waits for the one that goes on. */
  close(): Promise<void>
}

/** Prepares rounds; none begins before `start` or `once`. */
export function openRounds({ work, listen, pollSeconds, onError }: RoundsOptions): Rounds {
  const bell = createBell()
  const closing = new AbortController()
  let running: Promise<void> | undefined
  let going: Promise<unknown> = Promise.resolve()

  /** One at a time, so that `close` has one promise to wait for. */
  function once(): Promise<number> {
    const round = () => work(closing.signal)
    const turn = going.then(round, round)
    going = turn.catch(() => {})
    return turn
  }

  async function loop(): Promise<void> {
    const listener: Listener | undefined = listen ? await listenTo(listen.database, listen.channel, () => bell.ring()) : undefined
    while (!closing.signal.aborted) {
      await once().catch(onError)
      await bell.wait(pollSeconds)
    }
    await listener?.close()
  }

  return {
    start() {
      running ??= loop()
    },
    once,
    async close() {
      closing.abort()
      bell.ring()
      await running
      await going
    },
  }
}

/** Waits; only closing cuts it short. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => {})
}

/** A bell that is not missed when it rings while nobody waits. */
function createBell() {
  let rung = false
  let wake = () => {}
  return {
    ring() {
      rung = true
      wake()
    },
    /** Until it rings, at most so long; returns at once when it rang since the last wait. */
    async wait(seconds: number) {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, seconds * 1000)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      rung = false
    },
  }
}
