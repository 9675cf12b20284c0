// The configuration: defaults that work, every fault at once, secrets known as such, and nothing thrown but a ConfigError.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { ConfigError, isLoopback, isLoopbackHost, readConfig, readEnvironment, ROOT, type Config } from '../../services/config.ts'

const HOOK = 'https://hooks.slack.com/services/T0001/B0002/abcDEF123'

/** The error that an environment makes. */
function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

describe('services/config', () => {
  describe('.env.example', () => {
    const names = [...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name)

    it('names every setting, and none that is not read', () => {
      expect(names).to.have.members(
        [...readFileSync(join(ROOT, 'services', 'config.ts'), 'utf8').matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name),
      )
    })
    it('copied to .env is read, and the environment wins', () => {
      const folder = mkdtempSync(join(tmpdir(), 'rolewatch-env-'))
      try {
        expect(readEnvironment(folder, { PORT: '1' })).to.deep.equal({ PORT: '1' })
        writeFileSync(join(folder, '.env'), '# a comment\nPORT=2\nSLACK_WEBHOOK_URL="https://hooks.example/x"\n')
        expect(readEnvironment(folder, { PORT: '1' })).to.deep.equal({ PORT: '1', SLACK_WEBHOOK_URL: 'https://hooks.example/x' })
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  })

  describe('without any variable', () => {
    it('is complete, and asks for nothing but this machine', () => {
      const config = readConfig({})
      expect(config).to.deep.include({
        host: '127.0.0.1',
        port: 8080,
        databaseUrl: undefined,
        data: resolve('data'),
        boards: join(ROOT, 'scrapers'),
        slackWebhookUrl: undefined,
        slackOpsWebhookUrl: undefined,
        escalateAfterMinutes: 15,
        canaryWebhookUrl: undefined,
        canaryEverySeconds: 300,
        mail: undefined,
        hookToken: undefined,
        prometheusUrl: undefined,
        deadman: { webhookUrl: undefined, port: 9095, afterSeconds: 300 },
        publicUrl: undefined,
        otlpEndpoint: undefined,
        upstream: undefined,
        paced: true,
        maxCallsPerDay: undefined,
        maxNewPostingsPerDay: undefined,
        maxFetchPerRun: undefined,
        requestTimeoutSeconds: undefined,
        logLevel: 'info',
      })
      expect(config.secrets).to.deep.equal([])
      expect(config.concurrency).to.be.within(1, 256)
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
      expect(config.version).to.equal(version)
    })

    it('takes empty and blank variables for unset ones', () => {
      const names = ['HOST', 'PORT', 'DATABASE_URL', 'SLACK_WEBHOOK_URL', 'MAX_CALLS_PER_DAY', 'LOG_LEVEL', 'ROLEWATCH_PACE', 'LOG_FORMAT']
      names.push('SLACK_OPS_WEBHOOK_URL', 'ESCALATE_AFTER_M')
      names.push('SMTP_URL', 'DIGEST_TO', 'ALERTMANAGER_HOOK_TOKEN', 'DEADMAN_PORT', 'DEADMAN_AFTER_S', 'CANARY_EVERY_S', 'PROMETHEUS_URL')
      for (const empty of ['', '  ', '\t'])
        expect(readConfig(Object.fromEntries(names.map((name) => [name, empty])))).to.deep.equal(readConfig({}))
    })

    it('does not care for variables of others', () => {
      expect(readConfig({ PATH: '/bin', EDITOR: 'vi', PORTS: 'x' })).to.deep.equal(readConfig({}))
    })
  })

  it('reads every variable', () => {
    const config = readConfig({
      HOST: ' 0.0.0.0 ',
      PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: 'postgres://jo:p%40ss@db/rw',
      ROLEWATCH_DATA: '/var/lib/rolewatch',
      ROLEWATCH_CONFIG: '/etc/rolewatch',
      ROLEWATCH_PUBLIC_URL: 'https://jobs.example.org/',
      SLACK_WEBHOOK_URL: HOOK,
      SLACK_OPS_WEBHOOK_URL: `${HOOK}-ops`,
      ESCALATE_AFTER_M: '0',
      CANARY_WEBHOOK_URL: `${HOOK}-canary`,
      CANARY_EVERY_S: '60',
      SMTP_URL: 'smtps://jo:p%40ss@mail.example.org',
      DIGEST_TO: 'Ann <ann@example.org>, bob@example.org',
      DIGEST_FROM: 'watch@example.org',
      ALERTMANAGER_HOOK_TOKEN: 'sixteen-letters!',
      PROMETHEUS_URL: 'http://127.0.0.1:9090/',
      ROLEWATCH_RULES: '/srv/rules',
      RUNBOOK_VERIFY_S: '15',
      RUNBOOK_LOOK_S: '1',
      DEADMAN_WEBHOOK_URL: `${HOOK}-deadman`,
      DEADMAN_PORT: '0',
      DEADMAN_AFTER_S: '120',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/',
      ROLEWATCH_UPSTREAM: 'http://127.0.0.1:9000/',
      ROLEWATCH_PACE: '0',
      ROLEWATCH_CONTACT: 'ops@example.org',
      MAX_CALLS_PER_DAY: '1000',
      MAX_NEW_JOBS_PER_DAY: '20',
      MAX_FETCH_PER_RUN: '5',
      REQUEST_TIMEOUT_S: '2.5',
      ROLEWATCH_CONCURRENCY: '256',
      LOG_FORMAT: 'pretty',
      LOG_LEVEL: 'silent',
    })
    const { version: _version, secrets: _secrets, ...rest } = config
    expect(rest).to.deep.equal({
      host: '0.0.0.0',
      port: 0,
      metricsPort: 0,
      databaseUrl: 'postgres://jo:p%40ss@db/rw',
      data: '/var/lib/rolewatch',
      boards: '/etc/rolewatch',
      slackWebhookUrl: HOOK,
      slackOpsWebhookUrl: `${HOOK}-ops`,
      escalateAfterMinutes: 0,
      canaryWebhookUrl: `${HOOK}-canary`,
      canaryEverySeconds: 60,
      mail: { smtpUrl: 'smtps://jo:p%40ss@mail.example.org', to: 'Ann <ann@example.org>, bob@example.org', from: 'watch@example.org' },
      hookToken: 'sixteen-letters!',
      prometheusUrl: 'http://127.0.0.1:9090',
      rules: '/srv/rules',
      verify: { withinSeconds: 15, everySeconds: 1 },
      deadman: { webhookUrl: `${HOOK}-deadman`, port: 0, afterSeconds: 120 },
      publicUrl: 'https://jobs.example.org',
      otlpEndpoint: 'http://127.0.0.1:4318',
      upstream: 'http://127.0.0.1:9000',
      paced: false,
      contact: 'ops@example.org',
      maxCallsPerDay: 1000,
      maxNewPostingsPerDay: 20,
      maxFetchPerRun: 5,
      requestTimeoutSeconds: 2.5,
      concurrency: 256,
      logFormat: 'pretty',
      logLevel: 'silent',
    } satisfies Omit<Config, 'version' | 'secrets'>)
  })

  it('cannot be changed afterwards', () => {
    const config = readConfig({ SLACK_WEBHOOK_URL: HOOK })
    expect(() => Object.assign(config, { port: 1 })).to.throw(TypeError)
    expect(() => (config.secrets as string[]).push('x')).to.throw(TypeError)
    expect(() => Object.assign(config.deadman, { port: 1 })).to.throw(TypeError)
    const { mail } = readConfig({ SMTP_URL: 'smtp://mail', DIGEST_TO: 'a@b.example', DIGEST_FROM: 'c@d.example' })
    expect(() => Object.assign(mail ?? {}, { to: 'eve@example.org' })).to.throw(TypeError)
  })

  describe('secrets', () => {
    it('are the whole address of Slack and its path alone', () => {
      expect(readConfig({ SLACK_WEBHOOK_URL: HOOK }).secrets).to.deep.equal([HOOK, '/services/T0001/B0002/abcDEF123'])
    })

    it('leave a path out that is an ordinary word', () => {
      expect(readConfig({ SLACK_WEBHOOK_URL: 'http://127.0.0.1:9000/slack' }).secrets).to.deep.equal(['http://127.0.0.1:9000/slack'])
    })

    it('are the password of the database, as written and as meant', () => {
      const secretsOf = (url: string) => readConfig({ DATABASE_URL: url }).secrets
      expect(secretsOf('postgres://jo:p%40ss@db/rw')).to.deep.equal(['p%40ss', 'p@ss'])
      expect(secretsOf('postgresql://jo:plain@db/rw')).to.deep.equal(['plain'])
      expect(secretsOf('postgres://jo:100%@db/rw')).to.deep.equal(['100%'])
      expect(secretsOf('postgres://jo@db/rw')).to.deep.equal([])
    })

    it('are the addresses of on-call, of the canary and of the dead man`s switch, as Slack`s', () => {
      for (const name of ['SLACK_OPS_WEBHOOK_URL', 'CANARY_WEBHOOK_URL', 'DEADMAN_WEBHOOK_URL'])
        expect(readConfig({ [name]: HOOK }).secrets, name).to.deep.equal([HOOK, '/services/T0001/B0002/abcDEF123'])
    })

    it('are the passwords of the mail server and of Prometheus, and Alertmanager`s token', () => {
      const people = { DIGEST_TO: 'ann@example.org', DIGEST_FROM: 'watch@example.org' }
      expect(readConfig({ SMTP_URL: 'smtps://jo:p%40ss@mail', ...people }).secrets).to.deep.equal(['p%40ss', 'p@ss'])
      expect(readConfig({ SMTP_URL: 'smtp://mail', ...people }).secrets).to.deep.equal([])
      expect(readConfig({ PROMETHEUS_URL: 'http://jo:pass@prometheus:9090' }).secrets).to.deep.equal(['pass'])
      expect(readConfig({ ALERTMANAGER_HOOK_TOKEN: 'sixteen-letters!' }).secrets).to.deep.equal(['sixteen-letters!'])
    })

    it('are all of them at once', () => {
      const { secrets } = readConfig({
        SLACK_WEBHOOK_URL: 'http://a/slack-slack-slack',
        SLACK_OPS_WEBHOOK_URL: 'http://a/operations-operations',
        CANARY_WEBHOOK_URL: 'http://a/canary-canary-canary',
        DEADMAN_WEBHOOK_URL: 'http://a/deadman-deadman',
        DATABASE_URL: 'postgres://u:db@h/x',
        SMTP_URL: 'smtp://u:mail@h',
        DIGEST_TO: 'a@b.example',
        DIGEST_FROM: 'c@d.example',
        PROMETHEUS_URL: 'http://u:prom@h',
        ALERTMANAGER_HOOK_TOKEN: 'sixteen-letters!',
      })
      const paths = ['/slack-slack-slack', '/operations-operations', '/canary-canary-canary', '/deadman-deadman']
      expect(secrets).to.have.members([...paths, ...paths.map((path) => `http://a${path}`), 'db', 'mail', 'prom', 'sixteen-letters!'])
    })
  })

  describe('mail', () => {
    const all: Record<string, string> = { SMTP_URL: 'smtp://mail.example.org', DIGEST_TO: 'a@b.example', DIGEST_FROM: 'c@d.example' }
    const names = Object.keys(all)

    it('is there when all of it is', () => {
      expect(readConfig(all).mail).to.deep.equal({ smtpUrl: 'smtp://mail.example.org', to: 'a@b.example', from: 'c@d.example' })
    })

    for (const given of [...names.map((name) => [name]), ...names.map((name) => names.filter((other) => other !== name))])
      it(`has a fault with ${given.join(' and ')} alone, and what is missing is named`, () => {
        const missing = names.filter((name) => !given.includes(name))
        expect(faultsOf(Object.fromEntries(given.map((name) => [name, all[name] ?? ''])))).to.deep.equal([
          `${missing.join(' and ')} must be set too: mail needs SMTP_URL, DIGEST_TO, DIGEST_FROM together`,
        ])
      })
  })

  describe('a fault', () => {
    const faults: [string, string, RegExp][] = [
      ['PORT', 'http', /^PORT must be a number$/],
      ['PORT', '65536', /^PORT must be 0 \(any free port\) to 65535$/],
      ['PORT', '-1', /^PORT must be 0/],
      ['PORT', '80.5', /^PORT must be a whole number$/],
      ['DATABASE_URL', 'mysql://db', /^DATABASE_URL must be an address that begins with postgres:\/\/ or postgresql:\/\/$/],
      ['DATABASE_URL', 'db.example.org', /^DATABASE_URL must/],
      ['ROLEWATCH_PUBLIC_URL', 'jobs.example.org', /^ROLEWATCH_PUBLIC_URL must be an address that begins with http:\/\/ or https:\/\/$/],
      ['SLACK_WEBHOOK_URL', 'T0001/B0002', /^SLACK_WEBHOOK_URL must be an address/],
      ['CANARY_WEBHOOK_URL', 'canary', /^CANARY_WEBHOOK_URL must be an address that begins with http:\/\/ or https:\/\/$/],
      ['CANARY_EVERY_S', '9', /^CANARY_EVERY_S must be 10 or more$/],
      ['CANARY_EVERY_S', 'often', /^CANARY_EVERY_S must be a number$/],
      ['ALERTMANAGER_HOOK_TOKEN', 'fifteen-letters', /^ALERTMANAGER_HOOK_TOKEN must have 16 characters or more: openssl rand -hex 24/],
      ['PROMETHEUS_URL', 'prometheus:9090', /^PROMETHEUS_URL must be an address/],
      ['DEADMAN_WEBHOOK_URL', 'smtp://x', /^DEADMAN_WEBHOOK_URL must be an address/],
      ['DEADMAN_PORT', '65536', /^DEADMAN_PORT must be 0 \(any free port\) to 65535$/],
      ['DEADMAN_AFTER_S', '0', /^DEADMAN_AFTER_S must be above 0$/],
      ['DEADMAN_AFTER_S', '1.5', /^DEADMAN_AFTER_S must be a whole number$/],
      ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', /^OTEL_EXPORTER_OTLP_ENDPOINT must be an address/],
      ['ROLEWATCH_UPSTREAM', 'file:///etc', /^ROLEWATCH_UPSTREAM must be an address/],
      ['ROLEWATCH_PACE', 'off', /^ROLEWATCH_PACE must be 0 or 1$/],
      ['ROLEWATCH_CONTACT', 'Zoë\nX-Evil: 1', /^ROLEWATCH_CONTACT must be plain ASCII text/],
      ['MAX_CALLS_PER_DAY', '0', /^MAX_CALLS_PER_DAY must be above 0$/],
      ['MAX_CALLS_PER_DAY', 'many', /^MAX_CALLS_PER_DAY must be a number$/],
      ['MAX_NEW_JOBS_PER_DAY', '1.5', /^MAX_NEW_JOBS_PER_DAY must be a whole number$/],
      ['MAX_FETCH_PER_RUN', '-3', /^MAX_FETCH_PER_RUN must be above 0$/],
      ['REQUEST_TIMEOUT_S', 'soon', /^REQUEST_TIMEOUT_S must be a number of seconds$/],
      ['REQUEST_TIMEOUT_S', '0', /^REQUEST_TIMEOUT_S must be above 0$/],
      ['ROLEWATCH_CONCURRENCY', '257', /^ROLEWATCH_CONCURRENCY must be 1 to 256$/],
      ['LOG_FORMAT', 'xml', /^LOG_FORMAT must be json or pretty$/],
      ['LOG_LEVEL', 'loud', /^LOG_LEVEL must be debug, info, warn, error or silent$/],
    ]
    it('in SMTP_URL is named with what to do', () => {
      const faultOf = (url: string) => faultsOf({ SMTP_URL: url, DIGEST_TO: 'a@b.example', DIGEST_FROM: 'c@d.example' })
      for (const url of ['mail.example.org:587', 'https://mail.example.org', 'smtp'])
        expect(faultOf(url), url).to.deep.equal(['SMTP_URL must be an address that begins with smtp:// or smtps://'])
    })

    it('in DIGEST_TO and DIGEST_FROM are named with what to do', () => {
      expect(faultsOf({ SMTP_URL: 'smtp://mail', DIGEST_TO: 'ann', DIGEST_FROM: 'Rolewatch <>' })).to.deep.equal([
        'DIGEST_TO must be an e-mail address, as ann@example.org or Ann <ann@example.org>',
        'DIGEST_FROM must be an e-mail address, as ann@example.org or Ann <ann@example.org>',
      ])
    })

    for (const [name, value, expected] of faults)
      it(`in ${name}=${JSON.stringify(value)} is named with what to do`, () => {
        expect(faultsOf({ [name]: value })).to.have.length(1)
        expect(faultsOf({ [name]: value })[0]).to.match(expected)
      })

    it('does not come alone: all of them are told at once, one a line', () => {
      const env = Object.fromEntries(faults.map(([name, value]) => [name, value]))
      expect(faultsOf(env).map((fault) => fault.split(' ')[0])).to.have.members(Object.keys(env))
      expect(() => readConfig(env)).to.throw(ConfigError, new RegExp(`^The configuration has ${Object.keys(env).length} faults:\n  - `))
      expect(() => readConfig({ PORT: 'x' })).to.throw(ConfigError, 'The configuration has a fault:\n  - PORT must be a number')
    })
  })

  describe('lifting the pace', () => {
    for (const upstream of ['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000', 'http://127.8.8.8'])
      it(`is allowed with the upstream ${upstream}`, () => {
        expect(readConfig({ ROLEWATCH_PACE: '0', ROLEWATCH_UPSTREAM: upstream }).paced).to.equal(false)
      })

    for (const upstream of [
      '',
      'http://10.0.0.1:9000',
      'https://boards.example.org',
      'http://127.0.0.1.example.org',
      'http://localhost.example.org',
      'http://127.0.0.1@example.org',
    ])
      it(`is refused with the upstream "${upstream}"`, () => {
        const [fault] = faultsOf({ ROLEWATCH_PACE: '0', ROLEWATCH_UPSTREAM: upstream })
        expect(fault).to.match(/^ROLEWATCH_PACE=0 .*only with ROLEWATCH_UPSTREAM on a loopback address/)
      })

    it('is refused beside other faults too', () => {
      expect(faultsOf({ ROLEWATCH_PACE: '0', PORT: 'x', ROLEWATCH_UPSTREAM: 'nowhere' })).to.have.length(3)
    })
  })

  describe('isLoopback', () => {
    it('knows what is this machine alone', () => {
      for (const host of ['localhost', '127.0.0.1', '127.255.0.1', '::1', '[::1]']) expect(isLoopbackHost(host), host).to.equal(true)
      for (const host of ['0.0.0.0', '::', '128.0.0.1', '127.1.example.org', 'localhost.example.org', '', '10.127.0.1'])
        expect(isLoopbackHost(host), host).to.equal(false)
      expect(isLoopback(undefined)).to.equal(false)
      expect(isLoopback('not an address')).to.equal(false)
      // The ways of writing 127.0.0.1 that URL itself resolves.
      expect(isLoopback('http://2130706433/')).to.equal(true)
    })
  })

  describe('any environment', () => {
    const NAMES = [
      'HOST',
      'PORT',
      'DATABASE_URL',
      'ROLEWATCH_DATA',
      'ROLEWATCH_CONFIG',
      'ROLEWATCH_PUBLIC_URL',
      'SLACK_WEBHOOK_URL',
      'CANARY_WEBHOOK_URL',
      'CANARY_EVERY_S',
      'SMTP_URL',
      'DIGEST_TO',
      'DIGEST_FROM',
      'ALERTMANAGER_HOOK_TOKEN',
      'PROMETHEUS_URL',
      'DEADMAN_WEBHOOK_URL',
      'DEADMAN_PORT',
      'DEADMAN_AFTER_S',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'ROLEWATCH_UPSTREAM',
      'ROLEWATCH_PACE',
      'ROLEWATCH_CONTACT',
      'MAX_CALLS_PER_DAY',
      'MAX_NEW_JOBS_PER_DAY',
      'MAX_FETCH_PER_RUN',
      'REQUEST_TIMEOUT_S',
      'ROLEWATCH_CONCURRENCY',
      'LOG_FORMAT',
      'LOG_LEVEL',
    ]
    const part = fc.string({ unit: 'binary', maxLength: 8 })
    const value = fc.oneof(
      part,
      fc
        .tuple(fc.constantFrom('postgres://', 'http://', 'https://', 'postgres://u:', 'http://127.0.0.1'), part)
        .map((parts) => parts.join('')),
      fc.tuple(part, part).map(([user, password]) => `postgres://${user}:${password}@db/x`),
      fc.double().map(String),
      fc.constantFrom('0', '1', '%', 'json', 'info', '1e999', '0x10'),
    )

    it('gives a configuration or a ConfigError, and never another error', () => {
      let good = 0
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 6 }), (env) => {
          const faults = faultsOf(env)
          for (const fault of faults) expect(fault).to.match(new RegExp(`^(${NAMES.join('|')})(=0)? \\w`))
          if (faults.length === 0) good++
        }),
        { numRuns: 3000 },
      )
      expect(good).to.be.greaterThan(100)
    })

    it('shows no given value in its faults', () => {
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...NAMES), part), (parts) => {
          const env = Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, `zq9${text}`]))
          expect(faultsOf(env).join('\n')).not.to.contain('zq9')
        }),
      )
    })
  })
})
