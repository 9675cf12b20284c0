// Searches over postings: filters, orders, pages, days gone by, and the plans behind them.

import { expect } from 'chai'
import type { PostingQuery } from '../../../services/store/posting-query.ts'
import { searchPostings } from '../../../services/store/posting-search.ts'
import { openWorld, type World } from '../../world.ts'
import { changePostings, closeSeeded, pay, place, seedBoard, seedPostings, type Draft, type SeededBoard } from '../api/seed.ts'

const NOW = new Date('2025-07-10T12:00:00Z')

const DRAFTS: Draft[] = [
  {
    external_id: 'a',
    title: 'Senior Backend Engineer',
    places: [place('London, UK', 'GB')],
    work_mode: 'hybrid',
    level: 'senior',
    skills: ['Go', 'PostgreSQL'],
    pay: [pay('GBP', 90_000, 120_000)],
    posted_at: '2025-07-09T08:00:00Z',
  },
  {
    external_id: 'b',
    title: 'Data Analyst',
    description: 'You work with engineers.',
    places: [place('Zürich, Switzerland', 'CH')],
    work_mode: 'onsite',
    level: 'mid',
    skills: ['C++', 'SQL'],
    pay: [pay('CHF', 110_000, null)],
    posted_at: '2025-07-01T08:00:00Z',
  },
  {
    external_id: 'c',
    title: 'Frontend Engineer',
    places: [place('Remote - US', 'US'), place('Indianapolis, IN', 'US')],
    work_mode: 'remote',
    level: 'junior',
    skills: ['C#', 'React', 'TypeScript'],
    pay: [pay('USD', 100_000, 130_000), pay('USD', 80_000, 100_000)],
    posted_at: '2025-06-01T08:00:00Z',
  },
  {
    external_id: 'd',
    title: 'Office Manager',
    description: 'Keep the office; no engineer needed.',
    places: [place('Greater London', 'GB')],
    posted_at: null,
  },
  { external_id: 'e', title: 'Growth 100%_real Marketer', places: [place('Bengaluru, India', 'IN')], posted_at: '2025-07-05T08:00:00Z' },
]

