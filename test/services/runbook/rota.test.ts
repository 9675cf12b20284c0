// The rota: whose shift it is, to the second, and a file that is wrong with all its faults and their lines.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { ConfigError } from '../../../services/config.ts'
import { mailboxAt, parseRota, readRota, shiftAt } from '../../../services/runbook/rota.ts'

const TEXT = `# Who is on call.
start: 2026-01-05T09:00Z
people:
  - name: Ann
    mail: ann@example.org
  - name: Bob
    mail: bob@example.org
  - name: Cem
    mail: cem@example.org
`
const START = Date.parse('2026-01-05T09:00Z')
const WEEK = 7 * 86_400_000

function faultsOf(text: string): readonly string[] {
  try {
    parseRota(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

describe('services/runbook/rota', () => {
  it('gives the shift to one after the other, and the next one is the second', () => {
    const rota = parseRota(TEXT)
    expect(rota.shiftDays).to.equal(7)
    const who = (ms: number) => {
      const shift = shiftAt(rota, new Date(START + ms))
      return shift && [shift.first.name, shift.second?.name, shift.from.toISOString(), shift.until.toISOString()]
    }
    expect(who(-1)).to.equal(undefined)
    expect(who(0)).to.deep.equal(['Ann', 'Bob', '2026-01-05T09:00:00.000Z', '2026-01-12T09:00:00.000Z'])
    expect(who(WEEK - 1)?.[0]).to.equal('Ann')
    expect(who(WEEK)?.slice(0, 2)).to.deep.equal(['Bob', 'Cem'])
    expect(who(2 * WEEK)?.slice(0, 2)).to.deep.equal(['Cem', 'Ann'])
    expect(who(52 * WEEK)?.slice(0, 2)).to.deep.equal(['Bob', 'Cem'])
  })

  it('has no gap, no overlap, and a second that is never the first', () => {
    const people = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(people, fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 4_000 * 86_400 }), (names, shiftDays, seconds) => {
        const rota = { start: new Date(START), shiftDays, people: names.map((name) => ({ name, mail: `${name}@example.org` })) }
        const at = new Date(START + seconds * 1000)
        const shift = shiftAt(rota, at)
        expect(shift && shift.from <= at && at < shift.until).to.equal(true)
        expect(shift?.second === undefined).to.equal(names.length === 1)
        expect(shift?.second?.name).not.to.equal(shift?.first.name)
        const next = shift && shiftAt(rota, shift.until)
        expect(next?.from).to.deep.equal(shift?.until)
        expect(next?.first.name).to.equal((shift?.second ?? shift?.first)?.name)
      }),
    )
  })

  it('names the mail box of a moment, and none where there is nobody', () => {
    const rota = parseRota(TEXT)
    const at = new Date(START)
    expect([mailboxAt(rota, 'first', at), mailboxAt(rota, 'second', at)]).to.deep.equal(['ann@example.org', 'bob@example.org'])
    expect(mailboxAt(rota, 'first', new Date(START - 1))).to.equal(undefined)
    expect(mailboxAt(undefined, 'first', at)).to.equal(undefined)
    expect(mailboxAt({ ...rota, people: rota.people.slice(0, 1) }, 'second', at)).to.equal(undefined)
  })

  it('is refused with every fault at once, each with its line', () => {
    expect(
      faultsOf(`start: next monday
shift_days: 0
colour: blue
people:
  - name: Ann
    mail: ann at example.org
  - mail: bob@example.org, eve@example.org
    phone: 12
  - Cem
`),
    ).to.have.members([
      'oncall.yaml:1 start must be a moment in UTC, as 2026-01-05T09:00Z',
      'oncall.yaml:2 shift_days must be 1 to 90 days',
      'oncall.yaml:3 colour is not a field',
      'oncall.yaml:6 people.0.mail must be one e-mail address, as ann@example.org',
      'oncall.yaml:7 people.1.name is missing',
      'oncall.yaml:7 people.1.mail must be one e-mail address, as ann@example.org',
      'oncall.yaml:8 people.1.phone is not a field',
      'oncall.yaml:9 people.2 must have name and mail',
    ])
  })

  const wrong: [string, string, RegExp][] = [
    ['nothing', '', /^oncall.yaml:1 must have start, people/],
    ['a list', '- a', /^oncall.yaml:1 must have start, people/],
    ['no YAML', 'start: [', /^oncall.yaml:\d+ /],
    ['nobody', 'start: 2026-01-05T09:00Z\npeople: []', /^oncall.yaml:2 people is empty$/],
    ['no people', 'start: 2026-01-05T09:00Z', /^oncall.yaml:1 people is missing$/],
    [
      'a moment without its zone',
      'start: 2026-01-05T09:00\npeople: [{name: a, mail: a@b}]',
      /^oncall.yaml:1 start must be a moment in UTC/,
    ],
    ['a day that is none', 'start: 2026-02-31T25:00Z\npeople: [{name: a, mail: a@b}]', /^oncall.yaml:1 start must be a moment/],
    [
      'days that are a word',
      'start: 2026-01-05T09:00Z\nshift_days: week\npeople: [{name: a, mail: a@b}]',
      /^oncall.yaml:2 shift_days must be/,
    ],
  ]
  for (const [what, text, says] of wrong)
    it(`is refused when it has ${what}`, () => {
      expect(faultsOf(text)).to.have.length(1)
      expect(faultsOf(text)[0]).to.match(says)
    })

  it('throws nothing but a ConfigError, whatever is in the file', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void faultsOf(text)))
    fc.assert(fc.property(fc.json(), (text) => void faultsOf(text)))
  })

  it('is read from the folder of the configuration, where it may be missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolewatch-rota-'))
    try {
      expect(readRota(folder)).to.equal(undefined)
      writeFileSync(join(folder, 'oncall.yaml'), TEXT)
      expect(readRota(folder)?.people.map(({ name }) => name)).to.deep.equal(['Ann', 'Bob', 'Cem'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
