// Looks at notifications: well, late, stuck, refused, throttled, switched, and not set up.

import { expect } from 'chai'
import { noteAcceptance, noteRefusal, setSubstitute } from '../../../../services/store/channels.ts'
import { openDesk, type Desk } from '../../notify/seed.ts'
import { openBench, type Bench } from '../bench.ts'
import { ago } from './seed.ts'

describe('looks at notifications', () => {
  let bench: Bench
  let desk: Desk
  before(async () => {
    bench = await openBench()
    desk = await openDesk(bench.world)
  })
  after(() => bench.close())
  afterEach(() => desk.clear())

  const outbox = (changes: object) => bench.db('outbox').update(changes)

  describe('outbox.state', () => {
    const look = (given: Record<string, string> = {}) => bench.look('outbox.state', given)

    it('is healthy while nothing waits for long', async () => {
      expect(await look()).to.deep.include({ verdict: 'healthy', causes: [] })
      await desk.tell(await desk.search('alpha'), 3)
      const finding = await look()
      expect(finding).to.deep.include({ verdict: 'healthy' })
      expect(finding.words).to.match(
        /^3 notifications of 1 search waiting, the oldest for \d s; 0 refused for good, 0 without an answer\.$/,
      )
      await desk.tell(await desk.search('beta'), 1)
      expect((await look()).words).to.match(/^4 notifications of 2 searches waiting/)
    })

    it('is degraded when they are late, and broken when they are stuck, because of the channel', async () => {
      await desk.tell(await desk.search('alpha'), 2)
      await outbox({ created_at: ago(60), error: 'HTTP 503' })
      const late = await look()
      expect(late).to.deep.include({ verdict: 'degraded', causes: ['channel'] })
      expect(late.words).to.match(/The channel said: HTTP 503$/)
      await outbox({ created_at: ago(301) })
      expect(await look()).to.deep.include({ verdict: 'broken', causes: ['channel'] })
    })

    it('is a backlog when more searches wait than a minute has messages', async () => {
      const searches = await Promise.all(Array.from({ length: 61 }, (_, n) => desk.search(`s${n}`)))
      for (const search of searches) await desk.tell(search, 1)
      await outbox({ created_at: ago(301) })
      expect(await look()).to.deep.include({ verdict: 'broken', causes: ['backlog'] })
    })

    it('is throttled and no worse while the channel wants to be left alone', async () => {
      await desk.tell(await desk.search('alpha'), 1)
      await outbox({ created_at: ago(900) })
      await noteRefusal(bench.db, 'slack', 600)
      expect(await look()).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
    })

    it('gives the search whose notifications were refused for good', async () => {
      const search = await desk.search('alpha')
      await desk.tell(search, 2)
      await outbox({ state: 'failed', error: 'invalid_payload' })
      const finding = await look()
      expect(finding).to.deep.include({ verdict: 'degraded', causes: ['channel'], values: { search: search.id } })
      expect(finding.words).to.match(/2 refused for good, 0 without an answer\. The channel said: invalid_payload$/)
    })

    it('keeps ids and counts alone: no name of a search, no posting', async () => {
      await desk.tell(await desk.search('Ann Example, Berlin'), 1)
      const finding = await look()
      expect(JSON.stringify(finding)).not.to.contain('Ann Example')
    })

    it('is about the channel that is asked of', async () => {
      await desk.tell(await desk.search('alpha'), 1)
      await outbox({ created_at: ago(900) })
      expect((await look({ channel: 'email' })).verdict).to.equal('healthy')
      expect(bench.refusal('outbox.state', { channel: 'pager' })).to.equal('channel: must be one of slack, email')
    })
  })

  describe('channel.state', () => {
    const look = (given: Record<string, string> = {}) => bench.look('channel.state', given)

    it('is healthy until something is refused, and again when something is accepted', async () => {
      expect((await look()).verdict).to.equal('healthy')
      await noteRefusal(bench.db, 'slack', 0)
      expect(await look()).to.deep.include({
        verdict: 'degraded',
        causes: ['channel'],
        words: 'slack has refused for 0 s. There is no second channel: SMTP_URL is not set.',
      })
      await noteAcceptance(bench.db, 'slack')
      expect(await look()).to.deep.include({ verdict: 'healthy', words: 'slack has refused nothing since it last accepted.' })
    })

    it('is broken when it has refused for long', async () => {
      await noteRefusal(bench.db, 'slack', 0, ago(600))
      expect(await look()).to.deep.include({ verdict: 'broken', causes: ['channel'] })
    })

    it('is throttled and no worse while it wants to be left alone', async () => {
      await noteRefusal(bench.db, 'slack', 1200, ago(600))
      const finding = await look()
      expect(finding).to.deep.include({ verdict: 'degraded', causes: ['throttled'] })
      expect(finding.words).to.match(/^slack asked to be left alone for another (599 s|10 min)\.$/)
    })

    it('says when another stands in for it, and when it is not set up', async () => {
      await setSubstitute(bench.db, 'slack', 'email')
      expect(await look()).to.deep.include({ verdict: 'degraded', words: 'Everything goes by email in place of slack now.' })
      expect(await look({ channel: 'email' })).to.deep.include({ verdict: 'degraded', words: 'SMTP_URL is not set.' })
    })
  })
})
