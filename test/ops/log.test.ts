// The log: one JSON object a line with its ids, readable on a terminal, and no secret in any corner of it.

import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { createLog, quietLog, redact, redactText, withFields, type Fields, type Log, type LogOptions } from '../../ops/log.ts'

const SECRET = 'kX7-veryPrivate'
const HOOK = 'https://hooks.slack.com/services/T0001/B0002/abcDEF123'

/** A log that writes into memory. */
function openPaper(options: Partial<LogOptions> = {}): { log: Log; text(): string; lines(): Promise<Fields[]> } {
  const stream = new PassThrough()
  const chunks: string[] = []
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk.toString()))
  const log = createLog({ format: 'json', level: 'debug', secrets: [SECRET], ...options, stream })
  const text = () => chunks.join('')
  return {
    log,
    text,
    async lines() {
      // A pipe hands its lines on in later ticks.
      await new Promise((resolve) => setImmediate(resolve))
      return text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Fields)
    },
  }
}

/** What one call writes. */
async function written(fields: Fields, options: Partial<LogOptions> = {}): Promise<string> {
  const paper = openPaper(options)
  paper.log.info('event', fields)
  await new Promise((resolve) => setImmediate(resolve))
  return paper.text()
}

describe('ops/log', () => {
  describe('a line of JSON', () => {
    it('has a time, a level, the event and the fields', async () => {
      const paper = openPaper()
      paper.log.info('run', { source: 'ashby', seen: 3, nothing: null })
      const [line] = await paper.lines()
      expect(line).to.include({ level: 'info', event: 'run', source: 'ashby', seen: 3, nothing: null })
      expect(line?.['timestamp']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    })

    it('leaves out what is below the level, and everything when silent', async () => {
      const quiet = openPaper({ level: 'warn' })
      for (const level of ['debug', 'info', 'warn', 'error'] as const) quiet.log[level](level)
      expect((await quiet.lines()).map((line) => line['event'])).to.deep.equal(['warn', 'error'])
      const silent = openPaper({ level: 'silent' })
      silent.log.error('lost')
      expect(await silent.lines()).to.deep.equal([])
      expect(quietLog.error('nothing')).to.equal(undefined)
    })

    it('keeps its own time, level and event when a field is called the same', async () => {
      const paper = openPaper()
      paper.log.info('posting', { level: 'senior', event: 'other', timestamp: 'never', message: 'kept' })
      expect((await paper.lines())[0]).to.include({ level: 'info', event: 'posting', message: 'kept' })
    })

    it('carries the fields of the work it is written in, inner ones over outer ones', async () => {
      const paper = openPaper()
      await withFields({ run_id: 'r1', source: 'lever' }, async () => {
        await Promise.resolve()
        paper.log.info('one')
        withFields({ source: 'ashby' }, () => paper.log.info('two', { extra: 1 }))
      })
      paper.log.info('three')
      const [one, two, three] = await paper.lines()
      expect(one).to.include({ run_id: 'r1', source: 'lever' })
      expect(two).to.include({ run_id: 'r1', source: 'ashby', extra: 1 })
      expect(three).not.to.have.property('run_id')
    })

    it('gives each of many lines at once the fields of its own work, in the order of the calls', async () => {
      const paper = openPaper()
      for (let n = 0; n < 200; n++) withFields({ run_id: `r${n}` }, () => paper.log.info('many', { n }))
      const lines = await paper.lines()
      expect(lines).to.have.length(200)
      expect(lines.every((line, n) => line['n'] === n && line['run_id'] === `r${n}`)).to.equal(true)
    })

    it('takes circles, bytes, maps, sets, bad dates and functions without falling over', async () => {
      const circle: Fields = { name: 'round' }
      circle['self'] = circle
      const line = await written({
        circle,
        bytes: Buffer.alloc(5000),
        map: new Map<unknown, unknown>([['a', 1]]),
        set: new Set([1, 2]),
        bad: new Date(Number.NaN),
        good: new Date(0),
        big: 12n,
        address: new URL('https://u:p@example.org/x'),
        work: () => 1,
        trick: { toJSON: () => SECRET },
      })
      const parsed = JSON.parse(line) as Fields
      expect(line).to.contain('[deeper]')
      expect(parsed).to.deep.include({
        bytes: '[5000 bytes]',
        map: { a: 1 },
        set: [1, 2],
        bad: 'Invalid Date',
        good: '1970-01-01T00:00:00.000Z',
        big: '12',
        address: 'https://u:[redacted]@example.org/x',
        trick: {},
      })
    })

    it('stays short where everything hangs together with everything', async () => {
      const crowd: Fields[] = Array.from({ length: 30 }, () => ({}))
      for (const one of crowd) one['friends'] = crowd
      const line = await written({ crowd })
      expect(line.length).to.be.lessThan(100_000)
      expect(line).to.contain('[more]')
    })

    it('says how much of a long list is left out', async () => {
      const { list } = JSON.parse(await written({ list: Array.from({ length: 3000 }, (_, n) => n) })) as { list: unknown[] }
      expect(list.length).to.be.lessThan(1001)
      expect(list.at(-1)).to.match(/^\[\d+ more\]$/)
    })
  })

  describe('an error', () => {
    it('becomes its name, message, stack, own fields and cause', async () => {
      const error = Object.assign(new TypeError('broken', { cause: new Error('deeper reason') }), { code: 'E_X' })
      const paper = openPaper()
      paper.log.error('failed', { error })
      const [line] = await paper.lines()
      const told = line?.['error'] as Fields
      expect(told).to.include({ name: 'TypeError', message: 'broken', code: 'E_X' })
      expect(told['stack']).to.contain('log.test.ts')
      expect(told['cause']).to.include({ name: 'Error', message: 'deeper reason' })
    })

    it('tells of all that went wrong at once', async () => {
      const line = await written({ error: new AggregateError([new Error('first'), new Error(`second ${SECRET}`)], 'both') })
      expect(line).to.contain('"first"').and.to.contain('second [redacted]').and.not.to.contain(SECRET)
    })
  })

  describe('secrets', () => {
    const places: Record<string, Fields> = {
      'a field': { text: `before ${SECRET} after` },
      'a nested object': { a: { b: { c: SECRET } } },
      'an array': { list: ['x', [SECRET]] },
      'a map and a set': { map: new Map([[SECRET, SECRET]]), set: new Set([SECRET]) },
      'a key': { [SECRET]: 1, inner: { [`x${SECRET}`]: 2 } },
      "an error's message and stack": { error: new Error(`no entry with ${SECRET}`) },
      "an error's cause": { error: new Error('outer', { cause: new Error('middle', { cause: SECRET }) }) },
      "an error's own field": { error: Object.assign(new Error('x'), { request: { headers: [`key ${SECRET}`] } }) },
      "an error's name": { error: Object.assign(new Error('x'), { name: SECRET }) },
      'an address': { url: new URL(`https://example.org/${SECRET}`) },
      'JSON inside a text': { body: JSON.stringify({ key: SECRET }) },
    }
    for (const [place, fields] of Object.entries(places))
      it(`are taken out of ${place}`, async () => {
        for (const format of ['json', 'pretty'] as const) {
          const line = await written(fields, { format })
          expect(line).to.contain('[redacted]')
          expect(line).not.to.contain(SECRET)
        }
      })

    it('are taken out of the event and of the fields of the surrounding work', async () => {
      const paper = openPaper()
      withFields({ run_id: SECRET }, () => paper.log.warn(`event ${SECRET}`))
      expect((await paper.lines())[0]).to.include({ event: 'event [redacted]', run_id: '[redacted]' })
    })

    it('are known in the spelling of JSON and of addresses too, and the longer one goes whole', async () => {
      const odd = 'p@ss"w\\rd €'
      const options = { secrets: [odd, SECRET, `${SECRET}-and-more`] }
      const line = await written({ json: JSON.stringify({ odd }), url: `https://example.org/?k=${encodeURIComponent(odd)}` }, options)
      expect(line).to.contain('?k=[redacted]"')
      expect(line).not.to.contain('w\\\\').and.not.to.contain('p@ss').and.not.to.contain('p%40ss')
      expect(await written({ text: `${SECRET}-and-more` }, options)).to.contain('"text":"[redacted]"')
    })

    it('are known when they are digits in a number', async () => {
      expect(await written({ n: 99123456, big: 99123456n, m: 5 }, { secrets: ['123456'] }))
        .to.contain('"n":"[redacted]"')
        .and.to.contain('"big":"99[redacted]"')
        .and.to.contain('"m":5')
    })

    for (const name of [
      'token',
      'access_token',
      'client_secret',
      'secrets',
      'Password',
      'authorization',
      'Proxy-Authorization',
      'set-cookie',
      'x-api-key',
      'apiKey',
      'api_key',
      'slackWebhookUrl',
      'SLACK_WEBHOOK_URL',
      'databaseUrl',
      'RESUME_KEY',
      'smtp_url',
    ])
      it(`are taken for such in a field called ${name}`, async () => {
        const line = await written({ [name]: 'abc', deep: [{ [name]: ['abc'] }] })
        expect(JSON.parse(line)).to.deep.include({ [name]: '[redacted]', deep: [{ [name]: '[redacted]' }] })
      })

    it('are not taken for such in fields that only look like it', async () => {
      const fields = { secretary: 'Ann', tokens_counted: 4, url: 'https://example.org/a?b=c', token: null }
      expect(JSON.parse(await written(fields))).to.include(fields)
    })

    const texts: [string, string][] = [
      ['postgres://jo:pa55@db.example:5432/x', 'postgres://jo:[redacted]@db.example:5432/x'],
      ['twice: http://a:b@h/ and amqp://c:d@h', 'twice: http://a:[redacted]@h/ and amqp://c:[redacted]@h'],
      ['postgres://jo:p@ss@db/x', 'postgres://jo:[redacted]@db/x'],
      ['smtp://me@example.org:pw@mail.example.org', 'smtp://me@example.org:[redacted]@mail.example.org'],
      ['redis://:pw@h', 'redis://:[redacted]@h'],
      [`posting to ${HOOK} failed`, 'posting to https://hooks.slack.com/services/[redacted] failed'],
      [`{"url":"${HOOK}"}`, '{"url":"https://hooks.slack.com/services/[redacted]"}'],
      ['https://hooks.slack.com/triggers/T1/2/x', 'https://hooks.slack.com/triggers/[redacted]'],
      ['Authorization: Bearer abc.DEF-123', 'Authorization: Bearer [redacted]'],
      ['http://127.0.0.1:8080/a:b', 'http://127.0.0.1:8080/a:b'],
      ['me@example.org wrote', 'me@example.org wrote'],
    ]
    for (const [text, expected] of texts)
      it(`leave "${text.slice(0, 30)}" as "${expected.slice(0, 40)}"`, () => {
        expect(redactText(text)).to.equal(expected)
      })

    it('may be too short to be looked for', () => {
      expect(redactText('a cab', ['ab', 'a'])).to.equal('a cab')
    })

    it('never appear in the written line, wherever they are put', async () => {
      const structure = (word: string): fc.Arbitrary<unknown> =>
        fc.letrec<{ node: unknown }>((tie) => ({
          node: fc.oneof(
            { maxDepth: 4, withCrossShrink: true },
            fc.tuple(fc.string(), fc.string()).map(([a, b]) => a + word + b),
            fc.constantFrom<unknown>(1, null, true, undefined, word),
            fc.array(tie('node'), { maxLength: 4 }),
            fc.array(fc.tuple(fc.oneof(fc.string(), fc.constant(word)), tie('node')), { maxLength: 4 }).map(Object.fromEntries),
            fc.array(fc.tuple(fc.string(), tie('node')), { maxLength: 3 }).map((entries) => new Map(entries)),
            tie('node').map((cause) => new Error(`said ${word}`, { cause })),
          ),
        })).node
      const secretAndValue = fc
        .string({ minLength: 6, maxLength: 24, unit: 'binary' })
        .chain((secret) => fc.tuple(fc.constant(secret), structure(secret)))
      let looked = 0
      await fc.assert(
        fc.asyncProperty(secretAndValue, fc.constantFrom('json' as const, 'pretty' as const), async ([secret, value], format) => {
          // A "secret" that the frame of the line contains by itself, as "timestamp", says nothing.
          fc.pre(!(await written({}, { format, secrets: [] })).includes(secret))
          const line = await written({ value, text: `x${secret}y` }, { format, secrets: [secret] })
          expect(line.includes(secret)).to.equal(false)
          expect(line).to.contain('[redacted]')
          if (format === 'json') JSON.parse(line)
          looked++
        }),
        { numRuns: 300 },
      )
      expect(looked).to.be.greaterThan(200)
    })

    it('are taken out of any JSON value, and what is free of them stays as it was', () => {
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
          fc.pre(!/:\/\/|bearer|token|secret|passw|cookie|auth|api|url/i.test(JSON.stringify(value)))
          expect(JSON.stringify(redact(value, [SECRET]))).to.equal(JSON.stringify(value))
        }),
      )
    })
  })

  describe('on a terminal', () => {
    it('is one readable line of time, level, event and fields, without the ids of the trace', async () => {
      const line = await written(
        { source: 'ashby', seen: 12, gone: null, note: 'two words', list: ['a'], trace_id: 'f'.repeat(32) },
        { format: 'pretty' },
      )
      expect(line).to.match(/^\d\d:\d\d:\d\dZ info {2}event source=ashby seen=12 note="two words" list=\["a"\]\n$/)
    })

    it('shows the stack of an error below it', async () => {
      const line = await written({ error: new Error('broken'), n: 1 }, { format: 'pretty' })
      const [head, ...rest] = line.trimEnd().split('\n')
      expect(head).to.match(/info {2}event error=\{"name":"Error","message":"broken"\} n=1$/)
      expect(rest[0]).to.equal('    Error: broken')
      expect(rest[1]).to.match(/^ {8}at .*log\.test\.ts/)
    })

    it('does not let a text from the web move the cursor or forge a line', async () => {
      const line = await written({ title: 'a\u001b[2Jb\n12:00:00Z error forged\u009b' }, { format: 'pretty' })
      expect(line.trimEnd()).not.to.match(/\p{Cc}/u)
      expect(line).to.contain('title="a\\u001b[2Jb\\n12')
    })
  })
})
