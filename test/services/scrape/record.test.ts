// The record of a run: what the facts are, what the row says, and the sentence about what was not plainly well.

import { expect } from 'chai'
import { Failure } from '../../../scrapers/failure.ts'
import { defineSource, type ParsedPage, type RawPosting } from '../../../scrapers/source.ts'
import type { Board } from '../../../services/store/boards.ts'
import { blank, counted, effort, explain, factsOf, guardOf, NOTHING, type Progress } from '../../../services/scrape/record.ts'
import type { Reading } from '../../../services/scrape/reading.ts'

const source = defineSource({
  name: 'plain',
  version: 1,
  pace: { perSecond: 1, atOnce: 1 },
  timeoutSeconds: 5,
  hosts: ['jobs.example.org'],
  absence: 'closes',
  empty: 'verified',
  first: () => ({ url: 'https://jobs.example.org' }),
  parse: () => parsed({}),
  careersUrl: () => 'https://jobs.example.org',
})

function parsed(given: Partial<Omit<ParsedPage, 'postings'>> & { ids?: string[] }): ParsedPage {
  const { ids = [], ...rest } = given
  const postings = ids.map((externalId) => ({ externalId }) as RawPosting)
  return { postings, rejected: [], listed: ids.length, unlisted: 0, total: null, next: null, ...rest }
}

const READ: Reading = {
  untouched: false,
  pages: [],
  parsed: [],
  failure: null,
  truncated: null,
  bad: [],
  region: null,
  attempts: 0,
  bytes: 0,
}
const drift = new Failure('drift', 'title is missing', { path: 'jobs[3].title' })
const two: Reading = {
  ...READ,
  parsed: [parsed({ ids: ['a', 'b'], listed: 4, unlisted: 1, rejected: [drift] }), parsed({ ids: ['c'], listed: 3, unlisted: 2 })],
  bad: [{ body: '{}', url: 'https://jobs.example.org', status: 200, failure: drift }],
}
const difference = { opened: [], changed: [], reopened: [], same: [], missing: ['u1', 'u2'] }

describe('services/scrape/record', () => {
  describe('the facts of a reading', () => {
    it('are the sums over its pages', () => {
      expect(factsOf(source, two)).to.deep.equal({ ...NOTHING, seen: 3, listed: 7, unlisted: 3, rejected: 1, emptyMeans: 'verified' })
    })

    it('are nothing but what zero means for a reading that brought nothing', () => {
      expect(factsOf(source, READ)).to.deep.equal({ ...NOTHING, emptyMeans: 'verified' })
      expect(factsOf({ ...source, empty: 'suspect' }, READ)).to.deep.equal(NOTHING)
    })

    it('say why it ended early, and that it is not whole', () => {
      expect(factsOf(source, { ...READ, failure: new Failure('throttled', 'slower') }).failure).to.equal('throttled')
      for (const truncated of ['page_cap', 'repeated_page', 'total'] as const)
        expect(factsOf(source, { ...READ, truncated }).truncated).to.equal(true)
    })
  })

  describe('the row', () => {
    const progress: Progress = {
      id: 'a3f1c9d2-0000-4000-8000-000000000001',
      at: new Date('2026-03-01T10:00:00Z'),
      board: { id: 7 } as Board,
      trigger: 'schedule',
      source,
      reader: 'plain@1+1',
      clock: 0,
    }

    it('begins as a run that did nothing', () => {
      const { seconds, ...row } = blank({ ...progress, clock: performance.now() - 250 })
      expect(row).to.deep.equal({
        id: progress.id,
        board_id: 7,
        source: 'plain',
        trigger: 'schedule',
        outcome: 'skipped',
        complete: false,
        seen: 0,
        new: 0,
        changed: 0,
        closed: 0,
        reopened: 0,
        rejected: 0,
        unlisted: 0,
        duplicates: 0,
        pages: 0,
        bytes: 0,
        attempts: 0,
        guard: null,
        started_at: progress.at,
        trace_id: null,
        error: null,
        error_path: null,
      })
      expect(seconds).to.be.within(0.25, 5)
    })

    it('counts what the visit cost and what it saw', () => {
      const page = { page: {}, validator: {} } as Reading['pages'][number]
      expect(effort({ ...READ, pages: [page, page], bytes: 900, attempts: 3 })).to.deep.equal({ pages: 2, bytes: 900, attempts: 3 })
      expect(counted(factsOf(source, two))).to.deep.equal({ seen: 3, rejected: 1, unlisted: 3 })
    })

    it('names what the drop guard refused, and nothing when it let all pass', () => {
      expect(guardOf({ refused: true, seen: 3, median: 10 }, difference)).to.deep.equal({
        name: 'drop',
        seen: 3,
        median: 10,
        would_close: 2,
      })
      expect(guardOf({ refused: false, seen: 9, median: 10 }, difference)).to.equal(null)
      expect(guardOf(undefined, difference)).to.equal(null)
    })
  })

  describe('the sentence', () => {
    const verdict = { refused: true, seen: 3, median: 10 }
    const say = (reading: Partial<Reading>, options: { refused?: boolean; capped?: boolean } = {}) => {
      const whole = { ...READ, ...reading }
      return explain(whole, factsOf(source, whole), options.refused ? verdict : undefined, options.capped ?? false)
    }

    it('is none when all is well', () => {
      expect(say({ parsed: [parsed({ ids: ['a'] })] })).to.equal(null)
      expect(explain(READ, NOTHING, { ...verdict, refused: false }, false)).to.equal(null)
    })

    const cases: [string, Partial<Reading>, { refused?: boolean; capped?: boolean }, string][] = [
      ['a failure', { failure: new Failure('timeout', 'no answer within 25 s') }, {}, 'no answer within 25 s'],
      ['too many pages', { truncated: 'page_cap' }, {}, 'there are more pages than the source may be asked for'],
      ['a page sent again', { truncated: 'repeated_page' }, {}, 'the source sent the same page again'],
      ['a total not reached', { truncated: 'total' }, {}, 'the source says that there are more entries than came'],
      ['the daily cap', {}, { capped: true }, 'the daily cap of new postings is reached'],
      ['unreadable entries', two, {}, '1 of 7 entries could not be read: title is missing'],
      ['a refused drop', {}, { refused: true }, 'saw 3 where the median of the last visits is 10: nothing was closed'],
    ]
    for (const [what, reading, options, sentence] of cases)
      it(`tells of ${what}`, () => {
        expect(say(reading, options)).to.equal(sentence)
      })

    it('tells of the first thing that went wrong when there are several', () => {
      const options = { refused: true, capped: true }
      expect(say({ ...two, truncated: 'total', failure: new Failure('network', 'reset') }, options)).to.equal('reset')
      expect(say({ ...two, truncated: 'total' }, options)).to.match(/more entries than came$/)
      expect(say(two, options)).to.match(/daily cap/)
      expect(say(two, { refused: true })).to.match(/could not be read/)
    })
  })
})
