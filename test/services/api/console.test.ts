// The console's files: nothing inline, nothing foreign, no address that the API does not have.

import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../../services/config.ts'
import { registryOf } from '../../../ops/runbook/action.ts'
import { OUTCOMES } from '../../../ops/metrics.ts'
import { STATES } from '../../../services/slo/standing.ts'
import { openWorld, type World } from '../../world.ts'
import { pagesOf } from '../runbook/stand.ts'
import { serveApi, type Served } from './client.ts'
import { BARE } from './desk.ts'

const FOLDER = join(ROOT, 'dashboards', 'console')
const files = readdirSync(FOLDER)
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8')

describe('the console', () => {
  let world: World
  let api: Served
  before(async () => {
    world = await openWorld()
    api = await serveApi(world, { runbooks: { pages: pagesOf({ Idle: BARE }), registry: registryOf([]) } })
  })
  after(async () => {
    await api.close()
    await world.close()
  })

  it('is the page at /, and everything it names is there', async () => {
    const { status, headers, text } = await api.ask('/')
    expect(status).to.equal(200)
    expect(headers['content-type']).to.equal('text/html; charset=utf-8')
    const named = [...text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, name]) => name ?? '')
    expect(named).to.include.members(['console.js', 'console.css', 'openapi.json'])
    for (const name of named) expect((await api.ask(`/${name}`)).status, name).to.equal(200)
  })
  it('is served with the types that nosniff asks for', async () => {
    for (const [file, type] of [
      ['console.js', 'text/javascript'],
      ['console.css', 'text/css'],
      ['icon.svg', 'image/svg+xml'],
    ])
      expect((await api.ask(`/${file}`)).headers['content-type'], file).to.contain(type)
  })
  it('imports only files that are there', () => {
    for (const file of files.filter((name) => name.endsWith('.js')))
      for (const [, name] of read(file).matchAll(/from '\.\/([^']+)'/g)) expect(files, `${file} imports ${name}`).to.include(name)
  })
  it('has nothing inline and nothing from elsewhere, which its own policy would refuse', () => {
    const page = read('index.html')
    expect(page).not.to.match(/<style|<script(?![^>]*src=)|\sstyle=|\son\w+=|https?:\/\//)
    expect(read('console.css')).not.to.match(/@import|url\(/)
    for (const file of files.filter((name) => name.endsWith('.js')))
      expect(read(file), file).not.to.match(/import\(|https:\/\/[a-z]|\.style\b/)
  })
  it('never makes markup of data', () => {
    for (const file of files.filter((name) => name.endsWith('.js')))
      expect(read(file), file).not.to.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|new Function/)
  })
  it('knows every outcome there is', () => {
    const list = /const OUTCOMES = \{([\s\S]*?)\n\}/.exec(read('dom.js'))?.[1] ?? ''
    expect([...list.matchAll(/'(\w+)'/g)].map(([, name]) => name)).to.have.members([...OUTCOMES])
  })
  it('asks only for addresses that the API has', async () => {
    const { json } = await api.ask('/openapi.json')
    const paths = Object.keys(json['paths'] as object).map((path) => path.slice(1))
    const asked = files
      .filter((name) => name.endsWith('.js'))
      .flatMap((file) => [...read(file).matchAll(/ask\([`'](api\/v1\/[\w/-]+)/g)].map(([, path]) => path ?? ''))
    expect(asked).to.have.length.greaterThan(8)
    for (const path of asked)
      expect(
        paths.some((known) => known === path || known.startsWith(`${path.replace(/\/$/, '')}/{`)),
        path,
      ).to.equal(true)
  })
  it('has a word for every state of an SLO', () => {
    const list = /const STATES = \{([\s\S]*?)\n?\}\n/.exec(read('slos.js'))?.[1] ?? ''
    expect([...list.matchAll(/(\w+): \[/g)].map(([, name]) => name)).to.have.members([...STATES])
  })
  it('gives nothing but its own files', async () => {
    for (const path of ['/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/package.json', '/.env', '/console.js/x', '/api.js%00'])
      expect((await api.ask(path)).status, path).to.be.oneOf([400, 403, 404])
    expect((await api.ask('/', { method: 'POST' })).status).to.equal(404)
  })
})
