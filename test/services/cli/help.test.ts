// The face of the command line: every command explains itself, and what it does not understand it says in a sentence.

import { expect } from 'chai'
import { rolewatch, type Ended } from './desk.ts'

const GROUPS = ['search', 'source', 'queue', 'outbox', 'token', 'incident', 'runbook', 'maintenance', 'audit']
/** A slip is found before anybody is asked: there is nobody. */
const NOWHERE = { DATABASE_URL: 'postgres://127.0.0.1:9/none', LOG_LEVEL: 'silent' }

/** The commands that a help text lists, with the arguments they take. */
function commandsOf(help: string): { name: string; takes: boolean }[] {
  const list = help.split('Commands:\n')[1]?.split('\n\n')[0] ?? ''
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)(?:\|\S+)?(.*?)(?: {2}|$)/gm)]
    .map((found) => ({ name: found[1] ?? '', takes: /[<[](?!options|command)/.test(found[2] ?? '') }))
    .filter(({ name }) => name !== 'help')
}

/** Runs many, two at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all([worker(), worker()])
}

describe('the command line', function () {
  this.timeout(60_000)

  it('explains every command and what is under it, with an example wherever something is to be given', async () => {
    const top = await rolewatch(['--help'], {})
    expect(top.code).to.equal(0)
    expect(top.out).to.contain('Examples:').and.to.contain('rolewatch start --sandbox')
    const commands = commandsOf(top.out)
    expect(commands.map(({ name }) => name)).to.have.members(
      [
        'start',
        'migrate',
        'refresh',
        'query',
        'undo-close',
        'runs',
        'snapshot',
        'try',
        'sandbox',
        'deadman',
        'canary',
        'slo',
        'alerts',
        'oncall',
        'drill',
        'automation',
        'doctor',
      ].concat(GROUPS),
    )
    const paths = commands.filter(({ name }) => !GROUPS.includes(name)).map(({ name, takes }) => ({ path: [name], takes }))
    await each(GROUPS, async (group) => {
      const { code, out } = await rolewatch([group, '--help'], {})
      expect(code, group).to.equal(0)
      paths.push(...commandsOf(out).map(({ name, takes }) => ({ path: [group, name], takes })))
    })
    expect(paths).to.have.length(48)
    await each(paths, async ({ path, takes }) => {
      const { code, out, err } = await rolewatch([...path, '--help'], {})
      const name = path.join(' ')
      expect(code, name).to.equal(0)
      expect(err, name).to.equal('')
      expect(out, name).to.match(new RegExp(`^Usage: rolewatch ${name}`))
      expect(out.split('\n')[2], `${name} says what it does`).to.match(/\w/)
      const given = takes || /--(?!help|format)[a-z-]+ </.test(out)
      if (given) expect(out, `${name} has an example`).to.match(new RegExp(`Examples?:\\n(.*\\n)*? .*rolewatch ${name}`))
    })
  })

  const slips: [string, string[], RegExp][] = [
    ['no command', [], /^Usage: rolewatch/],
    ['a command that there is not', ['nonsense'], /unknown command 'nonsense'/],
    ['a group without its command', ['search'], /^Usage: rolewatch search/],
    ['a command that the group does not have', ['queue', 'shake'], /unknown command 'shake'/],
    ['an option that there is not', ['refresh', '--nope'], /unknown option '--nope'/],
    ['an argument too many', ['query', 'one', 'two'], /too many arguments/],
    ['a missing argument', ['undo-close'], /missing required argument 'batch'/],
    ['a format that there is not', ['query', '--format', 'xml'], /'xml' is invalid.*table, json/],
    ['a role that there is not', ['start', '--role', 'king'], /'king' is invalid.*all, api, worker/],
    ['a number that is none', ['refresh', '--limit', 'many'], /--limit.*'many' is invalid.*whole number/],
    ['none at all', ['query', '--limit', '0'], /'0' is invalid.*1 at the least/],
    ['an empty list, which must not come to mean everything', ['refresh', '--board', ''], /--board.*It is empty/],
    ['a source that there is not', ['refresh', '--source', 'myspace'], /No such source: myspace\. There are ashby, greenhouse, lever/],
  ]
  it('answers a slip with 2 and a sentence, before it opens anything', async () => {
    await each(slips, async ([what, args, says]) => {
      const { code, out, err } = await rolewatch(args, NOWHERE)
      expect(code, what).to.equal(2)
      expect(out, what).to.equal('')
      expect(err, what).to.match(says)
      expect(err, `${what}: no stack`).not.to.match(/^\s+at /m)
    })
  })

  it('answers a bad configuration with 2 and all its faults, without the values that are secret', async () => {
    const env = { PORT: 'x', ROLEWATCH_PACE: '3', DATABASE_URL: 'mysql://me:hunter2222@db/x', LOG_LEVEL: 'loud' }
    const { code, out, err }: Ended = await rolewatch(['doctor'], env)
    expect(code).to.equal(2)
    expect(out).to.equal('')
    expect(err).to.contain('4 faults')
    for (const name of Object.keys(env)) expect(err).to.contain(`- ${name} must be`)
    expect(err).not.to.contain('hunter2222')
  })
})
