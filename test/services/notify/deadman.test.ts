// The dead man's switch by a clock moved by hand: when it speaks, what it says, and what it remembers.

import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { messageIssue } from '../../../ops/sandbox/slack-rules.ts'
import type { Log } from '../../../ops/log.ts'
import { openDeadman, wordDue, type Deadman, type DeadmanOptions, type Mouth } from '../../../services/notify/deadman.ts'
import { lasting } from '../../../services/notify/deadman-message.ts'
import { openMemory } from '../../../services/notify/deadman-state.ts'
import type { SlackMessage } from '../../../services/notify/digest.ts'
import { letterOf } from '../../../services/notify/digest-mail.ts'
import type { Answer } from '../../../services/notify/slack.ts'

const RUNBOOK = 'https://roles.example/runbooks/Watchdog.md'
const YES: Answer = { kind: 'accepted', status: 200, words: '200 ok' }
const NO = { kind: 'refused', again: true, status: 503, retryAfter: null, words: '503' } as const
const NEVER: Answer = { kind: 'refused', again: false, status: 404, retryAfter: null, words: '404 no_service' }
const PERHAPS: Answer = { kind: 'unknown', status: null, words: 'no answer in time' }

interface Said {
  message: SlackMessage
  id: string
  at: number
}

describe("the dead man's switch", () => {
  let folder: string
  let clock: Date
  let began: number
  let lines: { level: string; event: string; [field: string]: unknown }[]
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolewatch-deadman-'))
    clock = new Date('2025-11-21T12:00:00Z')
    began = clock.getTime()
    lines = []
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const file = () => join(folder, 'data', 'deadman.json')
  const log: Log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (event: string, fields: Record<string, unknown> = {}) => void lines.push({ level, event, ...fields }),
    ]),
  ) as unknown as Log
  const secondsIn = () => (clock.getTime() - began) / 1000

  /** A mouth that answers as told, and afterwards always yes. */
  function mouth(name: Mouth['name'] = 'slack', ...answers: (Answer | Promise<Answer>)[]): Mouth & { asked: Said[]; said: Said[] } {
    const asked: Said[] = []
    const said: Said[] = []
    return {
      name,
      asked,
      said,
      async say(message, id) {
        const one = { message, id, at: secondsIn() }
        asked.push(one)
        const answer = await (answers.shift() ?? YES)
        if (answer.kind === 'accepted') said.push(one)
        return answer
      },
    }
  }
  const open = (mouths: Mouth[], options: Partial<DeadmanOptions> = {}): Deadman =>
    openDeadman({ afterSeconds: 300, mouths, memory: openMemory(file(), log), runbook: RUNBOOK, log, now: () => clock, ...options })
  /** So many seconds, one tick each. */
  async function pass(one: Deadman, seconds: number, step = 1): Promise<void> {
    for (let second = 0; second < seconds; second += step) {
      clock = new Date(clock.getTime() + step * 1000)
      await one.tick()
    }
  }
  const headers = (said: readonly Said[]) =>
    said.map(({ message }) => (message.blocks[0]?.type === 'header' ? message.blocks[0].text.text : ''))

  describe('speaks', () => {
    it('when the first Watchdog does not come in time, and not before', async () => {
      const slack = mouth()
      const one = open([slack])
      await pass(one, 299)
      expect(slack.said).to.deep.equal([])
      await pass(one, 1)
      expect(slack.said).to.have.length(1)
      expect(one.look()).to.include({ silent: true, lastSeen: null })
    })

    it('not while the Watchdog comes', async () => {
      const slack = mouth()
      const one = open([slack])
      for (let turn = 0; turn < 30; turn += 1) {
        await pass(one, 299)
        one.seen()
      }
      expect(slack.asked).to.deep.equal([])
      expect(one.look()).to.deep.include({ silent: false, lastSeen: clock, waitedSeconds: 0, unsaid: [] })
    })

    it('so long after the last one, again after 15 minutes, an hour and four hours, and then every four hours', async () => {
      const slack = mouth()
      const one = open([slack])
      await pass(one, 100)
      one.seen()
      await pass(one, 60_000, 5)
      expect(slack.said.map(({ at }) => at - 100)).to.deep.equal([300, 1200, 4800, 19_200, 33_600, 48_000])
      expect([0, 1, 2, 3, 4, 5].map((n) => wordDue(n, 300))).to.deep.equal([300, 1200, 4800, 19_200, 33_600, 48_000])
      expect(new Set(slack.said.map(({ id }) => id)).size, 'each is a message of its own').to.equal(6)
    })

    it('by every mouth it has', async () => {
      const [slack, email] = [mouth(), mouth('email')]
      await pass(open([slack, email]), 300)
      expect([slack.said.length, email.said.length]).to.deep.equal([1, 1])
    })

    it('once more when it is back, with how long it was silent, and then begins anew', async () => {
      const slack = mouth()
      const one = open([slack])
      await pass(one, 10)
      one.seen()
      await pass(one, 1380)
      one.seen()
      expect(one.look()).to.deep.include({ silent: false, unsaid: ['slack'] })
      await pass(one, 299)
      expect(headers(slack.said)).to.deep.equal([
        'Alerting is silent: no Watchdog for 5 min',
        'Alerting is silent: no Watchdog for 20 min',
        'Alerting is alive again after 23 min',
      ])
      await pass(one, 1)
      expect(headers(slack.said).slice(3)).to.deep.equal(['Alerting is silent: no Watchdog for 5 min'])
      expect(lines.map(({ level, event }) => `${level} ${event}`).filter((line) => /silent|back/.test(line))).to.deep.equal([
        'error deadman.silent',
        'error deadman.silent',
        'info deadman.back',
        'error deadman.silent',
      ])
    })
  })

  describe('says', () => {
    it('what a silent Watchdog means, since when, and what to do first', async () => {
      const slack = mouth()
      const one = open([slack])
      await pass(one, 30)
      one.seen()
      await pass(one, 1200)
      const [first, second] = slack.said.map(({ message }) => message)
      expect(letterOf(first as SlackMessage)).to.deep.include({
        subject: 'Alerting is silent: no Watchdog for 5 min',
        text: [
          'Alerting is silent: no Watchdog for 5 min',
          '',
          'The Watchdog last came at 12:00 UTC, 21 Nov 2025.',
          'Prometheus, Alertmanager or the way between them is down: until it is back, nobody will be told of anything.',
          '',
          'What to do first',
          '1. Does Prometheus run, and does it show Watchdog as firing? If it does not, start it; look at its disk first.',
          '2. Does Alertmanager run, and what does its log say of the receiver that leads here?',
          `Runbook: runbooks/Watchdog.md <${RUNBOOK}>`,
          '',
          'First notice; the next in 15 min if nothing changes',
          '',
        ].join('\n'),
      })
      expect(letterOf(second as SlackMessage).text).to.contain('Notice 2; the next in 1 h if nothing changes')
    })

    it('that none ever came, where none did', async () => {
      const slack = mouth()
      await pass(open([slack], { runbook: null }), 300)
      const { text } = letterOf((slack.said[0] as Said).message)
      expect(text).to.contain('No Watchdog has come since this switch was started at 12:00 UTC, 21 Nov 2025.')
      expect(text).to.contain('Runbook: runbooks/Watchdog.md\n')
    })

    it('the day too where it is not today`s', async () => {
      const slack = mouth()
      const one = open([slack])
      clock = new Date('2025-11-21T23:58:00Z')
      one.seen()
      await pass(one, 300)
      expect(JSON.stringify(slack.said[0]?.message)).to.contain('last came at 21 Nov 2025, 23:58 UTC.')
      one.seen()
      await pass(one, 1)
      expect(JSON.stringify(slack.said[1]?.message)).to.contain('silent from 21 Nov 2025, 23:58 UTC to 00:03 UTC (5 min)')
    })

    it('nothing that Slack would refuse', async () => {
      const slack = mouth()
      const one = open([slack])
      await pass(one, 5000, 5)
      one.seen()
      await pass(one, 1)
      expect(slack.said).to.have.length(4)
      for (const { message } of slack.said) expect(messageIssue(message)).to.equal(null)
    })

    it('times as people do', () => {
      const times: [number, string][] = [
        [0.4, '0 s'],
        [119, '119 s'],
        [120, '2 min'],
        [3540, '59 min'],
        [3599, '1 h'],
        [12_000, '3 h 20 min'],
        [86_400, '1 d'],
        [100_000, '1 d 3 h'],
      ]
      for (const [seconds, words] of times) expect(lasting(seconds)).to.equal(words)
    })
  })

  describe('that is not heard', () => {
    it('tries again, each time later, and 5 minutes at the most, by each mouth for itself', async () => {
      const slack = mouth('slack', ...Array.from({ length: 11 }, () => NO))
      const email = mouth('email')
      const one = open([slack, email], { afterSeconds: 100 })
      await pass(one, 999)
      expect(slack.asked.slice(0, 10).map(({ at }) => at - 100)).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 127, 255, 511])
      expect(email.asked).to.have.length(1)
      await pass(one, 1)
      expect(slack.asked.at(-1)?.at, 'what is new is tried at once').to.equal(1000)
    })

    for (const [what, answer] of [
      ['a refusal for good', NEVER],
      ['no answer', PERHAPS],
    ] as const)
      it(`after ${what} too: an alarm told twice is better than one not told`, async () => {
        const slack = mouth('slack', answer)
        await pass(open([slack]), 301)
        expect(slack.asked.map(({ id }) => id)).to.deep.equal([slack.asked[0]?.id, slack.asked[0]?.id])
        expect(slack.said).to.have.length(1)
      })

    it('waits as long as it is asked to, and 5 minutes at the most', async () => {
      const slack = mouth('slack', { ...NO, retryAfter: 30 }, { ...NO, retryAfter: 3600 })
      await pass(open([slack]), 700)
      expect(slack.asked.map(({ at }) => at)).to.deep.equal([300, 330, 630])
    })

    it('says what is true by then: back, where it is back', async () => {
      const slack = mouth('slack', NO, NO)
      const one = open([slack])
      await pass(one, 302)
      one.seen()
      await pass(one, 60)
      expect(headers(slack.said)).to.deep.equal(['Alerting is alive again after 5 min'])
    })

    it('does not speak twice at once', async () => {
      let answer: (given: Answer) => void = () => {}
      const slack = mouth('slack', new Promise((resolve) => (answer = resolve)))
      const one = open([slack])
      for (let second = 0; second < 310; second += 1) {
        clock = new Date(clock.getTime() + 1000)
        void one.tick()
      }
      expect(slack.asked).to.have.length(1)
      answer(YES)
      await one.close()
      await pass(one, 10)
      expect(slack.asked).to.have.length(1)
    })

    it('does not forget what came up while it spoke', async () => {
      let answer: (given: Answer) => void = () => {}
      const slack = mouth('slack', new Promise((resolve) => (answer = resolve)))
      const one = open([slack])
      await pass(one, 299)
      clock = new Date(clock.getTime() + 1000)
      const speaking = one.tick()
      one.seen()
      answer(YES)
      await speaking
      expect(one.look().unsaid).to.deep.equal(['slack'])
      await pass(one, 1)
      expect(headers(slack.said)).to.deep.equal(['Alerting is silent: no Watchdog for 5 min', 'Alerting is alive again after 5 min'])
    })

    it('outlives a mouth that throws', async () => {
      const slack = mouth()
      let thrown = 0
      const broken: Mouth = {
        name: 'email',
        say() {
          thrown += 1
          return Promise.reject(new Error('broken'))
        },
      }
      await pass(open([broken, slack]), 302)
      expect(slack.said).to.have.length(1)
      expect(thrown).to.be.above(0)
      expect(lines.find(({ event }) => event === 'deadman.error')).to.include({ channel: 'email' })
    })
  })

  describe('after a restart', () => {
    async function restarted(one: Deadman, mouths: Mouth[], downSeconds: number): Promise<Deadman> {
      await one.close()
      clock = new Date(clock.getTime() + downSeconds * 1000)
      return open(mouths)
    }

    it('goes on waiting where it was: it neither counts from zero nor the time it was away', async () => {
      const slack = mouth()
      const first = open([slack])
      first.seen()
      await pass(first, 200)
      const second = await restarted(first, [slack], 3600)
      await pass(second, 99)
      expect(slack.asked).to.deep.equal([])
      await pass(second, 1)
      expect(JSON.stringify(slack.said[0]?.message)).to.contain('last came at 12:00 UTC')
    })

    it('has been killed: it loses seconds, not the whole', async () => {
      const slack = mouth()
      await pass(open([slack]), 290)
      const second = open([slack])
      await pass(second, 16)
      expect(slack.said).to.have.length(1)
    })

    it('does not say again what it has said, and says the next when it is due', async () => {
      const slack = mouth()
      const first = open([slack])
      await pass(first, 310)
      const second = await restarted(first, [slack], 5)
      expect(second.look().silent).to.equal(true)
      await pass(second, 889)
      expect(slack.said).to.have.length(1)
      await pass(second, 2)
      expect(slack.said).to.have.length(2)
      second.seen()
      await pass(second, 1)
      expect(slack.said).to.have.length(3)
    })

    it('says what it still owed, with the same id, and forgets what a mouth that is gone owed', async () => {
      const [deaf, email] = [mouth('slack', NO, NO), mouth('email', NO, NO)]
      const first = open([deaf, email])
      await pass(first, 301)
      const slack = mouth()
      const second = await restarted(first, [slack], 60)
      await pass(second, 1)
      expect(slack.said.map(({ id }) => id)).to.deep.equal([deaf.asked[0]?.id])
      expect(second.look().unsaid).to.deep.equal([])
    })

    it('begins anew where the file is broken, and says so', async () => {
      const slack = mouth()
      mkdirSync(join(folder, 'data'))
      for (const broken of ['{"spoken":', '{"spoken": -1}', '[]', '']) {
        writeFileSync(file(), broken)
        lines = []
        const one = open([slack])
        expect(
          lines.map(({ level, event }) => `${level} ${event}`),
          broken,
        ).to.deep.equal(['warn deadman.forgotten'])
        expect(one.look()).to.deep.include({ silent: false, waitedSeconds: 0 })
        expect(JSON.parse(readFileSync(file(), 'utf8'))).to.include({ spoken: 0 })
      }
    })

    it('speaks although the disk does not keep anything, and complains once', async () => {
      writeFileSync(join(folder, 'data'), 'not a folder')
      const slack = mouth()
      await pass(open([slack]), 600)
      expect(slack.said).to.have.length(1)
      expect(lines.filter(({ event }) => event === 'deadman.not_kept')).to.have.length(1)
    })
  })

  describe('with a clock that jumps', () => {
    it('does not take a sleep of the machine for silence', async () => {
      const slack = mouth()
      const one = open([slack])
      await pass(one, 100)
      clock = new Date(clock.getTime() + 8 * 3_600_000)
      await one.tick()
      await pass(one, 189)
      expect(slack.asked).to.deep.equal([])
      await pass(one, 1)
      expect(slack.said).to.have.length(1)
    })

    it('goes on when it is set back', async () => {
      const slack = mouth()
      const one = open([slack])
      await pass(one, 200)
      clock = new Date(clock.getTime() - 3_600_000)
      await pass(one, 101)
      expect(slack.said).to.have.length(1)
    })
  })
})
