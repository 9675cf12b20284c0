// Everything that can go wrong with one board of a refresh: its outcome, its metric, its log line, and the other boards untouched.

import { expect } from 'chai'
import type { FaultRule } from '../../ops/sandbox/faults.ts'
import type { Outcome } from '../../ops/metrics.ts'
import { linesOf, openTown, type Town } from './town.ts'

interface Case {
  title: string
  fault: Omit<FaultRule, 'source' | 'board'>
  outcome: Outcome
  /** What the log line must say. */
  says: RegExp
  attempts: number
  /** Pages set aside. */
  quarantined?: number
}

const CASES: Case[] = [
  { title: 'a body of zero bytes', fault: { kind: 'empty' }, outcome: 'network', says: /empty|zero|no bytes/i, attempts: 3 },
  { title: 'an HTML page with 200', fault: { kind: 'html' }, outcome: 'drift', says: /html/i, attempts: 1, quarantined: 1 },
  {
    title: 'JSON that ends in the middle',
    fault: { kind: 'truncated' },
    outcome: 'network',
    says: /truncated|ends/i,
    attempts: 3,
    quarantined: 1,
  },
  { title: 'a body shorter than announced', fault: { kind: 'truncated', length: 'wrong' }, outcome: 'network', says: /./, attempts: 3 },
  {
    title: 'a renamed list',
    fault: { kind: 'renamed_field', field: 'jobs', name: 'positions' },
    outcome: 'drift',
    says: /jobs/,
    attempts: 1,
    quarantined: 1,
  },
  {
    title: 'a renamed field of every posting',
    fault: { kind: 'renamed_field', field: 'title', name: 'name' },
    outcome: 'drift',
    says: /title/,
    attempts: 1,
    quarantined: 1,
  },
  { title: 'a board that is not there', fault: { kind: 'status', status: 404 }, outcome: 'gone', says: /404/, attempts: 1 },
  { title: 'a refusal', fault: { kind: 'status', status: 403 }, outcome: 'blocked', says: /403/, attempts: 1 },
  { title: 'a wall against robots', fault: { kind: 'captcha' }, outcome: 'blocked', says: /./, attempts: 1, quarantined: 1 },
  {
    title: '429 with Retry-After of an hour',
    fault: { kind: 'status', status: 429, retryAfter: 3600 },
    outcome: 'throttled',
    says: /429/,
    attempts: 1,
  },
  { title: '500 again and again', fault: { kind: 'status', status: 500 }, outcome: 'server_error', says: /500/, attempts: 3 },
  { title: 'a host that never answers', fault: { kind: 'hang' }, outcome: 'timeout', says: /time|answer/i, attempts: 3 },
  { title: 'a connection that is reset', fault: { kind: 'reset' }, outcome: 'network', says: /./, attempts: 3 },
  {
    title: 'a redirect to a private address',
    fault: { kind: 'redirect', to: 'private' },
    outcome: 'drift',
    says: /private|address|redirect/i,
    attempts: 1,
  },
]

describe('a refresh with one sick board', () => {
  for (const { title, fault, outcome, says, attempts, quarantined = 0 } of CASES) {
    describe(`and ${title}`, () => {
      let town: Town
      before(async function () {
        this.timeout(60_000)
        town = await openTown({ boards: 6, env: { REQUEST_TIMEOUT_S: '0.5', LOG_LEVEL: 'info' } })
        await town.refresh()
      })
      after(() => town.close())

      it(`ends as ${outcome}, with a metric, a log line and no harm to the others`, async function () {
        this.timeout(60_000)
        // The whole of Lever and Ashby is healthy, and so are the other boards of this host unless the host itself asked us to go away.
        const sick = town.sandbox.market.boards().find((board) => board.source === 'greenhouse')
        if (!sick) throw new Error('the sandbox has no Greenhouse board')
        const { db } = town.works.database
        await db('boards').update({ pages: null })
        const before = await db('postings').select('uid', 'closed_at', 'valid_from').orderBy('uid')
        town.sandbox.market.fault({ ...fault, source: 'greenhouse', board: sick.ident })

        const summary = await town.refresh({ boards: [`greenhouse/${sick.ident}`] })
        const others = await town.refresh({ sources: ['lever', 'ashby'] })

        const run = summary.runs[0]
        expect(run?.outcome).to.equal(outcome)
        expect(run?.attempts ?? 0).to.be.at.most(attempts)
        expect(run?.error).to.match(says)
        expect(await town.works.watch.metrics.value(town.works.watch.metrics.scrapeRuns, { source: 'greenhouse', outcome })).to.equal(1)
        const line = linesOf(town).find((entry) => entry['event'] === 'run' && entry['run_id'] === run?.id)
        expect(line).to.include({ board: sick.ident, outcome, level: 'warn' })
        expect(line?.['trace_id']).to.match(/^[0-9a-f]{32}$/)
        expect(Object.keys(others.totals)).to.deep.equal(['unchanged'])
        expect(await db('quarantine').where({ run_id: run?.id }), 'pages set aside').to.have.length(quarantined)
        expect(await db('postings').select('uid', 'closed_at', 'valid_from').orderBy('uid'), 'postings').to.deep.equal(before)
      })
    })
  }

  it('is well again after two errors and a good answer', async () => {
    const town = await openTown({ boards: 3 })
    try {
      town.sandbox.market.fault({ source: 'greenhouse', sequence: [500, 500, 'ok'] })
      const summary = await town.refresh({ sources: ['greenhouse'], limit: 1 })
      expect(summary.totals).to.deep.equal({ ok: 1 })
      expect(summary.runs[0]?.attempts).to.equal(3)
    } finally {
      await town.close()
    }
  }).timeout(60_000)
})
