// A lock between processes in one file: taken by an atomic link, and taken over when its holder has died.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 50
/** A takeover is a read and an unlink; one that is older than this was killed in the middle. */
const TAKEOVER_MS = 5000

/** What the kernel says of a process from the third field on, or undefined where it has no /proc or no such process. */
function statusOf(pid: number): string[] | undefined {
  try {
    // The second field is the program's name in brackets and may itself hold spaces and brackets.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** When a process began, in clock ticks since boot: with the pid it names one process for ever. */
const beginningOf = (pid: number): string | undefined => statusOf(pid)?.[19]

/** Whether a process with this id runs, whoever owns it. One that is dead and only waits for its parent to notice does not. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return !['Z', 'X'].includes(statusOf(pid)?.[0] ?? '')
}

function holderIsDead(content: string): boolean {
  const [pid = '', beginning = ''] = content.split(' ')
  if (!isAlive(Number(pid))) return true
  const now = beginningOf(Number(pid))
  return now !== undefined && beginning !== '' && now !== beginning
}

/** Removes the lock only while it is still the very one whose holder was found dead: nobody's fresh lock is lost. */
async function takeOver(file: string, dead: string): Promise<void> {
  const guard = `${file}.takeover`
  try {
    await writeFile(guard, '', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const age = Date.now() - (await stat(guard).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs
    if (age > TAKEOVER_MS) await rm(guard, { force: true })
    return
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => '')) === dead) await rm(file, { force: true })
  } finally {
    await rm(guard, { force: true })
  }
}

/**
 * Runs `work` while no other process (and no other caller in this one) holds the lock.
 * @throws Error naming the holder when it is not free within `patienceMs`
 */
export async function withLock<T>(file: string, work: () => Promise<T>, patienceMs = 120_000): Promise<T> {
  const mine = `${process.pid} ${beginningOf(process.pid) ?? ''} ${randomUUID()}`
  const draft = `${file}.${process.pid}.${mine.slice(-12)}`
  const until = Date.now() + patienceMs
  // Written beforehand and linked, so that the lock never exists without the name of its holder.
  await writeFile(draft, mine, { mode: 0o600 })
  try {
    for (;;) {
      try {
        await link(draft, file)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = await readFile(file, 'utf8').catch(() => undefined)
      if (holder === undefined) continue
      if (holderIsDead(holder)) await takeOver(file, holder)
      else if (Date.now() > until) throw new Error(`${file} is held by process ${holder.split(' ')[0] ?? '?'}, and it does not let go`)
      else await sleep(POLL_MS)
    }
  } finally {
    await rm(draft, { force: true })
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}
