// The health of each part: well or not as its facts say.

import { expect } from 'chai'
import { checkHealth } from '../../services/health.ts'
import { openTown, type Town } from '../journey/town.ts'
import { createSearch } from '../../services/store/searches.ts'

describe('the health of', function () {
  this.timeout(30_000)
  let town: Town
  before(async () => {
    town = await openTown({ boards: 3 })
  })
  after(() => town.close())

  const look = (part: string, works: Partial<Town['works']> = {}, diskFloor?: number) => {
    const check = checkHealth({ ...town.works, ...works }, diskFloor).components[part]
    if (!check) throw new Error(`no part ${part}`)
    return check()
  }

  it('every part is asked for, and only the database is essential', () => {
    const { components, essential } = checkHealth(town.works)
    expect(Object.keys(components)).to.deep.equal(['database', 'queue', 'notifications', 'disk'])
    expect(essential).to.deep.equal(['database'])
  })

  it('the database tells what kind it is, or fails', async () => {
    expect(await look('database')).to.deep.equal({ status: 'ok', detail: 'PostgreSQL from DATABASE_URL' })
    expect(await look('database', { database: { ...town.works.database, embedded: true } })).to.include({ detail: 'embedded PostgreSQL' })
    const away = { ...town.works.database, ping: () => Promise.reject(new Error('away')) }
    expect(await look('database', { database: away }).catch((error: unknown) => error)).to.be.instanceOf(Error)
  })

  it('the queue suffers from a dead letter', async () => {
    expect(await look('queue')).to.deep.equal({ status: 'ok' })
    const deadLetters = async () => [{ id: '1', data: null, at: new Date(), error: null }]
    expect(await look('queue', { queue: { ...town.works.queue, deadLetters } })).to.deep.equal({
      status: 'degraded',
      detail: '1 dead letters: see "rolewatch queue dead"',
    })
  })

  it('notifications suffers when they are late, and not when nobody wants any', async () => {
    const { db } = town.works.database
    expect(await look('notifications')).to.deep.equal({ status: 'ok', detail: null })
    await createSearch(db, { name: 'All', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })
    await town.refresh()
    const wait = (seconds: number) => db('outbox').update({ state: 'pending', created_at: new Date(Date.now() - seconds * 1000) })
    await wait(10)
    expect(await look('notifications')).to.include({ status: 'ok' })
    await wait(40)
    const late = await look('notifications')
    expect(late.status).to.equal('degraded')
    expect(late.detail).to.match(/^the oldest notification has waited 4\d s$/)
    const off = await look('notifications', { config: { ...town.config, slackWebhookUrl: undefined } })
    expect(off.status).to.equal('ok')
    expect(off.detail).to.match(/^SLACK_WEBHOOK_URL is not set: \d+ notifications wait for it$/)
  })

  it('the disk suffers when there is little room left', async () => {
    const well = await look('disk', {}, 1)
    expect(well.status).to.equal('ok')
    expect(well.detail).to.match(/^\d+\.\d GiB free$/)
    const full = await look('disk', {}, Number.MAX_SAFE_INTEGER)
    expect(full.status).to.equal('degraded')
    expect(full.detail).to.match(/^\d+\.\d GiB free: make room under the data folder$/)
  })
})
