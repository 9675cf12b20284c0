// The page of whoever is on call: its commands exist, its rota can be read, its times are those that hold.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { PRIORITIES, severityOf } from '../../ops/slo/fields.ts'
import { readConfig, ROOT } from '../../services/config.ts'
import { parseRota } from '../../services/runbook/rota.ts'
import { FALLBACK_AFTER_SECONDS } from '../../services/notify/way.ts'
import { rolewatch } from '../services/cli/desk.ts'

const TEXT = readFileSync(join(ROOT, 'alerts', 'ONCALL.md'), 'utf8')
const code = (language: string) => TEXT.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? ''

describe('alerts/ONCALL.md', () => {
  it('has ten commands, and every command that it names exists with the options that it gives', async function () {
    this.timeout(60_000)
    const ten = code('').trim().split('\n')
    expect(ten).to.have.length(10)
    const named = new Set([...ten, ...[...TEXT.matchAll(/`(rolewatch [^`\n]+)`/g)].map(([, command]) => command ?? '')])
    expect(named.size).to.be.greaterThan(14)
    for (const line of named) {
      const words = line.split(' ').slice(1)
      const [command = '', sub = ''] = words
      const isGroup = (await rolewatch([command, '--help'], {})).out.includes('Commands:')
      const { code: ended, out } = await rolewatch([...(isGroup ? [command, sub] : [command]), '--help'], {})
      expect(ended, line).to.equal(0)
      expect(out, line).to.match(new RegExp(`^Usage: rolewatch ${isGroup ? `${command} ${sub}` : command}\\b`))
      for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(out, line).to.contain(option)
    }
  })

  it('tells each priority with whom it reaches', () => {
    const rows = new Map([...TEXT.matchAll(/^\| (P\d) +\|[^|]+\| (\w+)/gm)].map(([, priority, told]) => [priority, told]))
    expect([...rows.keys()]).to.deep.equal([...PRIORITIES])
    for (const priority of PRIORITIES) expect(rows.get(priority)).to.equal(severityOf(priority).replace('none', 'nobody'))
  })

  it('promises the answers of the reference: 5 minutes, 30 minutes, 4 hours', () => {
    const answers = [...TEXT.matchAll(/^\| P[012] .*\| ([^|]+?) +\|$/gm)].map(([, answer]) => answer)
    expect(answers).to.deep.equal(['5 minutes', '30 minutes', '4 hours'])
  })

  it('names the times that hold', () => {
    const words = TEXT.replaceAll('\n', ' ')
    expect(words).to.contain(`for ${readConfig({}).escalateAfterMinutes} minutes (\`ESCALATE_AFTER_M\`)`)
    expect(FALLBACK_AFTER_SECONDS).to.equal(300)
    expect(words).to.contain('refused for five minutes goes by mail')
    expect(readFileSync(join(ROOT, 'alerts', 'alertmanager.yml'), 'utf8')).to.contain(`group_wait: 15m`)
  })

  it('shows a rota that can be read, with the length of a shift that it names', () => {
    expect(parseRota(code('yaml'))).to.deep.include({ shiftDays: 7, start: new Date('2026-01-05T09:00:00Z') })
    expect(parseRota(code('yaml').replace('shift_days: 7\n', '')).shiftDays).to.equal(7)
  })
})
