// The generated market: the same from the same seed, and alive from day to day.

import { expect } from 'chai'
import { openSandbox, type Sandbox } from '../../../ops/sandbox/sandbox.ts'
import { ashbyPath, FIRST_DAY, greenhousePath, leverPath } from './stand.ts'

const open: Sandbox[] = []
async function market(options: { seed?: number; boards?: number; postingsPerBoard?: number; start?: number } = {}): Promise<Sandbox> {
  const { start = FIRST_DAY, ...rest } = options
  const sandbox = await openSandbox({ boards: 20, postingsPerBoard: 10, now: () => new Date(start), ...rest })
  open.push(sandbox)
  return sandbox
}

const pathOf = (board: { source: string; ident: string; region: string | null }) =>
  board.source === 'greenhouse'
    ? greenhousePath(board.ident)
    : board.source === 'ashby'
      ? ashbyPath(board.ident)
      : leverPath(board.ident, '?mode=json', board.region === 'eu' ? 'api.eu.lever.co' : 'api.lever.co')

async function everything(sandbox: Sandbox): Promise<Map<string, string>> {
  const bodies = new Map<string, string>()
  for (const board of sandbox.market.boards()) {
    const response = await fetch(sandbox.url + pathOf(board))
    expect(response.status, `${board.source}/${board.ident}`).to.equal(200)
    bodies.set(`${board.source}/${board.ident}`, await response.text())
  }
  return bodies
}

type Job = { id: number; title: string; content: string; updated_at: string; first_published: string; pay_input_ranges: unknown[] }
const jobsOf = (bodies: Map<string, string>) =>
  new Map(
    [...bodies]
      .filter(([name]) => name.startsWith('greenhouse/'))
      .flatMap(([, body]) => (JSON.parse(body) as { jobs: Job[] }).jobs.map((job): [number, Job] => [job.id, job])),
  )

