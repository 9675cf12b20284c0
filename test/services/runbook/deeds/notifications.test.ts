// Deeds on notifications: what was refused is sent again, and a channel stands in for another until somebody else decides.

import { expect } from 'chai'
import { channelState, setSubstitute } from '../../../../services/store/channels.ts'
import { openDesk, type Desk } from '../../notify/seed.ts'
import { openBench, type Bench } from '../bench.ts'

const MAIL = { SMTP_URL: 'smtp://127.0.0.1:2525', DIGEST_TO: 'ann@example.org', DIGEST_FROM: 'rolewatch@example.org' }

describe('deeds on notifications', () => {
  let bench: Bench
  let desk: Desk
  before(async () => {
    bench = await openBench({ env: MAIL })
    desk = await openDesk(bench.world)
  })
  after(() => bench.close())
  afterEach(() => desk.clear())

  describe('outbox.resend', () => {
    it('sends again what was refused for good of this search, and what may have arrived not', async () => {
      const search = await desk.search('alpha')
      const other = await desk.search('beta')
      await desk.tell(search, 4)
      await desk.tell(other, 1)
      await bench.db('outbox').update({ state: 'failed', error: 'invalid_payload', attempts: 3 })
      const ids = (await desk.rows(search)).map(({ id }) => id)
      await bench.db('outbox').where({ id: ids[0] }).update({ state: 'uncertain' })
      await bench.db('outbox').where({ id: ids[1] }).update({ state: 'delivered' })
      const given = { search: search.id }
      expect(await bench.plan('outbox.resend', given)).to.deep.equal({
        target: `search/${search.id}`,
        words: '2 refused notifications will be sent again.',
      })
      expect((await bench.act('outbox.resend', given)).words).to.equal('2 refused notifications on the way again.')
      expect((await desk.rows(search)).map(({ state }) => state)).to.deep.equal(['uncertain', 'delivered', 'pending', 'pending'])
      expect((await desk.rows(search)).slice(2)).to.satisfy((rows: { error: string | null; attempts: number }[]) =>
        rows.every(({ error, attempts }) => error === null && attempts === 0),
      )
      expect(await desk.states(other)).to.deep.equal(['failed'])
      expect((await bench.plan('outbox.resend', given)).idle).to.equal('Nothing of this search was refused for good.')
      expect((await bench.act('outbox.resend', given)).words).to.equal('0 refused notifications on the way again.')
    })

    it('wants the id of a search', () => {
      for (const search of ['', 'alpha', `' or true --`, '00000000-0000-0000-0000-00000000000'])
        expect(bench.refusal('outbox.resend', { search }), search).to.equal('search: must be the id of a search')
    })
  })

  describe('channel.switch', () => {
    const substitute = async () => (await channelState(bench.db, 'slack')).substitute

    it('puts another in the place of a channel, and takes it away again', async () => {
      const given = { to: 'email' }
      expect(await bench.plan('channel.switch', given)).to.deep.equal({
        target: 'channel/slack',
        words: 'Everything of slack will go by email.',
      })
      const deed = await bench.act('channel.switch', given)
      expect(deed.words).to.equal('Everything of slack goes by email now.')
      expect(await substitute()).to.equal('email')
      expect((await bench.plan('channel.switch', given)).idle).to.equal('Everything of slack goes by email already.')
      expect(await bench.undo('channel.switch', deed)).to.equal('What is of slack goes by slack as before.')
      expect(await substitute()).to.equal(null)
    })

    it('switches back, and takes that back', async () => {
      const given = { to: 'slack', from: 'slack' }
      expect((await bench.plan('channel.switch', given)).idle).to.equal('slack carries its own messages already.')
      await setSubstitute(bench.db, 'slack', 'email')
      expect((await bench.plan('channel.switch', given)).words).to.equal('slack will carry its own messages again.')
      const deed = await bench.act('channel.switch', given)
      expect(await substitute()).to.equal(null)
      expect(await bench.undo('channel.switch', deed)).to.equal('What is of slack goes by email as before.')
      expect(await substitute()).to.equal('email')
    })

    it('leaves it as it is when somebody has switched meanwhile', async () => {
      const deed = await bench.act('channel.switch', { to: 'email' })
      await setSubstitute(bench.db, 'slack', null)
      expect(await bench.undo('channel.switch', deed)).to.equal('Somebody has switched slack meanwhile: it is left as it is.')
      expect(await substitute()).to.equal(null)
    })

    it('promises nothing that cannot be: without a mail server, or by Slack for mail', async () => {
      expect((await bench.plan('channel.switch', { to: 'slack', from: 'email' })).idle).to.equal('Slack cannot stand in for email.')
      const bare = await openBench()
      expect((await bare.plan('channel.switch', { to: 'email' })).idle).to.equal('There is no second channel: SMTP_URL is not set.')
      await bare.close()
      expect(bench.refusal('channel.switch', { to: 'pager' })).to.equal('to: must be one of slack, email')
      expect(bench.refusal('channel.switch', {})).to.match(/^to: /)
    })
  })
})
