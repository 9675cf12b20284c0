// How SLOs stand, on the command line: for people, for programs, and for scripts that go by the exit code.

import { expect } from 'chai'
import { readConfig } from '../../../services/config.ts'
import { sloCommand } from '../../../services/cli/slo.ts'
import type { SloReport } from '../../../services/slo/report.ts'
import type { Database } from '../../../services/store/database.ts'
import { writeTallies, type TallyRow } from '../../../services/store/tallies.ts'
import { openGround, openTownDatabase, type Ground } from '../../journey/town.ts'
import { freePort } from '../../programs.ts'
import { answered, caught, refused, rolewatch } from './desk.ts'

describe('rolewatch slo', function () {
  this.timeout(30_000)
  let ground: Ground
  let database: Database
  before(async () => {
    ground = await openGround({ boards: 3 })
    database = await openTownDatabase(ground.env['DATABASE_URL'] ?? '')
  })
  after(async () => {
    await database.close()
    await ground.close()
  })
  const fill = async (...rows: Partial<TallyRow>[]) => {
    await database.db('slo_tallies').delete()
    const events = rows.map((row): TallyRow => ({ slo: 'scrape-success', bound: '', labels: {}, bad: 0, total: 1, ...row }))
    await writeTallies(database.db, { at: new Date(Date.now() - 120_000), seconds: 60, events, slices: [] })
  }
  const line = (out: string, name: string) => out.split('\n').find((one) => one.trimStart().startsWith(name)) ?? ''

  it('shows people a line per SLO, and one per source below it', async () => {
    await fill(
      { bad: 1, total: 1000 },
      { slo: 'extraction', labels: { source: 'lever' }, bad: 3, total: 100 },
      { slo: 'extraction', labels: { source: 'ashby' }, total: 100 },
      { slo: 'api-availability', bad: 2, total: 100_000 },
    )
    const { out, value, err } = await caught(() => sloCommand(ground.config, { format: 'table' }, []))
    expect(value).to.equal(0)
    expect(err).to.equal('')
    expect(out.split('\n')[0]).to.match(/^slo +objective +sli +budget left +burn +exhausted in +state$/)
    expect(line(out, 'scrape-success')).to.match(/95% \/ 24h +99\.9% +98% +0\.02× over 1h +49\.0 d +ok$/)
    expect(line(out, 'api-availability')).to.match(/99\.9% \/ 7d +99\.998% +98% /)
    expect(line(out, 'extraction')).to.match(/99% \/ 24h +98\.5% +-50% +1\.50× over 1h +spent +warning$/)
    expect(line(out, 'lever')).to.match(/^ {2}lever +97% +-200% +3\.00× over 1h +spent +warning$/)
    expect(line(out, 'ashby')).to.match(/100% +100% +0\.00× over 1h +not at this pace +ok$/)
    expect(line(out, 'restore-time')).to.match(/95% \/ 30d +– +– .* – +no data$/)
  })

  it('gives programs what the API gives, all of them or one', async () => {
    await fill({ bad: 30, total: 100 })
    const all = await answered<SloReport[]>(() => sloCommand(ground.config, { format: 'json' }, []))
    expect(all.map(({ slo }) => slo)).to.include.members(['scrape-success', 'freshness', 'resume-analysis'])
    const one = await answered<SloReport>(() => sloCommand(ground.config, { format: 'json' }, ['scrape-success']))
    expect(one).to.deep.include({ slo: 'scrape-success', bad: 30, total: 100, state: 'page', source: 'database' })
    expect(all.find(({ slo }) => slo === 'scrape-success')).to.deep.equal({
      ...one,
      as_of: all.find(({ slo }) => slo === 'scrape-success')?.as_of,
    })
  })

  it('ends with 1 when an SLO is in trouble and a script asked for that', async () => {
    const code = async (failOn?: 'warning' | 'page') =>
      (await caught(() => sloCommand(ground.config, { format: 'json', ...(failOn ? { failOn } : {}) }, []))).value
    await fill({ bad: 30, total: 100 })
    expect([await code(), await code('warning'), await code('page')]).to.deep.equal([0, 1, 1])
    await fill({ bad: 9, total: 100 })
    expect([await code(), await code('warning'), await code('page')]).to.deep.equal([0, 1, 0])
    await fill({ bad: 0, total: 100 })
    expect([await code(), await code('warning'), await code('page')]).to.deep.equal([0, 0, 0])
  })

  it('says on stderr when Prometheus is away, once, and answers from the database', async () => {
    await fill({ bad: 1, total: 100 })
    const config = readConfig({ ...ground.env, PROMETHEUS_URL: `http://me:secret@127.0.0.1:${await freePort()}` })
    const { out, err } = await caught(() => sloCommand(config, { format: 'table' }, []))
    expect(err).to.equal('Prometheus gave no answer: it cannot be reached (ECONNREFUSED). Counted from the database.')
    expect(line(out, 'scrape-success')).to.contain('99%')
  })

  it('refuses an SLO that there is not, before anything is opened', async () => {
    const nowhere = readConfig({ ...ground.env, DATABASE_URL: 'postgres://127.0.0.1:9/none' })
    expect(await refused('Misuse', () => sloCommand(nowhere, { format: 'table' }, ['world-peace']))).to.match(
      /^No such SLO: world-peace\. There are alert-delivery, api-availability/,
    )
  })

  it('is a command with an exit code', async () => {
    await fill({ bad: 30, total: 100 })
    const ended = await rolewatch(['slo', 'scrape-success', '--fail-on', 'page'], ground.env)
    expect(ended.code).to.equal(1)
    expect(ended.out).to.match(/^scrape-success +95% \/ 24h +70% +-500% .* page$/m)
    expect((await rolewatch(['slo', '--fail-on', 'rain'], ground.env)).code).to.equal(2)
  })
})