describe('the generated market', () => {
  afterEach(async () => {
    for (const sandbox of open.splice(0)) await sandbox.close()
  })

  it('gives the same bytes for the same seed and day, however the days were counted', async () => {
    const [one, other] = [await market(), await market()]
    one.market.advance(5)
    for (let i = 0; i < 5; i++) other.market.advance(1)
    expect(await everything(one)).to.deep.equal(await everything(other))
  })

  it('gives other companies and postings for another seed', async () => {
    const [one, other] = [await market({ seed: 1 }), await market({ seed: 2 })]
    expect(one.market.boards().map((board) => board.name)).to.not.deep.equal(other.market.boards().map((board) => board.name))
  })

  it('begins on the day of its clock and counts from there', async () => {
    const { market: one } = await market()
    expect([one.day, one.date]).to.deep.equal([0, '2026-03-10'])
    one.advance(22)
    expect([one.day, one.date]).to.deep.equal([22, '2026-04-01'])
  })

  it('has all three sources, some European Lever boards and Ashby names with spaces', async () => {
    const { market: one } = await market({ boards: 60 })
    const boards = one.boards()
    expect(boards).to.have.length(60)
    for (const source of ['greenhouse', 'lever', 'ashby']) expect(boards.some((board) => board.source === source)).to.equal(true)
    expect(boards.some((board) => board.region === 'eu' && board.source === 'lever')).to.equal(true)
    expect(boards.some((board) => board.source === 'ashby' && /[A-Z].* /.test(board.ident))).to.equal(true)
    expect(new Set(boards.map((board) => board.slug)).size).to.equal(60)
  })

  it('keeps slugs and names apart for more companies than its words allow', async () => {
    const { market: one } = await market({ boards: 6000, postingsPerBoard: 1 })
    const boards = one.boards()
    expect(new Set(boards.map((board) => board.slug)).size).to.equal(6000)
    expect(new Set(boards.map((board) => `${board.source}/${board.ident}`)).size).to.equal(6000)
  })

  it('holds about as many postings as it was asked for', async () => {
    const { market: one } = await market({ boards: 300, postingsPerBoard: 30 })
    const total = one.boards().reduce((sum, board) => sum + (board.count ?? 0), 0)
    expect(total).to.be.within(300 * 30 * 0.8, 300 * 30 * 1.3)
  })

  it('opens, closes, changes and touches postings as days pass', async () => {
    const sandbox = await market({ boards: 40, postingsPerBoard: 30 })
    const before = jobsOf(await everything(sandbox))
    sandbox.market.advance(3)
    const after = jobsOf(await everything(sandbox))
    const both = [...after].flatMap(([id, now]) => {
      const old = before.get(id)
      return old ? [{ old, now }] : []
    })
    const content = (job: Job) => JSON.stringify([job.title, job.content, job.pay_input_ranges])
    expect(
      [...after.keys()].some((id) => !before.has(id)),
      'opened',
    ).to.equal(true)
    expect(
      [...before.keys()].some((id) => !after.has(id)),
      'closed',
    ).to.equal(true)
    const changed = both.filter(({ old, now }) => content(old) !== content(now))
    const touched = both.filter(({ old, now }) => old.updated_at !== now.updated_at && content(old) === content(now))
    expect(changed.length, 'changed').to.be.greaterThan(0)
    expect(touched.length, 'touched').to.be.greaterThan(0)
    expect(changed.every(({ old, now }) => now.updated_at > old.updated_at)).to.equal(true)
    expect(changed.some(({ old, now }) => JSON.stringify(old.pay_input_ranges) !== JSON.stringify(now.pay_input_ranges))).to.equal(true)
    expect(changed.some(({ old, now }) => old.content !== now.content)).to.equal(true)
    expect(both.every(({ old, now }) => old.first_published === now.first_published)).to.equal(true)
  })

  it('brings some closed postings back under their old id', async () => {
    const sandbox = await market({ boards: 40, postingsPerBoard: 40 })
    const seen = new Set<number>()
    const gone = new Set<number>()
    let back = 0
    for (let day = 0; day < 25 && back === 0; day++) {
      const ids = new Set(jobsOf(await everything(sandbox)).keys())
      back += [...ids].filter((id) => gone.has(id)).length
      for (const id of seen) if (!ids.has(id)) gone.add(id)
      for (const id of ids) seen.add(id)
      sandbox.market.advance(1)
    }
    expect(back).to.be.greaterThan(0)
  })

  it('leaves about a third of the boards alone on a day, large ones too', async () => {
    const sandbox = await market({ boards: 60, postingsPerBoard: 60 })
    const large = sandbox.market.boards().filter((board) => (board.count ?? 0) > 60)
    const before = await everything(sandbox)
    sandbox.market.advance(1)
    const after = await everything(sandbox)
    const same = large.filter(({ source, ident }) => before.get(`${source}/${ident}`) === after.get(`${source}/${ident}`)).length
    expect(same / large.length).to.be.within(0.15, 0.55)
  })

  it('says how many postings a careful reader finds', async () => {
    const sandbox = await market({ boards: 40, postingsPerBoard: 20 })
    sandbox.market.advance(4)
    const bodies = await everything(sandbox)
    for (const board of sandbox.market.boards()) {
      const json = JSON.parse(bodies.get(`${board.source}/${board.ident}`) ?? '') as { jobs: { isListed?: boolean }[] } & unknown[]
      const found = board.source === 'lever' ? json.length : json.jobs.filter((job) => job.isListed !== false).length
      if (board.source !== 'lever' || found < 100) expect(found, board.ident).to.equal(board.count)
      expect(sandbox.market.expectedCount(board.source, board.ident)).to.equal(board.count)
    }
    expect(sandbox.market.expectedCount('greenhouse', 'nobody')).to.equal(undefined)
  })

  it('has no dates to choose from', async () => {
    const { market: one } = await market()
    expect(() => one.setDate('2026-01-01')).to.throw('advance it')
  })

  it('publishes nothing after its first day has begun', async () => {
    const jobs = jobsOf(await everything(await market({ boards: 40, postingsPerBoard: 20 })))
    const newest = Math.max(...[...jobs.values()].map((job) => Date.parse(job.updated_at)))
    expect(newest).to.be.lessThan(Date.UTC(2026, 2, 10))
    expect(newest).to.be.greaterThan(Date.UTC(2026, 2, 7))
  })
})
