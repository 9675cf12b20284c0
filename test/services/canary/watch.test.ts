// The canary's own watch: counted apart, and timed by stage.

import { expect } from 'chai'
import { quietLog } from '../../../ops/log.ts'
import { createCanaryWatch, withTimes } from '../../../services/canary/watch.ts'

describe('the watch of the canary', () => {
  const work = async () => 'done'

  it('counts in a registry of its own, without the process in it', async () => {
    const [one, other] = [createCanaryWatch(quietLog), createCanaryWatch(quietLog)]
    await one.stage('fetch', { source: 'canary' }, work)
    const stages = { stage: 'fetch', source: 'canary' }
    expect(await one.metrics.value(one.metrics.stageSeconds, stages)).to.be.above(0)
    expect(await other.metrics.value(other.metrics.stageSeconds, stages)).to.equal(0)
    const { body } = await one.metrics.expose(undefined)
    expect(body).not.to.match(/^(process|nodejs)_/m)
  })

  it('adds up the time of each stage, in the order of their beginning, failed ones too', async () => {
    const { watch, times } = withTimes(createCanaryWatch(quietLog))
    expect(await watch.stage('fetch', { source: 'canary' }, work)).to.equal('done')
    const first = times.get('fetch') ?? 0
    const failed = await watch
      .stage('store', { source: 'canary' }, () => watch.stage('match', { source: 'canary' }, () => Promise.reject(new Error('no'))))
      .catch((error: Error) => error.message)
    await watch.stage('fetch', { source: 'canary' }, work)
    expect(failed).to.equal('no')
    expect([...times.keys()]).to.deep.equal(['fetch', 'store', 'match'])
    expect(times.get('fetch')).to.be.above(first)
    expect(times.get('store')).to.be.at.least(times.get('match') ?? Infinity)
  })
})
