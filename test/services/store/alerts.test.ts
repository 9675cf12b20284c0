// Received alerts: told again, told late, told of again after their end, and read in pages.

import { expect } from 'chai'
import { listAlerts, receiveAlerts, SILENT_AFTER_SECONDS, type AlertFilter, type ToldAlert } from '../../../services/store/alerts.ts'
import { openWorld, type World } from '../../world.ts'

const START = Date.parse('2026-03-01T10:00:00Z')
const at = (seconds: number) => new Date(START + seconds * 1000)

const firing = (more: Partial<ToldAlert> = {}): ToldAlert => ({
  fingerprint: 'a1',
  status: 'firing',
  starts_at: at(0),
  ends_at: null,
  labels: { alertname: 'BreakerOpen', severity: 'ticket', source: 'ashby' },
  annotations: { summary: 'The breaker of ashby is open' },
  ...more,
})
const resolved = (more: Partial<ToldAlert> = {}): ToldAlert => firing({ status: 'resolved', ends_at: at(300), ...more })

describe('services/store/alerts', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const tell = (seconds: number, ...told: ToldAlert[]) =>
    world.database
      .inTransaction((trx) => receiveAlerts(trx, told, at(seconds)))
      .then((changes) => changes.map(({ before, status }) => [before, status]))
  const list = (seconds: number, filter: Partial<AlertFilter> = {}) => listAlerts(world.db, { limit: 50, ...filter }, at(seconds))

  it('keeps an alert once, however often it is told', async () => {
    expect(await tell(10, firing())).to.deep.equal([[null, 'firing']])
    expect(await tell(310, firing())).to.deep.equal([])
    expect(await tell(610, firing({ annotations: { summary: 'Newer words' } }))).to.deep.equal([])
    const rows = await list(700)
    expect(rows).to.deep.equal([
      {
        fingerprint: 'a1',
        alertname: 'BreakerOpen',
        severity: 'ticket',
        status: 'firing',
        starts_at: at(0),
        ends_at: null,
        labels: { alertname: 'BreakerOpen', severity: 'ticket', source: 'ashby' },
        annotations: { summary: 'Newer words' },
        first_received_at: at(10),
        last_received_at: at(610),
        receipts: 3,
      },
    ])
  })

  it('ends it once, and keeps its first end', async () => {
    await tell(10, firing())
    expect(await tell(310, resolved())).to.deep.equal([['firing', 'resolved']])
    expect(await tell(320, resolved())).to.deep.equal([])
    expect(await list(330)).to.have.length(1)
    expect((await list(330))[0]).to.deep.include({ status: 'resolved', ends_at: at(300), receipts: 3 })
  })

  it('tells the times apart in which the same alert fires', async () => {
    await tell(10, firing())
    await tell(310, resolved())
    expect(await tell(1000, firing({ starts_at: at(990) }))).to.deep.equal([[null, 'firing']])
    expect((await list(1010)).map(({ status, starts_at }) => [status, starts_at])).to.deep.equal([
      ['firing', at(990)],
      ['resolved', at(0)],
    ])
  })

  it('takes an end whose beginning never came', async () => {
    expect(await tell(310, resolved())).to.deep.equal([[null, 'resolved']])
    expect((await list(311))[0]).to.include({ status: 'resolved', receipts: 1 })
  })

  it('gives an end without a moment the moment that it was told', async () => {
    await tell(310, resolved({ ends_at: null }))
    expect((await list(311))[0]?.ends_at).to.deep.equal(at(310))
  })

  it('does not begin again for a word that was under way when the end came', async () => {
    await tell(310, resolved())
    expect(await tell(312, firing())).to.deep.equal([])
    expect(await tell(369, firing())).to.deep.equal([])
    expect((await list(370))[0]).to.deep.include({ status: 'resolved', ends_at: at(300), receipts: 3 })
  })

  it('begins again for a word that comes later: Prometheus was away and is back', async () => {
    await tell(10, firing())
    await tell(310, resolved())
    expect(await tell(370, firing())).to.deep.equal([['resolved', 'firing']])
    expect((await list(371))[0]).to.deep.include({ status: 'firing', ends_at: null })
    expect(await tell(400, resolved({ ends_at: at(399) }))).to.deep.equal([['firing', 'resolved']])
    expect((await list(401))[0]?.ends_at).to.deep.equal(at(399))
  })

  it('counts the last of two words in one request', async () => {
    expect(await tell(10, firing(), resolved())).to.deep.equal([[null, 'resolved']])
    expect((await list(11))[0]).to.include({ status: 'resolved', receipts: 1 })
  })

  it('does nothing with nothing', async () => {
    expect(await tell(10)).to.deep.equal([])
  })

  it('calls silent what fires and is not heard of any more', async () => {
    await tell(0, firing(), resolved({ fingerprint: 'b2' }))
    const statuses = async (seconds: number, filter = {}) =>
      (await list(seconds, filter)).map(({ fingerprint, status }) => `${fingerprint} ${status}`)
    expect(await statuses(SILENT_AFTER_SECONDS)).to.have.members(['a1 firing', 'b2 resolved'])
    expect(await statuses(SILENT_AFTER_SECONDS + 1)).to.have.members(['a1 silent', 'b2 resolved'])
    expect(await statuses(SILENT_AFTER_SECONDS, { firing: true })).to.deep.equal(['a1 firing'])
    expect(await statuses(SILENT_AFTER_SECONDS + 1, { firing: true })).to.deep.equal([])
    await tell(SILENT_AFTER_SECONDS + 2, firing())
    expect(await statuses(SILENT_AFTER_SECONDS + 3, { firing: true })).to.deep.equal(['a1 firing'])
  })

  it('never hears of an alert earlier than it did, when clocks differ', async () => {
    await tell(100, firing())
    await tell(40, firing())
    expect((await list(101))[0]).to.deep.include({ last_received_at: at(100), receipts: 2 })
  })

  it('finds by name and severity, and goes on after any row', async () => {
    const many = ['a1', 'b2', 'c3', 'd4'].map((fingerprint, n) =>
      firing({
        fingerprint,
        starts_at: at(n < 2 ? 0 : n),
        labels: { alertname: n % 2 ? 'Odd' : 'Even', severity: n === 3 ? 'page' : 'ticket' },
      }),
    )
    await tell(10, ...many)
    const names = async (filter: Partial<AlertFilter>) => (await list(20, filter)).map(({ fingerprint }) => fingerprint)
    expect(await names({})).to.deep.equal(['d4', 'c3', 'b2', 'a1'])
    expect(await names({ alertname: 'Odd' })).to.deep.equal(['d4', 'b2'])
    expect(await names({ severity: 'page' })).to.deep.equal(['d4'])
    expect(await names({ limit: 3 })).to.deep.equal(['d4', 'c3', 'b2'])
    expect(await names({ after: { at: at(0), fingerprint: 'b2' } })).to.deep.equal(['a1'])
  })

  it('takes names that are longer than an index may hold, and keeps them whole among the labels', async () => {
    const alertname = 'x'.repeat(20_000)
    await tell(10, firing({ labels: { alertname, severity: alertname } }))
    const [row] = await list(11)
    expect(row?.alertname).to.equal('x'.repeat(200))
    expect(row?.labels['alertname']).to.equal(alertname)
  })

  it('keeps what two requests tell at once', async () => {
    const fingerprints = Array.from({ length: 40 }, (_, n) => `f${n}`)
    const all = fingerprints.map((fingerprint) => firing({ fingerprint }))
    await Promise.all([tell(10, ...all), tell(10, ...all.toReversed()), tell(10, ...all)])
    const rows = await list(11)
    expect(rows).to.have.length(40)
    expect(rows.every(({ receipts }) => receipts === 3)).to.equal(true)
  })

  it('keeps nothing of a transaction that fails', async () => {
    const failed = world.database.inTransaction(async (trx) => {
      await receiveAlerts(trx, [firing()], at(10))
      throw new Error('what follows from it failed')
    })
    await failed.catch(() => {})
    expect(await list(11)).to.deep.equal([])
  })
})
