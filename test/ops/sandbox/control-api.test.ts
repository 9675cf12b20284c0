// The market's controls over HTTP.

import { expect } from 'chai'
import { parse } from 'yaml'
import { greenhousePath, useSandbox } from './stand.ts'

describe('the controls of the sandbox', () => {
  const stand = useSandbox({ boards: 80, postingsPerBoard: 5 })
  const del = (path: string) => fetch(stand.sandbox.url + path, { method: 'DELETE' })

  it('say what there is', async () => {
    for (const path of ['/', '/_sandbox', '/_sandbox/']) {
      const about = await stand.json<{ boards: number; routes: string[] }>(path)
      expect(about.boards).to.equal(80)
      expect(about.routes).to.include('POST /_sandbox/faults')
    }
  })

  it('add faults, one or several, list them and clear them', async () => {
    const { ident } = stand.board('greenhouse')
    const added = await stand.post('/_sandbox/faults', { kind: 'status', status: 418, board: ident, times: 1 })
    expect(added.status).to.equal(201)
    const { ids } = (await added.json()) as { ids: number[] }
    expect(ids).to.have.length(1)
    expect((await stand.get(greenhousePath(ident))).status).to.equal(418)
    expect(await stand.json('/_sandbox/faults')).to.deep.equal([
      { id: ids[0], rule: { kind: 'status', status: 418, board: ident, times: 1 }, seen: 1 },
    ])
    const more = await stand.post('/_sandbox/faults', { rules: [{ kind: 'hang', times: 1 }, { sequence: [500] }] })
    const [hang] = ((await more.json()) as { ids: number[] }).ids
    expect((await del(`/_sandbox/faults/${hang}`)).status).to.equal(200)
    expect(stand.sandbox.market.faults()).to.have.length(2)
    await del('/_sandbox/faults')
    expect(await stand.json('/_sandbox/faults')).to.deep.equal([])
  })

  it('refuse a wrong fault in words and add none of several when one is wrong', async () => {
    const response = await stand.post('/_sandbox/faults', { rules: [{ kind: 'hang' }, { kind: 'bang', source: 'x' }] })
    expect(response.status).to.equal(400)
    const { issues } = (await response.json()) as { issues: string[] }
    expect(issues.join()).to.include('kind must be one of')
    expect(stand.sandbox.market.faults()).to.deep.equal([])
    expect(() => stand.sandbox.market.fault({ kind: 'status' })).to.throw('needs a status')
  })

  for (const [path, body, words] of [
    ['/_sandbox/advance', { days: 0 }, 'days must be'],
    ['/_sandbox/advance', { days: 1.5 }, 'days must be'],
    ['/_sandbox/advance', [], 'JSON object'],
    ['/_sandbox/date', { date: 'tomorrow' }, 'date must be'],
    ['/_sandbox/date', { date: '2026-13-45' }, 'date must be'],
    ['/_sandbox/date', { date: '2026-01-14' }, 'series of captures'],
  ] as const)
    it(`refuse ${path} with ${JSON.stringify(body)}`, async () => {
      const response = await stand.post(path, body)
      expect(response.status).to.equal(400)
      expect(((await response.json()) as { error: string }).error).to.include(words)
    })

  it('refuse what is no JSON', async () => {
    const response = await fetch(`${stand.sandbox.url}/_sandbox/faults`, { method: 'POST', body: '{kind' })
    expect(response.status).to.equal(400)
  })

  it('let days pass', async () => {
    const before = stand.sandbox.market.day
    const passed = (await (await stand.post('/_sandbox/advance', { days: 2 })).json()) as { day: number; date: string }
    expect(passed).to.deep.equal({ day: before + 2, date: stand.sandbox.market.date })
    await stand.post('/_sandbox/advance', {})
    expect(stand.sandbox.market.day).to.equal(before + 3)
  })

  it('list the boards as the object does', async () => {
    expect(await stand.json('/_sandbox/boards')).to.deep.equal(JSON.parse(JSON.stringify(stand.sandbox.market.boards())))
  })

  it('write a configuration that names every board once', async () => {
    const response = await stand.get('/_sandbox/companies.yaml')
    expect(response.headers.get('content-type')).to.match(/yaml/)
    const text = await response.text()
    expect(text).to.equal(stand.sandbox.companiesYaml())
    const entries = parse(text) as Record<string, unknown>[]
    const boards = stand.sandbox.market.boards()
    expect(entries.map((entry) => `${String(entry['ats_type'])}/${String(entry['ats_id'])}`)).to.deep.equal(
      boards.map((board) => `${board.source}/${board.ident}`),
    )
    for (const entry of entries) {
      expect(entry).to.include.keys('slug', 'display_name', 'ats_type', 'ats_id', 'careers_url')
      expect(entry['slug']).to.match(/^[a-z0-9-]+$/)
      expect(URL.canParse(String(entry['careers_url']))).to.equal(true)
    }
  })

  it('give every board the cadence that is asked for, and none unless told', () => {
    const cadences = (...given: string[]) =>
      (parse(stand.sandbox.companiesYaml(...given)) as { cadence?: string }[]).map((entry) => entry.cadence)
    expect(new Set(cadences('1m'))).to.deep.equal(new Set(['1m']))
    expect(new Set(cadences())).to.deep.equal(new Set([undefined]))
  })
  it('tell some European boards and leave others to be found', () => {
    const told = (parse(stand.sandbox.companiesYaml()) as { eu?: boolean; careers_url: string }[]).filter((entry) => entry.eu)
    const european = stand.sandbox.market.boards().filter((board) => board.region === 'eu')
    expect(told.length).to.be.within(1, european.length - 1)
    for (const entry of told) expect(entry.careers_url).to.include('jobs.eu.lever.co')
  })

  it('give the log of requests since a date or a number, and forget it', async () => {
    const { ident } = stand.board('greenhouse')
    await stand.get(greenhousePath(ident))
    stand.pass(60)
    await stand.get(greenhousePath('nobody'))
    const all = await stand.json<{ seq: number; at: string; status: number }[]>('/_sandbox/requests')
    expect(all.map((entry) => entry.status)).to.deep.equal([200, 404])
    const [first, second] = all
    expect(await stand.json(`/_sandbox/requests?since=${first?.seq}`)).to.deep.equal([second])
    expect(await stand.json(`/_sandbox/requests?since=${second?.at}`)).to.deep.equal([second])
    expect((await stand.get('/_sandbox/requests?since=yesterday')).status).to.equal(400)
    await del('/_sandbox/requests')
    expect(await stand.json('/_sandbox/requests')).to.deep.equal([])
  })

  it('answer 404 with what there is', async () => {
    const response = await stand.get('/_sandbox/explode')
    expect(response.status).to.equal(404)
    expect(((await response.json()) as { routes: string[] }).routes).to.include('GET /_sandbox/boards')
  })
})
