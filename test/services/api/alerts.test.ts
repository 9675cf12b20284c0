// GET /api/v1/alerts: what fires, what did, page by page.

import { expect } from 'chai'
import { receiveAlerts, type ToldAlert } from '../../../services/store/alerts.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'

const START = Date.parse('2026-03-01T10:00:00Z')
const at = (minutes: number) => new Date(START + minutes * 60_000)

describe('GET /api/v1/alerts', () => {
  let world: World
  let api: Served
  let clock = at(10)
  before(async () => {
    world = await openWorld()
    api = await serveApi(world, { now: () => clock })
    const told = Array.from({ length: 7 }, (_, n): ToldAlert => ({
      fingerprint: `f${n}`,
      status: n < 5 ? 'firing' : 'resolved',
      // Two of the same moment, so that a page may end between them.
      starts_at: at(Math.floor(n / 2)),
      ends_at: n < 5 ? null : at(6),
      labels: { alertname: n % 2 ? 'SourceStale' : 'OutboxStuck', severity: n % 2 ? 'ticket' : 'page' },
      annotations: {},
    }))
    await world.database.inTransaction((trx) => receiveAlerts(trx, told, at(7)))
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  const names = async (query: string) => (await api.ask(`/api/v1/alerts?${query}`)).json.items.map((item) => item['fingerprint'])

  it('lists what fires now, newest first', async () => {
    expect(await names('')).to.deep.equal(['f4', 'f3', 'f2', 'f1', 'f0'])
    const { items } = (await api.ask('/api/v1/alerts?limit=1')).json
    expect(items).to.deep.equal([
      {
        fingerprint: 'f4',
        alertname: 'OutboxStuck',
        severity: 'page',
        status: 'firing',
        starts_at: '2026-03-01T10:02:00.000Z',
        ends_at: null,
        labels: { alertname: 'OutboxStuck', severity: 'page' },
        annotations: {},
        first_received_at: '2026-03-01T10:07:00.000Z',
        last_received_at: '2026-03-01T10:07:00.000Z',
        receipts: 1,
      },
    ])
  })
  it('lists what is over too, when asked for', async () => {
    expect(await names('status=all')).to.deep.equal(['f6', 'f5', 'f4', 'f3', 'f2', 'f1', 'f0'])
  })
  it('finds by name and by severity', async () => {
    expect(await names('alertname=SourceStale')).to.deep.equal(['f3', 'f1'])
    expect(await names('status=all&severity=ticket')).to.deep.equal(['f5', 'f3', 'f1'])
    expect(await names('severity=ticket&alertname=OutboxStuck')).to.deep.equal([])
  })
  it('goes from page to page without losing or repeating a row', async () => {
    for (const limit of [1, 2, 3, 7]) {
      const seen: unknown[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const { json } = await api.ask(`/api/v1/alerts?status=all&limit=${limit}&cursor=${cursor}`)
        seen.push(...json.items.map((item) => item['fingerprint']))
        cursor = json.next_cursor
      }
      expect(seen, `by ${limit}`).to.deep.equal(['f6', 'f5', 'f4', 'f3', 'f2', 'f1', 'f0'])
    }
  })
  it('does not go on with the cursor of another list', async () => {
    const { next_cursor } = (await api.ask('/api/v1/alerts?limit=1')).json
    expect((await api.ask(`/api/v1/alerts?status=all&limit=1&cursor=${next_cursor}`)).status).to.equal(400)
    expect((await api.ask('/api/v1/alerts?cursor=nonsense')).status).to.equal(400)
  })
  it('says what it does not understand', async () => {
    const { status, json } = await api.ask('/api/v1/alerts?status=open&name=x')
    expect(status).to.equal(400)
    expect(json.errors?.map(({ field }) => field)).to.have.members(['status', 'name'])
  })
  it('calls silent what is not heard of any more, and does not count it as firing', async () => {
    clock = at(28)
    expect(await names('')).to.deep.equal([])
    const { items } = (await api.ask('/api/v1/alerts?status=all')).json
    expect(items.map((item) => item['status'])).to.deep.equal(['resolved', 'resolved', 'silent', 'silent', 'silent', 'silent', 'silent'])
  })
})
