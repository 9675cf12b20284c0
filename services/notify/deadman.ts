// The dead man's switch: it speaks when the Watchdog has not come for too long, again with growing gaps, and once more when it is back.

import type { Log } from '../../ops/log.ts'
import { backMessage, silenceMessage, type Utterance } from './deadman-message.ts'
import type { DeadmanMemory, DeadmanState } from './deadman-state.ts'
import type { SlackMessage } from './digest.ts'
import type { Answer } from './slack.ts'

/** A way to say something, which is asked again until it has accepted. */
export interface Mouth {
  name: 'slack' | 'email'
  /** `id` stays the same for the same words. */
  say(message: SlackMessage, id: string): Promise<Answer>
}

export interface DeadmanOptions {
  /** How long to wait for the Watchdog, counted while the switch runs. */
  afterSeconds: number
  mouths: readonly Mouth[]
  memory: DeadmanMemory
  /** Where the runbook can be read, or null. */
  runbook: string | null
  log: Log
  now: () => Date
}

export interface Deadman {
  /** The Watchdog has come. */
  seen(): void
  /** Another moment has passed: to be called about every second. Resolves when what it began to say was answered. */
  tick(): Promise<void>
  look(): { silent: boolean; lastSeen: Date | null; waitedSeconds: number; unsaid: string[] }
  /** Keeps what it knows and waits for what is being said. */
  close(): Promise<void>
}

/** After the first time, and then again and again after the last of these. */
const GAPS_SECONDS = [900, 3600, 14_400] as const
/** A longer moment was one of sleep: the machine's, not the Watchdog's. */
const LONGEST_MOMENT = 10
const KEEP_SECONDS = 5
const LONGEST_BACKOFF = 300

/** How long the n-th word about a silence comes after the beginning of that silence, in seconds; n from 0. */
export function wordDue(n: number, afterSeconds: number): number {
  const gaps = Array.from({ length: n }, (_, index) => GAPS_SECONDS[Math.min(index, GAPS_SECONDS.length - 1)] ?? 0)
  return gaps.reduce((sum, gap) => sum + gap, afterSeconds)
}

/** Opens the switch where it was left; its clock begins now, or goes on. */
export function openDeadman(options: DeadmanOptions): Deadman {
  const { afterSeconds, mouths, memory, log, now } = options
  const state: DeadmanState = memory.load() ?? { startedAt: now().toISOString(), lastSeen: null, waited: 0, spoken: 0, owed: {} }
  // A mouth that was taken away owes nothing any more.
  state.owed = Object.fromEntries(Object.entries(state.owed).filter(([name]) => mouths.some((mouth) => mouth.name === name)))
  const speakers = mouths.map((mouth) => createSpeaker(mouth, state, options, () => memory.save(state)))
  let last = now().getTime()
  let keptAt = state.waited
  memory.save(state)

  const owe = (utterance: Utterance): void => {
    // What a mouth has not said yet is overtaken by what is true now.
    state.owed = Object.fromEntries(mouths.map(({ name }) => [name, utterance]))
    for (const speaker of speakers) speaker.hurry()
  }

  return {
    seen() {
      const at = now()
      if (state.spoken > 0) {
        log.info('deadman.back', { since: sinceWhen(state) })
        owe({ ...wordOn(state, at), kind: 'back', id: `back-${at.getTime()}`, again: 0 })
      }
      Object.assign(state, { lastSeen: at.toISOString(), waited: 0, spoken: 0 })
      keptAt = 0
      memory.save(state)
    },
    async tick() {
      const at = now()
      state.waited += Math.min(LONGEST_MOMENT, Math.max(0, (at.getTime() - last) / 1000))
      last = at.getTime()
      const isDue = state.waited >= wordDue(state.spoken, afterSeconds)
      if (isDue) {
        state.spoken += 1
        log.error('deadman.silent', { since: sinceWhen(state), times: state.spoken })
        const id = `silent-${new Date(sinceWhen(state)).getTime()}-${state.spoken}`
        owe({ ...wordOn(state, at), kind: 'silent', id, again: wordDue(state.spoken, afterSeconds) - state.waited })
      }
      if (isDue || state.waited - keptAt >= KEEP_SECONDS) {
        keptAt = state.waited
        memory.save(state)
      }
      await Promise.all(speakers.map((speaker) => speaker.speak()))
    },
    look: () => ({
      silent: state.spoken > 0,
      lastSeen: state.lastSeen === null ? null : new Date(state.lastSeen),
      waitedSeconds: state.waited,
      unsaid: Object.keys(state.owed),
    }),
    async close() {
      memory.save(state)
      await Promise.all(speakers.map((speaker) => speaker.rest()))
    },
  }
}

/** When the Watchdog last came, or else when it was first waited for. */
function sinceWhen(state: DeadmanState): string {
  return state.lastSeen ?? state.startedAt
}

function wordOn(state: DeadmanState, at: Date): Pick<Utterance, 'since' | 'ever' | 'at' | 'times'> {
  return { since: sinceWhen(state), ever: state.lastSeen !== null, at: at.toISOString(), times: state.spoken }
}

/** One mouth, with what it still owes. An alarm that may not have arrived is said again: twice is better than never. */
function createSpeaker(mouth: Mouth, state: DeadmanState, options: DeadmanOptions, keep: () => void) {
  const { log, now, runbook } = options
  let speaking: Promise<void> | undefined
  let failures = 0
  let notBefore = 0

  async function speakNow(utterance: Utterance): Promise<void> {
    const message = utterance.kind === 'silent' ? silenceMessage(utterance, runbook) : backMessage(utterance)
    const answer = await mouth.say(message, `deadman-${utterance.id}`)
    const fields = { channel: mouth.name, word: utterance.kind, answer: answer.words }
    if (answer.kind === 'accepted') {
      failures = 0
      // Something newer may have come up meanwhile.
      if (state.owed[mouth.name]?.id === utterance.id) delete state.owed[mouth.name]
      keep()
      log.info('deadman.said', fields)
      return
    }
    failures += 1
    const asked = answer.kind === 'refused' ? (answer.retryAfter ?? 0) : 0
    const seconds = Math.min(LONGEST_BACKOFF, Math.max(asked, 2 ** Math.min(failures - 1, 20)))
    notBefore = now().getTime() + seconds * 1000
    log.warn('deadman.unsaid', { ...fields, again_in_seconds: seconds })
  }

  return {
    hurry() {
      failures = 0
      notBefore = 0
    },
    async speak(): Promise<void> {
      const utterance = state.owed[mouth.name]
      if (!utterance || speaking || now().getTime() < notBefore) return
      speaking = speakNow(utterance)
        .catch((error: unknown) => log.error('deadman.error', { channel: mouth.name, error }))
        .finally(() => (speaking = undefined))
      await speaking
    },
    async rest(): Promise<void> {
      await speaking
    },
  }
}
