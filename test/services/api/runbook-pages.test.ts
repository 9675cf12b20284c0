// /api/v1/runbooks: what each page means and may do, setting that, and running one by hand.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { readPage } from '../../../ops/runbook/page.ts'
import { meaningOf, labelsOf } from '../../../services/api/runbook-words.ts'
import { ROOT } from '../../../services/config.ts'
import { createToken } from '../../../services/store/tokens.ts'
import { ALERT, pageText } from '../runbook/stand.ts'
import { BARE, BOTH, HOSTILE, openDesk, type Desk } from './desk.ts'
import { serveApi } from './client.ts'

const PATH = `/api/v1/runbooks/${ALERT}`

describe('/api/v1/runbooks', () => {
  let desk: Desk
  beforeEach(async () => {
    desk = await openDesk()
  })
  afterEach(() => desk.close())

  const run = (scope: 'read' | 'write' | 'admin', body: object, path = PATH) => desk.as(scope, `${path}/runs`, { method: 'POST', body })
  const setMode = (scope: 'read' | 'write' | 'admin', mode: unknown, path = PATH) =>
    desk.as(scope, path, { method: 'PATCH', body: { mode } })

  describe('reading', () => {
    it('lists every page with its meaning, its mode, what the machine does and what it needs', async () => {
      expect((await desk.as('read', '/api/v1/runbooks')).json.items).to.deep.equal([
        {
          alert: ALERT,
          meaning: 'Words.',
          mode: 'suggest',
          mode_set_by: null,
          mode_set_at: null,
          looks: 1,
          changes: 2,
          asks: 2,
          labels: ['source'],
          last_run: null,
          waits_for: null,
        },
        {
          alert: 'Idle',
          meaning: 'Words.',
          mode: 'suggest',
          mode_set_by: null,
          mode_set_at: null,
          looks: 1,
          changes: 1,
          asks: 1,
          labels: [],
          last_run: null,
          waits_for: null,
        },
      ])
    })
    it('tells of the last run and of what is asked', async () => {
      await desk.setMode(ALERT, 'approval')
      await desk.tell({})
      await desk.work()
      const [item] = (await desk.as('read', '/api/v1/runbooks')).json.items
      expect(item?.['last_run']).to.deep.include({ state: 'waiting', outcome: null, dry_run: false })
      expect(item?.['waits_for']).to.equal((await desk.db('approvals').first('id'))?.id)
    })
    it('gives the page with its hash, and of each line whether the machine does it and what that is', async () => {
      const { json } = await desk.as('read', PATH)
      expect(json).to.deep.include({ alert: ALERT, text: BOTH, hash: createHash('sha256').update(BOTH).digest('hex') })
      const lines = json['lines'] as { part: string; number: number; line: number; text: string; call: object | null }[]
      expect(lines.map(({ part, number, call }) => [part, number, call !== null])).to.deep.equal([
        ['diagnosis', 1, true],
        ['diagnosis', 2, false],
        ['steps', 1, true],
        ['steps', 2, true],
        ['steps', 3, false],
      ])
      expect(lines[0]?.call).to.deep.equal({
        action: 'source.look',
        args: { source: '$source' },
        when: [],
        summary: 'How a source is.',
        reach: null,
        reversible: null,
      })
      expect(lines[3]?.call).to.deep.include({ action: 'source.drop', when: ['blocked'], reach: 'source', reversible: false })
      for (const { line, text } of lines) expect(BOTH.split('\n')[line - 1]).to.contain(text)
    })
    it('is for whoever may read, and has nothing under hostile names', async () => {
      expect(await desk.statuses('/api/v1/runbooks')).to.deep.equal([200, 200, 200])
      expect(await desk.statuses(PATH)).to.deep.equal([200, 200, 200])
      for (const name of [...HOSTILE, 'Other', 'toString', 'sourceBlocked']) {
        expect((await desk.as('read', `/api/v1/runbooks/${name}`)).status, name).to.be.oneOf([400, 404])
        expect((await setMode('admin', 'auto', `/api/v1/runbooks/${name}`)).status, name).to.be.oneOf([400, 404])
        expect((await run('admin', {}, `/api/v1/runbooks/${name}`)).status, name).to.be.oneOf([400, 404])
      }
      expect(await desk.db('runbook_modes').pluck('alertname')).to.deep.equal([])
      expect(await desk.runs()).to.deep.equal([])
    })
    it('is not there where no pages were handed in', async () => {
      const bare = await serveApi(desk.world)
      try {
        const headers = { authorization: `Bearer ${desk.tokens.admin}` }
        expect((await bare.ask('/api/v1/runbooks', { headers })).status).to.equal(404)
      } finally {
        await bare.close()
      }
    })
  })

  describe('the mode', () => {
    it('is set by those with the scope admin alone, and the audit says by whom', async () => {
      expect((await setMode('read', 'auto')).status).to.equal(403)
      expect((await setMode('write', 'auto')).status).to.equal(403)
      const set = await setMode('admin', 'auto')
      expect([set.status, set.json['mode'], set.json['mode_set_by']]).to.deep.equal([200, 'auto', 'token:admin'])
      expect((await desk.as('read', PATH)).json['mode']).to.equal('auto')
      expect(await desk.db('audit').select('actor', 'action', 'target', 'before', 'after')).to.deep.equal([
        { actor: 'token:admin', action: 'runbook.mode', target: `runbook/${ALERT}`, before: 'suggest', after: 'auto' },
      ])
    })
    it('that it has already is no change, and one that there is not is refused', async () => {
      expect((await setMode('admin', 'suggest')).status).to.equal(200)
      expect(await desk.db('audit').pluck('id')).to.deep.equal([])
      for (const mode of ['off', '', null, 3, undefined]) expect((await setMode('admin', mode)).status).to.equal(400)
    })
  })

  describe('a run by hand', () => {
    it('is queued, told of at the address that is given, and written down', async () => {
      const answer = await run('admin', { labels: { source: 'lever' }, mode: 'auto' })
      expect(answer.status).to.equal(202)
      expect(answer.headers.location).to.equal(`/api/v1/runbook-runs/${String(answer.json['id'])}`)
      await desk.work()
      expect((await desk.as('read', answer.headers.location ?? '')).json).to.deep.include({
        actor: 'token:admin',
        mode: 'auto',
        labels: { source: 'lever' },
      })
      expect((await desk.effects()).map(({ key }) => key)).to.deep.equal(['source.hold lever'])
      expect(
        await desk
          .db('audit')
          .where({ target: `run/${String(answer.json['id'])}` })
          .orderBy('id')
          .first('actor', 'action', 'after'),
      ).to.deep.equal({
        actor: 'token:admin',
        action: 'runbook.run',
        after: { alert: ALERT, labels: { source: 'lever' } },
      })
    })
    it('needs the scope admin, but for a dry run, which changes nothing whatever the mode', async () => {
      await desk.setMode(ALERT, 'auto')
      const body = { labels: { source: 'lever' } }
      expect([(await run('read', body)).status, (await run('write', body)).status]).to.deep.equal([403, 403])
      expect((await run('write', { ...body, dry_run: false })).json['detail']).to.equal('The token "write" lacks the scope admin.')
      expect((await run('read', { ...body, dry_run: true })).status).to.equal(403)
      expect(await desk.runs()).to.deep.equal([])
      expect((await run('write', { ...body, dry_run: true, mode: 'auto' })).status).to.equal(202)
      await desk.work()
      expect((await desk.run()).outcome).to.equal('dry_run')
      expect(await desk.effects()).to.deep.equal([])
    })
    it('needs no token on this machine while there is none', async () => {
      await desk.db('tokens').update({ revoked_at: desk.clock.now })
      const open = await serveApi(desk.world, { runbooks: desk, now: () => desk.clock.now })
      try {
        expect((await open.ask(`${PATH}/runs`, { method: 'POST', body: { dry_run: true } })).status).to.equal(202)
        expect((await open.ask(`${PATH}/runs`, { method: 'POST', body: {} })).status).to.equal(202)
        expect((await desk.runs()).map(({ actor }) => actor)).to.deep.equal(['local', 'local'])
      } finally {
        await open.close()
      }
    })
    it('is refused with 409 while the incident has one that is not over', async () => {
      await desk.tell({})
      const answer = await run('admin', { labels: { source: 'greenhouse' } })
      expect([answer.status, answer.json['type']]).to.deep.equal([409, 'urn:rolewatch:problem:conflict'])
      expect(answer.json['detail']).to.contain('INC-1')
      expect((await run('admin', { labels: { source: 'greenhouse' }, dry_run: true })).status).to.equal(202)
    })
    it('takes labels as values and nothing else', async () => {
      const evil = "lever'; drop table runs; -- $(reboot) `id` when=blocked"
      expect((await run('write', { labels: { source: evil }, dry_run: true })).status).to.equal(202)
      await desk.work()
      const [step] = await desk.steps()
      expect(step).to.deep.include({ state: 'skipped', words: 'It cannot be done: source must be the name of a source.' })
      const refused = [
        { labels: { __name__: 'x' } },
        { labels: { 'a b': 'x' } },
        { labels: { source: 'x'.repeat(501) } },
        { labels: { source: 3 } },
        { labels: ['source'] },
        { labels: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`l${n}`, ''])) },
        { lables: {} },
        { dry_run: 'yes' },
        { mode: 'now' },
      ]
      for (const body of refused) expect((await run('admin', body)).status, JSON.stringify(body).slice(0, 60)).to.equal(400)
      const proto = await desk.as('admin', `${PATH}/runs`, { method: 'POST', body: '{"labels":{"__proto__":{"a":1}},"dry_run":true}' })
      expect(proto.status).to.be.oneOf([202, 400])
      expect(({} as Record<string, unknown>)['a']).to.equal(undefined)
    })
    it('is refused to a token of another kind', async () => {
      const { token } = await createToken(desk.db, 'hooks', ['hooks', 'metrics'])
      const headers = { authorization: `Bearer ${token}` }
      expect((await desk.api.ask(`${PATH}/runs`, { method: 'POST', body: { dry_run: true }, headers })).status).to.equal(403)
    })
  })
})

