// Words for trouble that is no bug: a database that is away, a port that is taken, a folder that cannot be made.

import { createServer } from 'node:net'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { expect } from 'chai'
import { quietLog } from '../../ops/log.ts'
import { misuse, refusal, troubleOf, wordsOf } from '../../services/refusal.ts'
import { openDatabase } from '../../services/store/database.ts'
import { createDatabase, openWorld } from '../world.ts'

const thrownBy = (work: () => Promise<unknown>): Promise<unknown> =>
  work().then(
    () => undefined,
    (error: unknown) => error,
  )
const opening = (url: string) => thrownBy(() => openDatabase({ url, data: '', log: quietLog }))

describe('services/refusal', () => {
  it('keeps the words and the cause', () => {
    const cause = new Error('why')
    expect(refusal('No.', cause)).to.include({ name: 'Refusal', message: 'No.', cause })
    expect(misuse('What?')).to.include({ name: 'Misuse', message: 'What?' }).and.not.to.have.property('cause')
  })

  it('has the words of an error that has none itself', () => {
    expect(wordsOf(new AggregateError([new Error('four'), new Error('six')]))).to.equal('four; six')
    expect(wordsOf(new AggregateError([], 'all failed'))).to.equal('all failed')
    expect(wordsOf('thrown text')).to.equal('thrown text')
  })

  describe('the trouble of', () => {
    it('a server that is not there, by name and by number', async () => {
      for (const host of ['127.0.0.1', 'localhost', 'nowhere.invalid'])
        expect(troubleOf(await opening(`postgres://me:pass@${host}:9/none`)), host).to.match(
          /^The database does not answer \(.+\): see that PostgreSQL runs/,
        )
    })

    it('a server that hangs up', async () => {
      const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      expect(troubleOf(await opening(`postgres://me@127.0.0.1:${port}/none`))).to.match(/^The database does not answer/)
      server.close()
    })

    it('a database, a user or a password that is not known there', async () => {
      const url = new URL(process.env['TEST_DATABASE_URL'] ?? '')
      url.pathname = '/rw_test_not_there'
      expect(troubleOf(await opening(url.href))).to.match(/^The database lets us not in \(database "rw_test_not_there" does not exist\)/)
      url.username = 'nobody_at_all'
      url.password = 'sesame-sesame'
      const trouble = troubleOf(await opening(url.href))
      expect(trouble)
        .to.match(/^The database (lets us not in|does not answer)/)
        .and.not.to.contain('sesame')
    })

    it('a connection that is ended in the middle', async () => {
      const fresh = await createDatabase()
      const database = await openDatabase({ url: fresh.url, data: '', log: quietLog })
      const cut = thrownBy(async () => database.db.raw('select pg_sleep(30)'))
      const admin = await openWorld()
      let ended = 0
      while (ended === 0) {
        const { rows } = await admin.db.raw<{ rows: object[] }>(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = ? and query like '%pg_sleep%'`,
          [new URL(fresh.url).pathname.slice(1)],
        )
        ended = rows.length
      }
      expect(troubleOf(await cut)).to.match(/^The database does not answer \(.*terminat/)
      await admin.close()
      await database.close()
      await fresh.drop()
    })

    it('a port that is taken', async () => {
      const first = createServer().listen(0, '127.0.0.1')
      await once(first, 'listening')
      const { port } = first.address() as { port: number }
      const second = createServer().listen(port, '127.0.0.1')
      const [error] = (await once(second, 'error')) as [Error]
      expect(troubleOf(error)).to.equal(`127.0.0.1:${port} cannot be listened on (EADDRINUSE): choose another port or address.`)
      first.close()
    })

    it('a folder that cannot be made', async () => {
      const error = await thrownBy(() => mkdir(`${import.meta.filename}/data`, { recursive: true }))
      expect(troubleOf(error)).to.match(/refusal\.test\.ts\/data cannot be used \(ENOTDIR/)
    })

    it('nothing else: a bug keeps its stack', () => {
      for (const bug of [new TypeError('x is not a function'), Object.assign(new Error('syntax'), { code: '42601' }), 'text', undefined])
        expect(troubleOf(bug)).to.equal(undefined)
    })
  })
})
