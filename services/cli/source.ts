// source list, pause, resume, reset: how sources are, and holding them back by hand.

import { sources } from '../../scrapers/index.ts'
import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { findBoards, pauseBoards, resumeBoards, sourceSummaries } from '../store/boards.ts'
import { resetHost } from '../store/hosts.ts'
import { openHouse, type House } from '../works.ts'
import { refusal } from '../refusal.ts'
import { readTarget, readTime } from './given.ts'
import { print, utc, type Format } from './print.ts'

export async function listCommand(config: Config, options: { format: Format }): Promise<void> {
  await withHouse(config, async ({ database }) => {
    const summaries = await sourceSummaries(database.db)
    print(
      options.format,
      summaries,
      summaries,
      {
        source: (s) => s.source,
        boards: (s) => s.boards,
        paused: (s) => s.paused,
        'open postings': (s) => s.open_postings,
        'last success': (s) => utc(s.last_success),
        outcomes: (s) =>
          Object.entries(s.outcomes)
            .map(([outcome, n]) => `${n} ${outcome}`)
            .join(', '),
        hosts: (s) => s.hosts.map((host) => `${host.host} (${host.breaker})`).join(', '),
      },
      'No boards yet: add one line to companies.yaml.',
    )
  })
}

export async function pauseCommand(config: Config, options: { for: string; reason?: string }, args: string[]): Promise<void> {
  const target = readTarget(args[0])
  const until = new Date(Date.now() + readTime(options.for))
  await withHouse(config, async ({ database }) => {
    const count = await pauseBoards(database.db, target, until, options.reason ?? 'by hand')
    if (count === 0) throw nothingFits(args[0] ?? '')
    await appendAudit(database.db, {
      actor: 'cli',
      action: 'source.pause',
      target: args[0] ?? '',
      after: { until, reason: options.reason ?? null },
    })
    console.log(`${boards(count)} paused until ${utc(until)}.`)
  })
}

export async function resumeCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const target = readTarget(args[0])
  await withHouse(config, async ({ database }) => {
    const count = await resumeBoards(database.db, target)
    const known =
      count > 0 || (await findBoards(database.db, target.board ? { idents: [args[0] ?? ''] } : { sources: [target.source] })).length > 0
    if (!known) throw nothingFits(args[0] ?? '')
    if (count === 0) {
      console.log(`${args[0]} was not paused.`)
      return
    }
    await appendAudit(database.db, { actor: 'cli', action: 'source.resume', target: args[0] ?? '' })
    console.log(`${boards(count)} visited again.`)
  })
}

export async function resetCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const { source } = readTarget(args[0])
  await withHouse(config, async ({ database }) => {
    for (const host of sources[source]?.hosts ?? []) await resetHost(database.db, host)
    await appendAudit(database.db, { actor: 'cli', action: 'source.reset', target: source })
    console.log(`The breakers of ${source} are closed and its hosts are not held back.`)
  })
}

async function withHouse(config: Config, work: (house: House) => Promise<void>): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    await work(house)
  } finally {
    await house.close()
  }
}

function boards(count: number): string {
  return count === 1 ? '1 board is' : `${count} boards are`
}

function nothingFits(name: string): Error {
  return refusal(`No board fits "${name}": "rolewatch source list" shows the sources, companies.yaml the boards.`)
}
