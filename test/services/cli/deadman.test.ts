// The dead man's switch as a process: fed, left alone, fed again, killed, and refused where it could not be heard.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openMailServer, type MailServer } from '../../mail.ts'
import { openSlackServer, type SlackServer } from '../../slack.ts'
import { launch, rolewatch, type Launched } from './desk.ts'

const TOKEN = 'a-token-of-24-characters'
const FEED = JSON.stringify({ version: '4', alerts: [{ status: 'firing', labels: { alertname: 'Watchdog' } }] })

describe('rolewatch deadman', function () {
  this.timeout(30_000)
  let folder: string
  let slack: SlackServer
  let mail: MailServer
  const launched: Launched[] = []
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rolewatch-deadman-'))
    slack = await openSlackServer()
    mail = await openMailServer({ auth: true })
  })
  afterEach(async () => {
    for (const { child, ended } of launched.splice(0)) {
      child.kill('SIGKILL')
      await ended
    }
    await slack.close()
    await mail.close()
    rmSync(folder, { recursive: true })
  })

  /** What it needs and nothing else: no database is there. */
  const env = (more: Record<string, string> = {}) => ({
    ROLEWATCH_DATA: folder,
    DATABASE_URL: 'postgres://127.0.0.1:9/none',
    DEADMAN_WEBHOOK_URL: slack.url,
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'debug',
    ...more,
  })
  const linesOf = (one: Launched) =>
    one
      .out()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { event: string; url?: string })
  async function start(args: string[], more: Record<string, string> = {}): Promise<Launched & { url: string }> {
    const one = launch(['deadman', '--port', '0', ...args], env(more))
    launched.push(one)
    let url: string | undefined
    await until(() => {
      url = linesOf(one).find(({ event }) => event === 'deadman.listening')?.url
      return url !== undefined || one.child.exitCode !== null
    })
    expect(url, one.err()).to.match(/^http:\/\/127\.0\.0\.1:\d+\/watchdog$/)
    return { ...one, url: url ?? '' }
  }
  const feed = async (url: string, token?: string) =>
    (await fetch(url, { method: 'POST', body: FEED, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })).status
  const headers = () => slack.accepted.map(({ message }) => (message.blocks[0]?.type === 'header' ? message.blocks[0].text.text : ''))

  it('is quiet while it is fed, speaks on Slack and by mail when it is not, and says when it is again', async () => {
    const { smtpUrl, to, from } = mail.mail
    const one = await start(['--after', '2'], {
      ROLEWATCH_PUBLIC_URL: 'https://roles.example',
      ALERTMANAGER_HOOK_TOKEN: TOKEN,
      SMTP_URL: smtpUrl,
      DIGEST_TO: to,
      DIGEST_FROM: from,
    })
    expect(await feed(one.url), 'without its token').to.equal(401)
    for (let turn = 0; turn < 6; turn += 1) {
      expect(await feed(one.url, TOKEN)).to.equal(200)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    expect(slack.requests).to.have.length(0)
    const left = Date.now()
    await until(() => slack.accepted.length === 1 && mail.accepted.length === 1)
    expect((Date.now() - left) / 1000).to.be.within(1, 6)
    expect(headers()[0]).to.match(/^Alerting is silent: no Watchdog for [23] s$/)
    expect(JSON.stringify(slack.accepted[0]?.message)).to.contain('https://roles.example/runbooks/Watchdog.md')
    expect(mail.accepted[0]?.raw).to.match(/^Subject: Alerting is silent: no Watchdog for [23] s\r$/m)
    expect(await (await fetch(one.url.replace('watchdog', 'metrics'))).text()).to.contain('rolewatch_deadman_silent 1')

    expect(await feed(one.url, TOKEN)).to.equal(200)
    await until(() => slack.accepted.length === 2)
    expect(headers()[1]).to.match(/^Alerting is alive again after \d s$/)

    one.child.kill('SIGTERM')
    const { code, out, err } = await one.ended
    expect(code).to.equal(0)
    for (const secret of [TOKEN, 'secretsecret', 'p@ss', 'p%40ss', 'ann@example.org']) expect(`${out}${err}`, secret).to.not.contain(secret)
  })

  it('knows after it was killed that it has spoken', async () => {
    const first = await start(['--after', '1'])
    await until(() => slack.accepted.length === 1)
    await until(() => linesOf(first).some(({ event }) => event === 'deadman.said'))
    first.child.kill('SIGKILL')
    await first.ended
    const second = await start(['--after', '1'])
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(headers()).to.have.length(1)
    await feed(second.url)
    await until(() => slack.accepted.length === 2)
    expect(headers()[1]).to.match(/^Alerting is alive again/)
  })

  it('refuses with 2 where nobody would hear it, or where anybody could keep it quiet', async () => {
    const deaf = await rolewatch(['deadman'], env({ DEADMAN_WEBHOOK_URL: '' }))
    expect(deaf.code).to.equal(2)
    expect(deaf.err).to.contain(
      "DEADMAN_WEBHOOK_URL, or SMTP_URL with DIGEST_TO and DIGEST_FROM, must be set: a dead man's switch has to be heard",
    )
    const open = await rolewatch(['deadman'], env({ HOST: '0.0.0.0' }))
    expect(open.code).to.equal(2)
    expect(open.err).to.contain('ALERTMANAGER_HOOK_TOKEN must be set when HOST is 0.0.0.0')
    for (const args of [
      ['--after', '0'],
      ['--port', '65536'],
    ]) {
      const slip = await rolewatch(['deadman', ...args], env())
      expect(slip.code, args.join(' ')).to.equal(2)
      expect(slip.err).to.not.match(/^\s+at /m)
    }
  })

  it('says in a sentence that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { code, err } = await rolewatch(['deadman', '--port', String((taken.address() as AddressInfo).port)], env())
    taken.close()
    expect(code).to.equal(1)
    expect(err).to.match(/^127\.0\.0\.1:\d+ cannot be listened on \(EADDRINUSE\)/m)
  })
})

/** Looks again and again until it holds; mocha's own time limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}
