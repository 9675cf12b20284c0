// What the running product tells on-call: from the hook to Slack's channel, and the second on call when nobody answers.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../services/config.ts'
import { start, type Running } from '../../services/main.ts'
import { openMailServer, type MailServer } from '../mail.ts'
import { openGround, type Ground } from '../journey/town.ts'

const ROTA = `start: 2020-01-06T09:00Z
people:
  - {name: Ann, mail: ann@example.org}
  - {name: Bob, mail: bob@example.org}
`

describe('services/automation', function () {
  this.timeout(60_000)
  let ground: Ground
  let mail: MailServer
  let running: Running
  before(async () => {
    ground = await openGround({ boards: 3, postingsPerBoard: 3 })
    mail = await openMailServer()
    await writeFile(join(ground.env['ROLEWATCH_CONFIG'] ?? '', 'oncall.yaml'), ROTA)
    const { smtpUrl } = mail.mail
    running = await start(
      readConfig({
        ...ground.env,
        SLACK_OPS_WEBHOOK_URL: ground.sandbox.opsWebhookUrl,
        SMTP_URL: smtpUrl,
        DIGEST_TO: 'all@example.org',
        DIGEST_FROM: 'watch@example.org',
        ROLEWATCH_PUBLIC_URL: 'https://roles.example',
      }),
      'all',
    )
  })
  after(async () => {
    await running.stop()
    await mail.close()
    await ground.close()
  })

  const texts = () => ground.sandbox.ops.messages().map(({ payload }) => (payload as { text: string }).text)
  const tell = (status: string, labels: Record<string, string>, fingerprint: string) =>
    fetch(`${running.url}/hooks/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        version: '4',
        alerts: [
          {
            status,
            fingerprint,
            startsAt: '2026-01-01T12:00:00Z',
            annotations: { summary: 'The breaker is open' },
            labels: { source: 'greenhouse', ...labels },
          },
        ],
      }),
    })
  async function until(isSo: () => boolean): Promise<void> {
    for (let n = 0; n < 600 && !isSo(); n++) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(isSo()).to.equal(true)
  }

  it('tells on-call of an incident within seconds, to its end', async () => {
    const labels = { alertname: 'BreakerOpen', severity: 'ticket', priority: 'P1' }
    await tell('firing', labels, 'c0ffee')
    await until(() => texts().some((text) => /^INC-1 BreakerOpen: its? (?:runbook|fires)/.test(text) || text.includes('a person must')))
    await tell('resolved', labels, 'c0ffee')
    await until(() => texts().some((text) => text.startsWith('INC-1 BreakerOpen: over after')))
    expect(JSON.stringify(ground.sandbox.ops.messages())).to.contain('https://roles.example/#/incidents/1|INC-1')
    expect(ground.sandbox.slack.messages(), 'people who look for a job hear nothing of it').to.deep.equal([])
    const metrics = await (await fetch(`${running.url}/metrics`)).text()
    expect(Number(/ops_messages_total\{channel="slack",outcome="delivered"\} (\d+)/.exec(metrics)?.[1])).to.be.greaterThan(0)
  })

  it('writes to the second on call about a page that nobody has', async () => {
    await tell('firing', { alertname: 'TargetAbsent', severity: 'page', priority: 'P0' }, 'dec0de')
    const long = new Date(Date.now() - 16 * 60_000)
    await running.works.database.db('incidents').where({ number: 2 }).update({ opened_at: long, last_fired_at: long })
    await until(() => mail.accepted.length > 0)
    const week = Math.floor((Date.now() - Date.parse('2020-01-06T09:00Z')) / (7 * 86_400_000))
    expect(mail.accepted[0]?.to).to.deep.equal([week % 2 === 0 ? 'bob@example.org' : 'ann@example.org'])
    expect(mail.accepted[0]?.raw).to.match(/^Subject: INC-2 TargetAbsent: nobody has acknowledged it for 16 min\r$/m)
  })
})
