// Waiting for something to be so, with an end.

import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 100

/** What was waited for did not come. */
export class InVain extends Error {
  override readonly name = 'InVain'
}

/** Waits until something is found. @throws InVain with what it was */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>, seconds = 60): Promise<T> {
  for (const began = performance.now(); performance.now() - began < seconds * 1000; await sleep(EVERY_MS)) {
    const found = await look()
    if (found !== undefined && found !== false) return found
  }
  throw new InVain(`waited ${seconds} s in vain for ${what}`)
}
