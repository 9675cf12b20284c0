// A process that is killed (kill -9) in the middle of a run: what it had done stays done, and another process goes on.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import { ALERT, openStand, pageText, type Stand } from './stand.ts'

const TEXT = pageText(ALERT, ['`source.look source=$source`'], ['`source.hold source=$source`', '`source.ring source=$source`', 'Call.'])

/** Starts an engine that stays where it is told to, and kills it there. */
async function killAt(stand: Stand, stop: string, text: string): Promise<void> {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(ROOT, 'test/services/runbook/engine-program.ts'), stand.world.database.url, stop, ALERT, text],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (data: Buffer) => {
      if (data.toString().includes(`at ${stop}`)) resolve()
    })
    void ended.then(() => reject(new Error('it ended by itself')))
  })
  child.kill('SIGKILL')
  const [, signal] = (await ended) as [number | null, string | null]
  expect(signal).to.equal('SIGKILL')
}

describe('services/runbook, a process killed', function () {
  this.timeout(60_000)
  let stand: Stand
  beforeEach(async () => {
    stand = await openStand({ [ALERT]: TEXT })
    await stand.setMode(ALERT, 'auto')
    stand.clock.now = new Date()
    await stand.tell({})
  })
  afterEach(() => stand.close())

  /** Another engine, by the real clock, until the run is over; what it found when it came. */
  async function goOn(): Promise<{ state: string; waited: number }> {
    const { state } = await stand.run()
    const engine = stand.engine({ now: () => new Date(), leaseSeconds: 2, verifySeconds: 3, lookSeconds: 0.2 })
    const began = performance.now()
    let waited = 0
    while ((await stand.run()).state !== 'done' && performance.now() - began < 20_000) {
      if ((await engine.runDue()) > 0 && waited === 0) waited = (performance.now() - began) / 1000
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return { state, waited }
  }
  const effects = async () => (await stand.effects()).map(({ key, done, undone }) => `${key} ${done}/${undone}`)

  it('in the diagnosis: looks again and goes on, after the lease and not before', async () => {
    await killAt(stand, 'diagnosing', TEXT)
    expect(await effects()).to.deep.equal([])
    const { state, waited } = await goOn()
    expect(state).to.equal('diagnosing')
    expect(waited).to.be.within(0.5, 4)
    expect(await stand.run()).to.deep.include({ outcome: 'mended', takeovers: 0 })
    expect(await effects()).to.deep.equal(['source.hold greenhouse 1/0', 'source.ring greenhouse 1/0'])
  })

  it('in a change that a transaction holds: nothing of it was kept, and it is done now, once', async () => {
    await killAt(stand, 'source.hold', TEXT)
    expect((await stand.steps())[0]).to.deep.include({ state: 'started' })
    expect(await effects()).to.deep.equal([])
    expect(await stand.db('target_locks').pluck('target')).to.deep.equal(['source/greenhouse'])
    await goOn()
    expect((await stand.run()).outcome).to.equal('mended')
    expect(await effects()).to.deep.equal(['source.hold greenhouse 1/0', 'source.ring greenhouse 1/0'])
  })

  it('in a change that none holds: it is not done again, and a person is told', async () => {
    await killAt(stand, 'source.ring', TEXT)
    expect(await effects()).to.deep.equal(['source.hold greenhouse 1/0', 'source.ring greenhouse 1/0'])
    await goOn()
    const run = await stand.run()
    expect(run.outcome).to.equal('interrupted')
    expect(run.words).to.match(/^A process ended in the middle of source\.ring on source\/greenhouse: nobody knows how far it came/)
    expect(await effects()).to.deep.equal(['source.hold greenhouse 1/0', 'source.ring greenhouse 1/0'])
    expect(stand.said.at(-1)?.kind).to.equal('escalated')
  })

  it('while it looks whether it helped: the next one looks on, until the same deadline', async () => {
    await killAt(stand, 'verifying', TEXT)
    const { state } = await goOn()
    expect(state).to.equal('verifying')
    expect((await stand.run()).outcome).to.equal('mended')
    expect(await effects()).to.deep.equal(['source.hold greenhouse 1/0', 'source.ring greenhouse 1/0'])
  })
})