describe('services/api/runbook-words', () => {
  it('finds a meaning in every page of the house', () => {
    for (const name of readdirSync(join(ROOT, 'runbooks')).filter((one) => one.endsWith('.md'))) {
      const meaning = meaningOf(readFileSync(join(ROOT, 'runbooks', name), 'utf8'))
      expect(meaning, name).to.match(/^\S.{15,}[.:]$/)
    }
  })
  it('takes the first paragraph alone, on one line, and nothing where there is none', () => {
    expect(meaningOf('# A\n\n## Meaning\n\nOne\ntwo.\n\nThree.\n\n## Impact\n\nFour.\n')).to.equal('One two.')
    expect(meaningOf('# A\r\n\r\n## Meaning\r\n\r\nOne.\r\n\r\n## Impact\r\n')).to.equal('One.')
    expect(meaningOf('# A\n\n## Meaning\n\n## Impact\n\nFour.\n')).to.equal('')
    expect(meaningOf('')).to.equal('')
  })
  it('asks for the labels that nothing above has found', async () => {
    const desk = await openDesk()
    try {
      const of = (text: string) => labelsOf(readPage(text).page, desk.registry)
      expect(of(BOTH)).to.deep.equal(['source'])
      expect(of(BARE)).to.deep.equal([])
      expect(of(pageText('A', ['Look.'], ['`source.hold source=$source`.', '`source.hold source=$other`.']))).to.deep.equal([
        'source',
        'other',
      ])
    } finally {
      await desk.close()
    }
  })
})
