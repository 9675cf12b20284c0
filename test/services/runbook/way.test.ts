// The whole way of an alert in the running product: the hook, the incident, the run of its page, and what the API tells of it.

import { expect } from 'chai'
import { start, type Running } from '../../../services/main.ts'
import { readConfig } from '../../../services/config.ts'
import type { Database } from '../../../services/store/database.ts'
import { listIncidents } from '../../../services/store/incidents.ts'
import { listRunbookRuns } from '../../../services/store/runbook-runs.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'

describe("an alert's way", function () {
  this.timeout(60_000)
  let ground: Ground
  let database: Database
  let running: Running
  before(async () => {
    ground = await openGround({ boards: 3, postingsPerBoard: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
    running = await start(readConfig(ground.env), 'all')
  })
  after(async () => {
    await running.stop()
    await database.close()
    await ground.close()
  })

  const tell = (status: 'firing' | 'resolved', labels: Record<string, string>, startsAt: string) =>
    fetch(`${running.url}/hooks/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        version: '4',
        alerts: [{ status, labels, annotations: { summary: 'Odd \0 words' }, startsAt, fingerprint: 'c0ffee' }],
      }),
    })
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    for (let n = 0; n < 400; n++) {
      const found = await look()
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('it did not come to that')
  }

  it('goes from the hook to the end of the run of its page within seconds, and is told by metrics, audit and API', async () => {
    const labels = { alertname: 'BreakerOpen', severity: 'ticket', priority: 'P1', source: 'greenhouse', odd: 'a\0b' }
    const startsAt = new Date().toISOString()
    const answer = await tell('firing', labels, startsAt)
    expect(await answer.json()).to.deep.equal({ received: 1, changed: 1 })
    const began = performance.now()
    const run = await until(async () => (await listRunbookRuns(database.db, { limit: 1 })).find(({ state }) => state === 'done'))
    expect(performance.now() - began).to.be.below(20_000)
    expect(run).to.deep.include({ alertname: 'BreakerOpen', mode: 'suggest', actor: 'alertmanager' })
    expect(run.trace_id).to.match(/^[0-9a-f]{32}$/)
    expect(run.labels['odd']).to.equal('a\uFFFDb')
    const [incident] = await listIncidents(database.db, { limit: 1 })
    expect(incident).to.deep.include({ state: 'opened', summary: 'Odd \uFFFD words' })
    // The same body again: nothing new.
    expect(await (await tell('firing', labels, startsAt)).json()).to.deep.equal({ received: 1, changed: 0 })
    expect(await listRunbookRuns(database.db, { limit: 9 })).to.have.length(1)

    await tell('resolved', labels, startsAt)
    expect((await listIncidents(database.db, { limit: 1 }))[0]?.state).to.equal('resolved')
    const metrics = await (await fetch(`${running.url}/metrics`)).text()
    expect(metrics).to.contain(`rolewatch_runbook_runs_total{runbook="BreakerOpen",outcome="${run.outcome}"} 1`)
    const audit = (await (await fetch(`${running.url}/api/v1/audit?target=incident/INC-1`)).json()) as {
      items: { action: string; trace_id: string; detail: Record<string, unknown> }[]
      next_cursor: string | null
    }
    expect(audit.items.map(({ action }) => action)).to.deep.equal(['runbook.end', 'runbook.diagnose'])
    expect(audit.items.every((line) => line.trace_id === run.trace_id && line.detail['runbook'] === run.page_hash)).to.equal(true)
  })
})
