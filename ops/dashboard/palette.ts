// What colour stands for what: the same word has the same colour on every dashboard.

import type { Colours } from './panels.ts'

const WORDS: Readonly<Record<string, readonly string[]>> = {
  green: ['ok', 'delivered', 'opened', '2xx', 'free', 'resolved', 'mended'],
  'light-green': ['unchanged', 'empty_verified', '3xx'],
  yellow: ['partial', 'retried', 'reopened', 'late', 'waiting'],
  orange: ['empty_suspect', 'throttled', 'rejected', 'uncertain', '4xx', 'deferred'],
  red: ['drift', 'failed', 'server_error', '5xx', 'firing'],
  'dark-red': ['blocked'],
  purple: ['timeout', 'closed'],
  'dark-purple': ['network', 'none'],
  blue: ['changed', 'active', 'used', 'pending', 'sending'],
  'light-blue': ['gone', 'ready'],
  text: ['skipped'],
}

const COLOURS = Object.fromEntries(Object.entries(WORDS).flatMap(([colour, words]) => words.map((word) => [word, colour])))

/** @throws when a word has no colour: a closed list grew, and its colour has to be chosen */
export function coloursOf(words: readonly string[]): Colours {
  return Object.fromEntries(
    words.map((word) => {
      const colour = COLOURS[word]
      if (colour === undefined) throw new Error(`${word} has no colour`)
      return [word, colour]
    }),
  )
}
