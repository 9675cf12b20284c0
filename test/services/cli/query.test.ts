// Searching from the command line: every flag reaches the search, and every fault is named by its flag.

import { expect } from 'chai'
import { queryCommand, toSavedQuery, type QueryOptions } from '../../../services/cli/query.ts'
import type { PostingRow } from '../../../services/store/posting-row.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { closeSeeded, pay, place, seedBoard, seedPostings } from '../api/seed.ts'
import { answered, caught, refused } from './desk.ts'

interface Page {
  items: PostingRow[]
  next_cursor: string | null
  total: number
}

const DAYS_AGO = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()

describe('rolewatch query', () => {
  let ground: Ground
  before(async () => {
    ground = await openGround({ boards: 3 })
    const database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    const acme = await seedBoard(database.db, 'greenhouse', 'acme', 'Acme Rockets')
    await seedPostings(database.db, acme, DAYS_AGO(40), [
      {
        external_id: 'a',
        title: 'Staff Backend Engineer',
        places: [place('Berlin, Germany', 'DE')],
        work_mode: 'hybrid',
        level: 'staff',
        skills: ['Go', 'PostgreSQL'],
        pay: [pay('EUR', 90_000, 120_000)],
        posted_at: DAYS_AGO(3),
      },
      {
        external_id: 'b',
        title: 'Painter',
        description: 'Walls',
        places: [place('Austin, TX', 'US')],
        work_mode: 'onsite',
        posted_at: DAYS_AGO(30),
      },
    ])
    const globex = await seedBoard(database.db, 'lever', 'globex', 'Globex')
    const [, closed] = await seedPostings(database.db, globex, DAYS_AGO(20), [
      {
        external_id: 'c',
        title: 'Gardener',
        description: 'Plants',
        skills: ['Go'],
        level: 'mid',
        pay: [pay('USD', 200_000, 300_000)],
        posted_at: DAYS_AGO(20),
      },
      { external_id: 'x', title: 'Closed Engineer', posted_at: DAYS_AGO(19) },
    ])
    await closeSeeded(database.db, globex, DAYS_AGO(10), [closed ?? ''])
    await database.close()
  })
  after(() => ground.close())

  const page = (options: QueryOptions, ...words: string[]) =>
    answered<Page>(() => queryCommand(ground.config, { ...options, format: 'json' }, words))
  const found = async (options: QueryOptions, ...words: string[]) =>
    (await page(options, ...words)).items.map((item) => item.external_id).join('')

  const filters: [string, QueryOptions, string][] = [
    ['--company', { company: 'acme' }, 'ab'],
    ['--title', { title: 'backend' }, 'a'],
    ['--location', { location: 'austin' }, 'b'],
    ['--country', { country: 'de' }, 'a'],
    ['--mode', { mode: 'onsite' }, 'b'],
    ['--level', { level: 'mid' }, 'c'],
    ['--skill', { skill: ['go', 'postgresql'] }, 'a'],
    ['--salary-min', { salaryMin: 150_000 }, 'c'],
    ['--currency', { salaryMin: 50_000, currency: 'EUR' }, 'a'],
    ['--source', { source: 'lever' }, 'c'],
    ['--posted-within', { postedWithin: 7 }, 'a'],
    ['--status closed', { status: 'closed' }, 'x'],
    ['--status all', { status: 'all' }, 'axcb'],
    ['--as-of', { asOf: DAYS_AGO(30).slice(0, 10) }, 'ab'],
    ['--sort', { sort: 'salary' }, 'cab'],
    ['--limit', { limit: 2 }, 'ac'],
  ]
  for (const [flag, options, ids] of filters)
    it(`hands ${flag} to the search`, async () => {
      expect(await found(options)).to.equal(ids)
    })

  it('hands the words to the search', async () => {
    expect(await found({}, 'engineer')).to.equal('a')
    expect(await found({}, 'gardener or painter -walls')).to.equal('c')
    expect(await found({})).to.equal('acb')
  })

  it('answers what the API answers, with how many there are', async () => {
    const { items, total, next_cursor } = await page({ limit: 1 })
    expect(total).to.equal(3)
    expect(next_cursor).to.be.a('string')
    expect(items[0]).to.include.all.keys('uid', 'source', 'board', 'company', 'title', 'url', 'places', 'work_mode', 'pay', 'status')
  })

  it('shows people a line per posting, and how many more there are', async () => {
    const { out } = await caught(() => queryCommand(ground.config, { limit: 1, format: 'table' }, []))
    const [head, , row, , more] = out.split('\n')
    expect(head).to.match(/^posted +company +title +places +mode +pay +url$/)
    expect(row).to.match(/Acme Rockets +Staff Backend Engineer +Berlin, Germany +hybrid +EUR 90,000–120,000 a year +https:/)
    expect(more).to.equal('1 of 3; --limit shows more')
    const { out: none } = await caught(() => queryCommand(ground.config, { format: 'table' }, ['zeppelin']))
    expect(none).to.match(/^Nothing fits\./)
  })

  it('names every fault by its flag, before it opens anything', async () => {
    const nowhere = { ...ground.config, databaseUrl: 'postgres://127.0.0.1:9/none' }
    const faults = {
      mode: 'moon',
      postedWithin: 0,
      asOf: 'tomorrow',
      salaryMin: -1,
      country: 'XX',
      limit: 5000,
      source: 'myspace',
      level: 'king',
    }
    const told = await refused('Misuse', () => queryCommand(nowhere, { ...faults, format: 'json' }, ['']))
    const flags = told.split('\n').map((line) => line.split(' ')[0])
    expect(flags).to.have.members([
      '--mode',
      '--posted-within',
      '--as-of',
      '--salary-min',
      '--country',
      '--limit',
      '--source',
      '--level',
      '--q',
    ])
  })

  it('makes a saved search of something that narrows, and of nothing else', () => {
    expect(toSavedQuery({ q: 'golang', salaryMin: 5, skill: ['go,rust'] })).to.deep.equal({
      q: 'golang',
      salary_min: 5,
      skill: ['go', 'rust'],
    })
    expect(() => toSavedQuery({})).to.throw(/^The search needs at least one field/)
  })
})
