// One posting from the fetch to Slack's answer, as one trace.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { ROOT } from '../../services/config.ts'
import { createSearch } from '../../services/store/searches.ts'
import { openGround, openTownDatabase, type Ground } from './town.ts'

const run = promisify(execFile)

describe('the trace of a visit', () => {
  let ground: Ground
  before(async () => {
    ground = await openGround({ boards: 3 })
  })
  after(() => ground.close())

  it('goes through queue and outbox, from fetch to the answer of Slack', async () => {
    const database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    await createSearch(database.db, { name: 'All', query: { status: 'open' }, notify: { channel: 'slack', cadence: 'instant' } })
    await run(process.execPath, ['services/cli.ts', 'refresh', '--source', 'ashby', '--limit', '1', '--format', 'json'], {
      cwd: ROOT,
      env: { ...process.env, ...ground.env, OTEL_EXPORTER_OTLP_ENDPOINT: ground.sandbox.otlpEndpoint },
    })
    const runs = await database.db('runs').select('trace_id')
    await database.close()
    expect(runs).to.have.length(1)
    const tree = ground.sandbox.traces.tree((runs[0] as { trace_id: string }).trace_id)
    if (process.env['SHOW_TRACE']) console.log(tree)
    const names = tree.split('\n').flatMap((line) => /^[\s│├└─]*([a-z]+)/.exec(line)?.[1] ?? [])
    const order = ['enqueue', 'run', 'fetch', 'parse', 'normalise', 'dedupe', 'store', 'match', 'notify', 'slack']
    expect(names.filter((name) => order.includes(name))).to.deep.equal(order)
    expect(ground.sandbox.slack.messages()).to.have.length(1)
  }).timeout(60_000)
})
