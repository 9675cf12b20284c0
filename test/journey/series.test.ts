// Dated snapshots of real boards, replayed in their order: what is opened, changed, closed and reopened each day is what the files say.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { visit } from '../../services/scrape/run.ts'
import { findBoards } from '../../services/store/boards.ts'
import { undoClose } from '../../services/store/postings.ts'
import type { RunRecord } from '../../services/store/runs.ts'
import { capturesFolder } from './captures.ts'
import { countRows, openTown, type Town } from './town.ts'

const BOARDS = ['auterion', '6sense', 'twitch', 'webflow']

interface Day {
  date: string
  /** The file is of another shape than the API's: nothing may be read from it. */
  foreign: boolean
  opened: number
  changed: number
  closed: number
  reopened: number
  refused: boolean
}

type Job = Record<string, unknown> & { id: number }

/** What makes a posting another one to a reader. `updated_at` is left out: it is bumped without an edit. */
function content(job: Job): string {
  const { updated_at: _updated, data_compliance: _compliance, company_name: _company, internal_job_id: _internal, ...rest } = job
  return JSON.stringify(rest, (_key, value: unknown) => {
    if (typeof value === 'string') return value.replace(/\s+/g, ' ').trim()
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
    // A field that the API began to send on some day, still without a value, is no edit.
    const said = Object.entries(value).filter(([, inner]) => inner !== null)
    return Object.fromEntries(said.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function middle(counts: number[]): number {
  const sorted = counts.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  if (sorted.length === 0) return 0
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
}

/** Set differences of the files, with the drop guard's rule applied by a plain calculation. */
function expectedDays(folder: string, board: string): Day[] {
  const files = readdirSync(join(folder, 'greenhouse_timeseries', board)).toSorted()
  const open = new Map<number, string>()
  const ever = new Set<number>()
  const counts: number[] = []
  return files.map((file) => {
    const { jobs } = JSON.parse(readFileSync(join(folder, 'greenhouse_timeseries', board, file), 'utf8')) as { jobs: Job[] }
    const now = new Map(jobs.map((job) => [job.id, content(job)]))
    const date = file.replace('.json', '')
    const foreign = jobs.some((job) => job['absolute_url'] === undefined)
    if (foreign) return { date, foreign, opened: 0, changed: 0, closed: 0, reopened: 0, refused: false }
    const day: Day = { date, foreign, opened: 0, changed: 0, closed: 0, reopened: 0, refused: false }
    for (const [id, text] of now) {
      const before = open.get(id)
      if (before === undefined) day[ever.has(id) ? 'reopened' : 'opened']++
      else if (before !== text) day.changed++
      ever.add(id)
      open.set(id, text)
    }
    const missing = [...open.keys()].filter((id) => !now.has(id))
    day.refused = now.size < 0.7 * middle(counts.slice(-5))
    if (!day.refused) {
      day.closed = missing.length
      for (const id of missing) open.delete(id)
    }
    counts.push(now.size)
    return day
  })
}

describe('dated snapshots replayed in their order', function () {
  this.timeout(120_000)
  const folder = capturesFolder()
  let town: Town
  let today = new Date()

  before(async function () {
    if (folder === undefined) this.skip()
    else town = await openTown({ captures: folder, series: true, now: () => today })
  })
  after(() => town?.close())

  async function visitOn(board: string, date: string): Promise<RunRecord> {
    today = new Date(`${date}T12:00:00Z`)
    town.sandbox.market.setDate(date)
    const [found] = await findBoards(town.works.database.db, { idents: [`greenhouse/${board}`] })
    if (!found) throw new Error(`no board ${board}`)
    return visit(town.works.runParts, { board: found, trigger: 'refresh' })
  }

  for (const board of BOARDS)
    it(`${board}: opened, changed, closed and reopened are the set differences of the files, day by day`, async () => {
      const refused: string[] = []
      for (const day of expectedDays(folder ?? '', board)) {
        const run = await visitOn(board, day.date)
        const got: Day = {
          date: day.date,
          foreign: run.outcome === 'drift',
          opened: run.new,
          changed: run.changed,
          closed: run.closed,
          reopened: run.reopened,
          refused: run.guard !== null,
        }
        expect(got).to.deep.equal(day)
        if (run.guard) refused.push(`${day.date}: ${run.guard.seen} seen, median ${run.guard.median}, ${run.guard.would_close} kept open`)
      }
      if (refused.length > 0) console.log(`      refused by the drop guard:\n        ${refused.join('\n        ')}`)
    })

  it('gives back what a bad batch closed', async () => {
    const { db } = town.works.database
    const batch = await db('runs')
      .where('closed', '>', 0)
      .orderBy('started_at', 'desc')
      .first<{ id: string; closed: number; board_id: number }>('id', 'closed', 'board_id')
    const open = () => countRows(db('postings').where({ board_id: batch.board_id }).whereNull('closed_at'))
    const before = await open()
    const undone = await town.works.database.inTransaction((trx) => undoClose(trx, batch.id))
    expect(undone?.reopened).to.be.within(1, batch.closed)
    expect(await open()).to.equal(before + (undone?.reopened ?? 0))
  })
})
