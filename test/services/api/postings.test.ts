// Lists of postings and single postings, through HTTP.

import { expect } from 'chai'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'
import { changePostings, closeSeeded, pay, place, seedBoard, seedPostings, type SeededBoard } from './seed.ts'

const NOW = new Date('2025-07-10T12:00:00Z')

describe('GET /api/v1/postings', () => {
  let world: World
  let api: Served
  let board: SeededBoard
  before(async () => {
    world = await openWorld()
    board = await seedBoard(world.db, 'greenhouse', 'acme', 'Acme')
    await seedPostings(
      world.db,
      board,
      '2025-07-01T00:00:00Z',
      Array.from({ length: 7 }, (_, index) => ({
        external_id: `${index}`,
        title: index % 2 === 0 ? 'Rust Engineer' : 'Rust Baker',
        posted_at: `2025-07-0${index + 1}T00:00:00Z`,
        places: [place('Oslo', 'NO')],
        skills: ['Rust', 'Go'].slice(0, 1 + (index % 2)),
        pay: index === 3 ? [pay('EUR', 50_000, 70_000)] : [],
      })),
    )
    api = await serveApi(world, { now: () => NOW })
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  const ids = async (path: string): Promise<string> => (await api.ask(path)).json.items.map((item) => String(item['external_id'])).join('')

  /** All pages one after the other. */
  async function walk(query: string): Promise<string> {
    const found: string[] = []
    let cursor: string | null = null
    for (let page = 0; page < 20; page++) {
      const { json } = await api.ask(`/api/v1/postings?${query}${cursor ? `&cursor=${cursor}` : ''}`)
      found.push(json.items.map((item) => String(item['external_id'])).join(''))
      cursor = json.next_cursor
      if (cursor === null) return found.join(' ')
    }
    throw new Error('the list does not end')
  }

  it('answers a list with its cursor, and with its total where it is asked for', async () => {
    const { status, json, headers } = await api.ask('/api/v1/postings?limit=2&count=true')
    expect(status).to.equal(200)
    expect(headers['content-type']).to.equal('application/json; charset=utf-8')
    expect(json).to.include({ total: 7 })
    expect(json.items).to.have.length(2)
    expect(json.next_cursor).to.be.a('string')
  })
  it('takes skills repeated and separated by commas', async () => {
    expect(await ids('/api/v1/postings?skill=rust,go')).to.equal('531')
    expect(await ids('/api/v1/postings?skill=rust&skill=go')).to.equal('531')
  })
  it('takes an empty parameter as not given', async () => {
    expect(await ids('/api/v1/postings?q=&location=&limit=1')).to.equal('6')
  })
  it('goes through every sort page by page without loss or repetition', async () => {
    expect(await walk('limit=2')).to.equal('65 43 21 0')
    expect(await walk('limit=3&q=rust')).to.equal('654 321 0')
    expect(await walk('limit=2&q=engineer or baker&sort=newest'.replaceAll(' ', '%20'))).to.equal('65 43 21 0')
    expect((await walk('limit=2&sort=salary')).startsWith('3')).to.equal(true)
    expect((await walk('limit=2&sort=salary')).replaceAll(' ', '')).to.have.length(7)
  })
  it('goes on behind the last row although newer ones came in between', async () => {
    const first = await api.ask('/api/v1/postings?q=rust&limit=3')
    const [late] = await seedPostings(world.db, board, '2025-07-09T00:00:00Z', [{ external_id: 'z', title: 'Rust Engineer' }])
    try {
      expect(await ids(`/api/v1/postings?q=rust&limit=3&cursor=${first.json.next_cursor}`)).to.equal('321')
    } finally {
      await world.db('postings').where({ uid: late }).delete()
    }
  })
  it('tells apart rows whose moments differ by a microsecond', async () => {
    const other = await seedBoard(world.db, 'lever', 'micro', 'Micro')
    const uids = await seedPostings(world.db, other, '2025-01-01T00:00:00Z', [
      { external_id: 'm' },
      { external_id: 'n' },
      { external_id: 'o' },
    ])
    for (const [index, uid] of uids.entries())
      await world
        .db('postings')
        .where({ uid })
        .update({ posted_at: `2025-01-01T00:00:00.00000${index + 1}Z` })
    expect(await walk('source=lever&limit=1')).to.equal('o n m')
  })
  it('refuses a cursor of another sort, of other filters, and one that is none', async () => {
    const { json } = await api.ask('/api/v1/postings?limit=1&q=rust')
    const other = Buffer.from('["x",["2025"]]').toString('base64url')
    for (const query of [
      `q=rust&sort=newest&cursor=${json.next_cursor}`,
      `q=baker&cursor=${json.next_cursor}`,
      `cursor=${other}`,
      'cursor=%00',
    ]) {
      const answer = await api.ask(`/api/v1/postings?${query}`)
      expect(answer.status, query).to.equal(400)
      expect(answer.json.errors?.map(({ field }) => field)).to.deep.equal(['cursor'])
    }
    expect((await api.ask(`/api/v1/postings?limit=5&q=rust&cursor=${json.next_cursor}`)).status).to.equal(200)
  })
  it('refuses a cursor whose key was tampered with', async () => {
    const { json } = await api.ask('/api/v1/postings?limit=1')
    const [hash] = JSON.parse(Buffer.from(json.next_cursor ?? '', 'base64url').toString()) as [string]
    for (const key of [["2025-01-01'; drop table postings", 'x'], ['2025-13-45T00:00:00.000000Z', 'a'.repeat(40)], 7, null]) {
      const cursor = Buffer.from(JSON.stringify([hash, key])).toString('base64url')
      expect((await api.ask(`/api/v1/postings?limit=1&cursor=${cursor}`)).status, JSON.stringify(key)).to.equal(400)
    }
  })
  it('names all faults at once, and the nearest name of a parameter it does not know', async () => {
    const { status, json } = await api.ask('/api/v1/postings?locaton=x&mode=moon&limit=900&country=UK&posted_within=soon&q=a&q=b')
    expect(status).to.equal(400)
    expect(json.errors?.toSorted((a, b) => (a.field < b.field ? -1 : 1))).to.deep.equal([
      { field: 'country', message: 'is not a country code of ISO 3166-1; Great Britain is GB' },
      { field: 'limit', message: 'must be 1 to 200' },
      { field: 'locaton', message: 'is not a parameter of this address; the nearest is location' },
      { field: 'mode', message: 'must be one of onsite, hybrid, remote' },
      { field: 'posted_within', message: 'must be a number of days' },
      { field: 'q', message: 'may be given once only' },
    ])
  })
  it('refuses what contradicts itself', async () => {
    const { json } = await api.ask('/api/v1/postings?as_of=2025-07-11&status=closed&sort=relevance')
    expect(json.errors?.map(({ field }) => field)).to.deep.equal(['as_of', 'status', 'sort'])
    expect((await api.ask('/api/v1/postings?as_of=2025-07-10')).status).to.equal(200)
    expect((await api.ask('/api/v1/postings?as_of=2025-02-30')).json.errors?.[0]?.message).to.equal('must be a date as 2025-07-01')
  })
  it('answers 304 to whoever has it already', async () => {
    const { headers } = await api.ask('/api/v1/postings')
    const again = await api.ask('/api/v1/postings', { headers: { 'if-none-match': headers.etag ?? '' } })
    expect(again.status).to.equal(304)
    expect(again.text).to.equal('')
  })
  it('takes words that look like SQL or like operators as words', async () => {
    for (const q of ["'; drop table postings; --", '((("', '& | !', '%', '\\', "'", '\u0000'].map(encodeURIComponent))
      for (const field of ['q', 'title', 'location', 'company', 'skill'])
        expect((await api.ask(`/api/v1/postings?${field}=${q}`)).status, `${field}=${q}`).to.be.oneOf([200, 400])
    expect(await ids('/api/v1/postings?limit=1')).to.equal('6')
  })

  describe('/:uid', () => {
    it('has the description, made safe, and every content it had with what changed', async () => {
      const hooli = await seedBoard(world.db, 'ashby', 'hooli', 'Hooli')
      const html =
        '<p onclick="x()">Hi <a href="https://a.example/" target="_top">a</a><a href="javascript:alert(1)">b</a><script>alert(1)</script><img src=x></p>'
      const [uid] = await seedPostings(world.db, hooli, '2025-03-01T00:00:00Z', [
        {
          external_id: 'h',
          title: 'Cook',
          department: 'Kitchen',
          description: 'Hi a b',
          description_html: html,
          facts: { remote: true, tags: ['x'] },
        },
      ])
      await changePostings(world.db, hooli, '2025-03-05T00:00:00Z', [
        {
          external_id: 'h',
          title: 'Head Cook',
          department: 'Kitchen',
          description: 'Hi a b',
          description_html: html,
          facts: {},
          pay: [pay('EUR', 1, 2)],
        },
      ])
      await closeSeeded(world.db, hooli, '2025-03-09T00:00:00Z', [uid ?? ''])
      const { status, json } = await api.ask(`/api/v1/postings/${uid}`)
      expect(status).to.equal(200)
      expect(json).to.include({
        title: 'Head Cook',
        department: 'Kitchen',
        status: 'closed',
        closed_at: '2025-03-09T00:00:00.000Z',
        description: 'Hi a b',
      })
      expect(json['description_html']).to.equal(
        '<p>Hi <a href="https://a.example/" rel="noopener nofollow">a</a><a rel="noopener nofollow">b</a></p>',
      )
      const history = json['history'] as { title: string; changed: string[]; ended_by: string; valid_from: string; valid_to: string }[]
      expect(
        history.map(({ title, changed, ended_by, valid_from, valid_to }) => ({ title, changed, ended_by, valid_from, valid_to })),
      ).to.deep.equal([
        {
          title: 'Head Cook',
          changed: ['title', 'pay', 'facts'],
          ended_by: 'close',
          valid_from: '2025-03-05T00:00:00.000Z',
          valid_to: '2025-03-09T00:00:00.000Z',
        },
        { title: 'Cook', changed: [], ended_by: 'change', valid_from: '2025-03-01T00:00:00.000Z', valid_to: '2025-03-05T00:00:00.000Z' },
      ])
    })
    it('is 404 for a uid that there is not, and 400 for what is no uid', async () => {
      expect((await api.ask(`/api/v1/postings/${'0'.repeat(40)}`)).status).to.equal(404)
      expect((await api.ask('/api/v1/postings/1')).json.errors).to.deep.equal([
        { field: 'uid', message: 'must be 40 hexadecimal characters' },
      ])
    })
  })
})
