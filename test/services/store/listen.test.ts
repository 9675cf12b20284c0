// Listening to notifications, over a lost connection too.

import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { listenTo, type Listener } from '../../../services/store/listen.ts'
import { openWorld, type World } from '../../world.ts'

describe('listening', () => {
  let world: World
  const open: Listener[] = []
  let heard: string[] = []
  before(async () => {
    world = await openWorld()
  })
  after(async () => {
    await world.close()
  })
  beforeEach(() => {
    heard = []
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
  })

  async function listen(channel: string, database: { url: string } = world.database): Promise<Listener> {
    const listener = await listenTo(database, channel, (payload) => heard.push(payload), {
      onConnect: () => heard.push('connected'),
      retryMs: 10,
    })
    open.push(listener)
    return listener
  }
  const say = (channel: string, payload: string) => world.db.raw('select pg_notify(?, ?)', [channel, payload])
  const listeners = () =>
    world.db('pg_stat_activity').where({ application_name: 'rolewatch listen' }).whereRaw('datname = current_database()')
  const until = async (holds: () => boolean | Promise<boolean>) => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  it('hears what is said on its channel, and on no other', async () => {
    await listen('one "quoted" channel')
    await say('another', 'not for us')
    await say('one "quoted" channel', 'hello')
    await until(() => heard.length === 2)
    expect(heard).to.deep.equal(['connected', 'hello'])
  })

  it('hears nothing of a transaction that was rolled back', async () => {
    await listen('rolled')
    const trx = await world.db.transaction()
    await trx.raw('select pg_notify(?, ?)', ['rolled', 'never'])
    await trx.rollback()
    await say('rolled', 'after')
    await until(() => heard.includes('after'))
    expect(heard).to.deep.equal(['connected', 'after'])
  })

  it('comes back after its connection was cut, and says that it did', async () => {
    await listen('cut')
    await listeners().select(world.db.raw('pg_terminate_backend(pid)'))
    await until(() => heard.length === 2)
    await say('cut', 'again')
    await until(() => heard.length === 3)
    expect(heard).to.deep.equal(['connected', 'connected', 'again'])
  })

  it('calls back once connected unless told otherwise', async () => {
    open.push(await listenTo(world.database, 'plain', (payload) => heard.push(payload)))
    expect(heard).to.deep.equal([''])
  })

  it('goes on trying where nobody answers, until it is closed', async () => {
    const sockets: Socket[] = []
    const refusing = createServer((socket) => {
      sockets.push(socket)
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    const listener = await listen('nowhere', { url: `postgres://nobody@127.0.0.1:${(refusing.address() as AddressInfo).port}/nothing` })
    await until(() => sockets.length >= 3)
    await listener.close()
    const tried = sockets.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(sockets.length).to.equal(tried)
    expect(heard).to.deep.equal([])
    refusing.close()
  })

  it('leaves no connection behind when closed', async () => {
    const listener = await listen('gone')
    expect(await listeners().select('pid')).to.have.length(1)
    await listener.close()
    await until(async () => (await listeners().select('pid')).length === 0)
  })
})
