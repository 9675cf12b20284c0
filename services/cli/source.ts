// source list, pause, resume, reset: how sources are, and holding them back by hand.

import { sources, sourceNames } from '../../scrapers/index.ts'
import type { Config } from '../config.ts'
import { appendAudit } from '../store/audit.ts'
import { pauseBoards, resumeBoards, sourceSummaries } from '../store/boards.ts'
import { resetHost } from '../store/hosts.ts'
import { openHouse, type House } from '../works.ts'
import { print, refusal, utc, type Format } from './print.ts'

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

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
  const target = parseTarget(args[0] ?? '')
  const until = new Date(Date.now() + parseTime(options.for))
  await withHouse(config, async ({ database }) => {
    const count = await pauseBoards(database.db, target, until, options.reason ?? 'by hand')
    if (count === 0) throw nothingFits(args[0] ?? '')
    await appendAudit(database.db, {
      actor: 'cli',
      action: 'source.pause',
      target: args[0] ?? '',
      after: { until, reason: options.reason ?? null },
    })
    console.log(`${count} boards are paused until ${utc(until)}.`)
  })
}

export async function resumeCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const target = parseTarget(args[0] ?? '')
  await withHouse(config, async ({ database }) => {
    const count = await resumeBoards(database.db, target)
    if (count === 0) throw nothingFits(args[0] ?? '')
    await appendAudit(database.db, { actor: 'cli', action: 'source.resume', target: args[0] ?? '' })
    console.log(`${count} boards are visited again.`)
  })
}

export async function resetCommand(config: Config, _options: unknown, args: string[]): Promise<void> {
  const { source } = parseTarget(args[0] ?? '')
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

function parseTarget(name: string): { source: string; board?: string } {
  const [source = '', ...rest] = name.split('/')
  if (!sourceNames.includes(source))
    throw refusal(`"${source}" is not a source. There are ${sourceNames.join(', ')}; a board is written as greenhouse/stripe.`)
  return rest.length > 0 ? { source, board: rest.join('/') } : { source }
}

function parseTime(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (!Number.isFinite(ms) || ms <= 0) throw refusal(`"${text}" is not a time: write it as 30m, 2h or 7d.`)
  return ms
}

function nothingFits(name: string): Error {
  return refusal(`No board fits "${name}": "rolewatch source list" shows the sources, companies.yaml the boards.`)
}
