// The address that an alert's annotation leads to: the page itself for programs, the console's page of it for people, and nothing else.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import { createToken } from '../../../services/store/tokens.ts'
import { openWorld, type World } from '../../world.ts'
import { serveApi, type Served } from './client.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

describe('/runbooks', () => {
  let world: World
  let api: Served
  before(async () => {
    world = await openWorld()
    api = await serveApi(world)
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  it('has the page of every alert, as Markdown', async () => {
    const pages = readdirSync(join(ROOT, 'runbooks')).filter((name) => name.endsWith('.md'))
    expect(pages).to.have.length.above(30)
    for (const page of pages) {
      const { status, headers, text } = await api.ask(`/runbooks/${page}`, { headers: { accept: '*/*' } })
      expect(status, page).to.equal(200)
      expect(headers['content-type']).to.equal('text/markdown; charset=utf-8')
      expect(text).to.equal(readFileSync(join(ROOT, 'runbooks', page), 'utf8'))
    }
  })

  it('is where the annotations of the alerts lead', async () => {
    const rules = readdirSync(join(ROOT, 'alerts', 'rules')).map((name) => readFileSync(join(ROOT, 'alerts', 'rules', name), 'utf8'))
    const links = [...rules.join('\n').matchAll(/runbook_url: "?\{\{ \$externalLabels\.rolewatch \}\}(\S+?)"?$/gm)].map(
      ([, path]) => path ?? '',
    )
    expect(links).to.have.length.above(30)
    for (const path of new Set(links)) expect((await api.ask(path)).status, path).to.equal(200)
  })

  it('leads a browser to the page of the console, by an address that bears a path before it', async () => {
    const { status, headers } = await api.ask('/runbooks/ScrapeOutage.md', { headers: { accept: BROWSER } })
    expect(status).to.equal(303)
    expect(headers['vary']).to.contain('Accept')
    expect(new URL(headers.location ?? '', 'https://jobs.example/watch/runbooks/ScrapeOutage.md').href).to.equal(
      'https://jobs.example/watch/#/runbook/ScrapeOutage',
    )
  })

  it('is open to whoever was woken: it needs no token', async () => {
    await createToken(world.db, 'phone', ['read'])
    const closed = await serveApi(world)
    try {
      expect((await closed.ask('/api/v1/slo')).status).to.equal(401)
      expect((await closed.ask('/runbooks/ScrapeOutage.md')).status).to.equal(200)
    } finally {
      await closed.close()
      await world.db('tokens').delete()
    }
  })

  it('has no page that there is not', async () => {
    const { status, json } = await api.ask('/runbooks/NeverHeardOf.md')
    expect(status).to.equal(404)
    expect(json['detail']).to.equal('There is no page for NeverHeardOf.')
    expect((await api.ask('/runbooks/NeverHeardOf.md', { headers: { accept: BROWSER } })).status).to.equal(404)
  })

  it('gives nothing but its pages', async () => {
    for (const name of [
      '..%2fREADME',
      '../README',
      '..%5cREADME',
      'scrapeOutage',
      'Scrape%00Outage',
      'Scrape.Outage',
      `A${'a'.repeat(200)}`,
      '%2e%2e',
      'A/../../README',
    ])
      expect((await api.ask(`/runbooks/${name}.md`)).status, name).to.be.oneOf([400, 404])
    for (const path of ['/runbooks', '/runbooks/', '/runbooks/ScrapeOutage', '/runbooks/ScrapeOutage.md/x'])
      expect((await api.ask(path)).status, path).to.equal(404)
    expect((await api.ask('/runbooks/ScrapeOutage.md', { method: 'POST' })).status).to.equal(405)
  })
})
