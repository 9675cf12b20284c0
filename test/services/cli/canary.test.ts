// rolewatch canary: what is printed, and how it ends.

import { expect } from 'chai'
import { canaryCommand } from '../../../services/cli/canary.ts'
import { readConfig } from '../../../services/config.ts'
import { start } from '../../../services/main.ts'
import type { Way } from '../../../services/canary/now.ts'
import { openGround, type Ground } from '../../journey/town.ts'
import { caught, refused, rolewatch } from './desk.ts'

describe('rolewatch canary', function () {
  this.timeout(60_000)
  let ground: Ground
  let env: Record<string, string>
  before(async () => {
    ground = await openGround({ boards: 2, postingsPerBoard: 2 })
    env = { ...ground.env, CANARY_WEBHOOK_URL: ground.sandbox.canaryWebhookUrl, CANARY_EVERY_S: '60' }
  })
  after(() => ground.close())
  afterEach(() => {
    ground.sandbox.market.clearFaults()
    ground.sandbox.canary.clear()
  })

  const run = (options: Parameters<typeof canaryCommand>[1]) => caught(() => canaryCommand(readConfig(env), options))

  it('prints a line for each stage, and who sent it when nobody else did', async () => {
    const { value, out } = await run({ format: 'table', timeout: 9 })
    expect(value).to.equal(0)
    const lines = out.split('\n')
    expect(lines[0]).to.match(/^stage +seconds$/)
    for (const stage of ['fetch', 'parse', 'normalise', 'dedupe', 'store', 'match', 'outbox', 'notify'])
      expect(out).to.match(new RegExp(`^${stage} +\\d+\\.\\d{3}$`, 'm'))
    expect(out).to.match(/^It came through \d\.\d s after it was stored · trace [0-9a-f]{32}$/m)
    expect(lines.at(-1)).to.match(/this command sent it: is a worker running\?$/)
    expect(ground.sandbox.canary.messages()).to.have.length(1)
    expect(ground.sandbox.slack.messages()).to.have.length(0)
  })

  it('is sent by a process that is running, and told as JSON', async () => {
    const running = await start(readConfig({ ...env, CANARY_EVERY_S: '86400' }), 'worker')
    try {
      const { value, out } = await run({ format: 'json', timeout: 15 })
      const way = JSON.parse(out) as Way
      expect(value).to.equal(0)
      expect(way).to.include({ outcome: 'delivered', sent_by: 'worker', error: null })
      expect(way.round_trip_seconds).to.be.below(15)
    } finally {
      await running.stop()
    }
  })

  it('ends with 1 and says why when it does not come through', async () => {
    ground.sandbox.market.fault({ source: 'slack', kind: 'status', status: 403 })
    const { code, out } = await rolewatch(['canary', '--timeout', '9'], env)
    expect(code).to.equal(1)
    expect(out).to.match(/^It did not come through \(failed, \d\.\d s\): .*fault_on_demand/m)
    expect(out).not.to.include(ground.sandbox.canaryWebhookUrl)
  })

  it('ends with 2 where there is no canary', async () => {
    const message = await refused('Misuse', () => canaryCommand(readConfig(ground.env), { format: 'table', timeout: 3 }))
    expect(message).to.match(/^CANARY_WEBHOOK_URL is not set/)
  })
})
