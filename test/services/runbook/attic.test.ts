// The attic: files that can be read, rows that are gone, and nothing lost whenever the process is killed or a visit comes in between.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { expect } from 'chai'
import { archiveFolder, putAwayAll } from '../../../services/runbook/attic.ts'
import { takeOld } from '../../../services/store/old-postings.ts'
import { countRows } from '../../journey/town.ts'
import { changePostings, closeSeeded, seedBoard, seedPostings, type SeededBoard } from '../api/seed.ts'
import { openDesk } from '../notify/seed.ts'
import { openWorld, type World } from '../../world.ts'

interface Line {
  posting: { uid: string; title: string; description: string; search?: unknown }
  versions: { title: string }[]
  matches: { search_id: string }[]
  notifications: { state: string }[]
}

const LONG_AGO = new Date('2026-03-01T00:00:00Z')
const TODAY = new Date('2026-06-01T00:00:00Z')

describe('the attic', function () {
  this.timeout(60_000)
  let world: World
  let data: string
  let board: SeededBoard
  beforeEach(async () => {
    world = await openWorld()
    data = await mkdtemp(join(tmpdir(), 'rolewatch-attic-'))
    board = await seedBoard(world.db, 'greenhouse', 'initech')
  })
  afterEach(async () => {
    await world.close()
    await rm(data, { recursive: true, force: true })
  })

  const seedClosed = async (count: number, at = '2026-02-01T00:00:00Z'): Promise<string[]> => {
    const drafts = Array.from({ length: count }, (_, n) => ({
      external_id: `${at}${n}`,
      title: `Posting ${n}`,
      description: `Zeile\n"${n}" – ü`,
    }))
    const uids = await seedPostings(world.db, board, '2026-01-01T00:00:00Z', drafts)
    await closeSeeded(world.db, board, at, uids)
    return uids
  }
  const files = () => readdir(archiveFolder(data)).catch(() => [])
  const lines = async (): Promise<Line[]> => {
    const texts = await Promise.all(
      (await files())
        .filter((name) => name.endsWith('.zst'))
        .map(async (name) => zstdDecompressSync(await readFile(join(archiveFolder(data), name))).toString()),
    )
    return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as Line)
  }
  const putAway = (perFile?: number, signal = AbortSignal.timeout(60_000)) =>
    putAwayAll(world.database, data, LONG_AGO, TODAY, signal, perFile)

  it('keeps each posting with its history, matches and notifications, in files of a size', async () => {
    const uids = await seedClosed(7)
    const stays = await seedClosed(2, '2026-04-01T00:00:00Z')
    const open = await seedPostings(world.db, board, '2026-01-01T00:00:00Z', [{ external_id: 'open' }])
    await changePostings(world.db, board, '2026-01-15T00:00:00Z', [{ external_id: '2026-02-01T00:00:00Z0', title: 'Renamed' }])
    await closeSeeded(world.db, board, '2026-02-01T00:00:00Z', uids.slice(0, 1))
    const done = await putAway(3)
    expect(done.postings).to.equal(7)
    expect(done.files.map((path) => path.startsWith(archiveFolder(data)))).to.deep.equal([true, true, true])
    expect((await files()).every((name) => /^postings-2026-06-01-[0-9a-f-]{13}\.ndjson\.zst$/.test(name))).to.equal(true)
    const kept = await lines()
    expect(kept.map(({ posting }) => posting.uid)).to.have.members(uids)
    expect(kept.every(({ posting }) => posting.search === undefined)).to.equal(true)
    expect(kept.find(({ posting }) => posting.uid === uids[0])?.versions.map(({ title }) => title)).to.deep.equal(['Posting 0'])
    expect(kept.find(({ posting }) => posting.uid === uids[1])?.posting.description).to.equal('Zeile\n"1" – ü')
    expect(await world.db('postings').pluck('uid')).to.have.members([...stays, ...open])
    expect(await countRows(world.db('posting_versions'))).to.equal(0)
    expect(await putAway(), 'nothing is left to do').to.deep.equal({ postings: 0, files: [] })
  })

  it('keeps what people were told of them', async () => {
    const desk = await openDesk(world)
    const search = await desk.search('alpha')
    const [uid = ''] = await desk.tell(search, 1)
    await world
      .db('postings')
      .where({ uid })
      .update({ closed_at: new Date('2026-02-01T00:00:00Z') })
    await putAway()
    const [line] = await lines()
    expect(line?.matches.map(({ search_id: id }) => id)).to.deep.equal([search.id])
    expect(line?.notifications.map(({ state }) => state)).to.deep.equal(['pending'])
    expect(await desk.rows()).to.deep.equal([])
  })

  it('stops between two files when it is told to', async () => {
    await seedClosed(3)
    const stop = new AbortController()
    stop.abort()
    expect(await putAway(1, stop.signal)).to.deep.equal({ postings: 0, files: [] })
    expect(await countRows(world.db('postings'))).to.equal(3)
  })

  it('takes nothing out when the file cannot be written', async () => {
    await seedClosed(2)
    const error: unknown = await putAwayAll(world.database, '/dev/null', LONG_AGO, TODAY, AbortSignal.timeout(1000)).catch(
      (thrown: unknown) => thrown,
    )
    expect(String(error)).to.match(/ENOTDIR|EEXIST/)
    expect(await countRows(world.db('postings'))).to.equal(2)
  })

  it('loses nothing when it is killed with the file written and nothing committed', async () => {
    const uids = await seedClosed(4)
    const program = `
      import { putAwayAll } from ${JSON.stringify(new URL('../../../services/runbook/attic.ts', import.meta.url).href)}
      import { openDatabase } from ${JSON.stringify(new URL('../../../services/store/database.ts', import.meta.url).href)}
      import { quietLog } from ${JSON.stringify(new URL('../../../ops/log.ts', import.meta.url).href)}
      const database = await openDatabase({ url: process.env.TOWN, data: '', log: quietLog })
      const inTransaction = (work) => database.inTransaction(async (trx) => {
        const result = await work(trx)
        console.log('written')
        await new Promise((resolve) => setTimeout(resolve, 60_000))
        return result
      })
      await putAwayAll({ inTransaction }, process.env.DATA, new Date(${LONG_AGO.getTime()}), new Date(), AbortSignal.timeout(60_000))`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, TOWN: world.database.url, DATA: data },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await countRows(world.db('postings'))).to.equal(4)
    expect((await lines()).map(({ posting }) => posting.uid)).to.have.members(uids)
    expect((await putAway()).postings).to.equal(4)
    expect(new Set((await lines()).map(({ posting }) => posting.uid)).size, 'twice in the files rather than never').to.equal(4)
    expect(await countRows(world.db('postings'))).to.equal(0)
  })

  it('waits for a visit that knows one of them, so that the visit does not write into nothing', async () => {
    const [uid = ''] = await seedClosed(1)
    let arrived = false
    let taking: Promise<string[]> | undefined
    await world.database.inTransaction(async (visit) => {
      await visit('boards').where({ id: board.id }).forUpdate().first('id')
      taking = world.database.inTransaction((trx) => takeOld(trx, LONG_AGO, 10))
      void taking.then(() => (arrived = true))
      await new Promise((resolve) => setTimeout(resolve, 150))
      expect(arrived).to.equal(false)
      await visit('postings').where({ uid }).update({ closed_at: null, close_batch: null })
    })
    expect(await taking, 'it is open again and stays').to.deep.equal([])
    expect(await countRows(world.db('postings').where({ uid }))).to.equal(1)
  })
})