describe('searching postings', () => {
  let world: World
  let acme: SeededBoard
  before(async () => {
    world = await openWorld()
    acme = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme Rockets')
    await seedPostings(world.db, acme, '2025-07-08T00:00:00Z', DRAFTS)
    const other = await seedBoard(world.db, 'lever', 'globex', 'Globex')
    const [closed] = await seedPostings(world.db, other, '2025-06-20T00:00:00Z', [{ external_id: 'x', title: 'Closed Engineer' }])
    await closeSeeded(world.db, other, '2025-06-25T10:00:00Z', [closed ?? ''])
  })
  after(() => world.close())

  const found = async (query: PostingQuery): Promise<string> => {
    const page = await searchPostings(world.db, query, { now: NOW })
    return page.items.map((item) => item.external_id).join('')
  }

  it('gives what is open, newest first, and takes the day it was first seen where the source has no date', async () => {
    expect(await found({})).to.equal('adebc')
  })
  it('answers the shape of the contract', async () => {
    const [item] = (await searchPostings(world.db, { title: 'backend' })).items
    expect(item).to.deep.include({
      source: 'greenhouse',
      board: 'acme',
      external_id: 'a',
      company: { slug: 'acme-rockets', name: 'Acme Rockets' },
      work_mode: 'hybrid',
      skills: ['Go', 'PostgreSQL'],
      posted_at: '2025-07-09T08:00:00.000Z',
      first_seen_at: '2025-07-08T00:00:00.000Z',
      closed_at: null,
      status: 'open',
    })
    expect(Object.keys(item ?? {})).to.have.length(18)
  })

  const cases: [string, PostingQuery, string][] = [
    ['words in the title come before words in the text', { q: 'engineer' }, 'acdb'],
    ['a phrase', { q: '"backend engineer"' }, 'a'],
    ['a word left out', { q: 'engineer -manager' }, 'acb'],
    ['either word', { q: 'analyst or marketer', sort: 'newest' }, 'eb'],
    ['the company in words', { q: 'rockets backend' }, 'a'],
    ['title words alone', { title: 'engineer' }, 'ac'],
    ['title words that hold operators', { title: "engineer' | !x:* \\" }, ''],
    ['a company by its slug', { company: 'acme-rockets' }, 'adebc'],
    ['a company by the beginning of its name', { company: 'ACME R' }, 'adebc'],
    ['no company by the middle of its name', { company: 'rockets' }, ''],
    ['a city, and the region called after it', { location: 'london' }, 'ad'],
    ['the region, and the city in it', { location: 'Greater London' }, 'ad'],
    ['a city with its country in other words', { location: 'London, United Kingdom' }, 'ad'],
    ['a city by half its name', { location: 'indianap' }, 'c'],
    ['a city without its accent', { location: 'zurich' }, 'b'],
    ['a city with its accent', { location: 'Zürich' }, 'b'],
    ['a city by its other name', { location: 'Bangalore' }, 'e'],
    ['a country, and not the city that begins with it', { location: 'India' }, 'e'],
    ['a code that is a state and a country', { location: 'IN' }, 'ec'],
    ['remote as a place', { location: 'remote' }, 'c'],
    ['a place that holds wildcards', { location: '%' }, ''],
    ['a country by code in any case', { country: 'gb' }, 'ad'],
    ['a work mode', { mode: 'remote' }, 'c'],
    ['a level', { level: 'senior' }, 'a'],
    ['all skills at once, by whatever name', { skill: ['golang', ' POSTGRES '] }, 'a'],
    ['no posting with half of the skills', { skill: ['go', 'react'] }, ''],
    ['pay that reaches a figure', { salary_min: 120_000, currency: 'USD' }, 'c'],
    ['pay that does not reach it', { salary_min: 130_001, currency: 'USD' }, ''],
    ['pay with a lower end alone', { salary_min: 110_000, currency: 'chf' }, 'b'],
    ['pay in whatever currency', { salary_min: 115_000 }, 'ac'],
    ['a skill that full text would cut down to a letter', { q: 'c++' }, 'b'],
    ['such a skill among words', { q: 'c# engineer' }, 'c'],
    ['such a skill left out', { q: 'engineer -C++' }, 'acd'],
    ['a source', { source: 'lever', status: 'all' }, 'x'],
    ['the last days', { posted_within: 3 }, 'ad'],
    ['closed ones', { status: 'closed' }, 'x'],
    ['all of them', { status: 'all', q: 'engineer', sort: 'newest' }, 'adbxc'],
    ['the best paid first, those without pay last', { sort: 'salary' }, 'cabed'],
    ['words that no posting has', { q: 'zzz' }, ''],
    ['words that are no words', { q: 'the' }, ''],
  ]
  for (const [what, query, expected] of cases) {
    it(`finds ${what}`, async () => {
      const ids = await found(query)
      if (query.sort === 'salary') expect(ids.slice(0, 3)).to.equal(expected.slice(0, 3))
      else expect(ids).to.equal(expected)
    })
  }
  it('counts all of them where it is asked to', async () => {
    const page = await searchPostings(world.db, { limit: 2 }, { count: true })
    expect(page).to.have.property('total', 5)
    expect(await searchPostings(world.db, { limit: 2 })).not.to.have.property('total')
  })

  describe('as of a past date', () => {
    before(async () => {
      const board = await seedBoard(world.db, 'ashby', 'initech', 'Initech')
      const [uid] = await seedPostings(world.db, board, '2025-01-10T09:00:00Z', [
        { external_id: 'p', title: 'Junior Plumber', places: [place('Bern', 'CH')], pay: [pay('CHF', 50_000, 60_000)] },
      ])
      await changePostings(world.db, board, '2025-02-10T09:00:00Z', [
        { external_id: 'p', title: 'Senior Plumber', places: [place('Lyon', 'FR')], pay: [pay('EUR', 90_000, 99_000)] },
      ])
      await closeSeeded(world.db, board, '2025-03-10T09:00:00Z', [uid ?? ''])
      await changePostings(world.db, board, '2025-04-10T00:00:00Z', [
        { external_id: 'p', title: 'Master Plumber', places: [place('Lyon', 'FR')] },
      ])
    })
    const titles = async (as_of: string, query: PostingQuery = {}) =>
      (await searchPostings(world.db, { source: 'ashby', as_of, ...query })).items.map((item) => `${item.title}, ${item.status}`).join()

    it('shows what was open at the end of the day, and how it was', async () => {
      expect(await titles('2025-01-09')).to.equal('')
      expect(await titles('2025-01-10')).to.equal('Junior Plumber, open')
      expect(await titles('2025-02-09')).to.equal('Junior Plumber, open')
      expect(await titles('2025-02-10')).to.equal('Senior Plumber, open')
      expect(await titles('2025-03-09')).to.equal('Senior Plumber, open')
      expect(await titles('2025-03-10')).to.equal('')
      expect(await titles('2025-04-10')).to.equal('Master Plumber, open')
    })
    it('looks for words, places and pay in what it was then', async () => {
      expect(
        await titles('2025-01-20', { q: 'junior plumber', country: 'CH', location: 'bern', salary_min: 60_000, currency: 'CHF' }),
      ).to.equal('Junior Plumber, open')
      expect(await titles('2025-01-20', { q: 'senior' })).to.equal('')
      expect(await titles('2025-01-20', { salary_min: 60_001 })).to.equal('')
      expect(await titles('2025-02-20', { title: 'senior', location: 'lyon', currency: 'EUR' })).to.equal('Senior Plumber, open')
      expect(await titles('2025-01-20', { posted_within: 11 })).to.equal('Junior Plumber, open')
      expect(await titles('2025-01-20', { posted_within: 10 })).to.equal('')
    })
    it('agrees with the view of snapshots', async () => {
      const dates = [
        '2025-01-09',
        '2025-01-10',
        '2025-02-09',
        '2025-02-10',
        '2025-03-10',
        '2025-04-09',
        '2025-04-10',
        '2025-06-20',
        '2025-06-25',
        '2025-07-08',
      ]
      await world.db('snapshots').insert(dates.map((date) => ({ date })))
      for (const date of dates) {
        const rows = await world
          .db('posting_snapshots')
          .where('snapshot_date', date)
          .select<{ uid: string; title: string }[]>('uid', 'title')
        const { items } = await searchPostings(world.db, { as_of: date })
        expect(items.map((item) => `${item.uid} ${item.title}`).toSorted(), date).to.deep.equal(
          rows.map((row) => `${row.uid} ${row.title}`).toSorted(),
        )
      }
    })
  })
})
