// Runbooks: one page for each alert, in one form, with commands that exist.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { ROOT } from '../../../services/config.ts'
import { houseSpecs } from './specs.ts'

const HEADINGS = ['Meaning', 'Impact', 'Diagnosis', 'Steps', 'Escalation']
const pages = readdirSync(join(ROOT, 'runbooks')).map((name) => ({
  name: name.replace(/\.md$/, ''),
  text: readFileSync(join(ROOT, 'runbooks', name), 'utf8'),
}))

/** The lines under a heading. */
function section(text: string, heading: string): string[] {
  const from = text.split(`\n## ${heading}\n`)[1] ?? ''
  return (from.split('\n## ')[0] ?? '').split('\n').filter((line) => line !== '')
}

describe('runbooks', () => {
  it('are one for each alert, and no more', async () => {
    const { specs } = await houseSpecs()
    const alerts = [...specs.slos.flatMap(({ spec }) => spec.tiers), ...specs.symptoms].map(({ alert }) => alert)
    expect(pages.map(({ name }) => name)).to.have.members(alerts)
  })

  for (const { name, text } of pages)
    describe(name, () => {
      it('has its title, the five headings in order, and fits on a screen', () => {
        expect(text.split('\n')[0]).to.equal(`# ${name}`)
        expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).to.deep.equal(HEADINGS)
        expect(text.split('\n').length).to.be.within(20, 45)
      })

      it('numbers what is to be looked at and what is to be done', () => {
        for (const heading of ['Diagnosis', 'Steps']) {
          const items = section(text, heading).filter((line) => !line.startsWith('   '))
          expect(items.length, heading).to.be.within(2, 9)
          expect(items.map((line) => line.split(' ')[0])).to.deep.equal(items.map((_, n) => `${n + 1}.`))
          // A command is for people; a line that begins with code is for the machine.
          for (const line of items) expect(line).not.to.match(/^\d+\. `(?![a-z]+\.[a-z_]+[ `])/)
        }
      })

      it('leads to other runbooks that exist', () => {
        const known = new Set(pages.map((page) => page.name))
        for (const [, other = ''] of text.matchAll(/(?:[Ff]ollow|go on with|see|then follow) ((?:[A-Z][a-z]+){2,})/g))
          expect(known).to.include(other)
      })
    })

  it('name only commands that the program has', () => {
    const help = (...given: string[]) =>
      spawnSync(process.execPath, [join(ROOT, 'services/cli.ts'), ...given, '--help'], { encoding: 'utf8' }).stdout
    const used = new Set(
      pages.flatMap(({ text }) =>
        [...text.matchAll(/`rolewatch ([a-z-]+)(?: ([a-z-]+)(?=[ `]))?/g)].map(([, command, sub]) => `${command} ${sub ?? ''}`.trim()),
      ),
    )
    expect(used.size).to.be.greaterThan(10)
    const top = help()
    const groups = new Map(['source', 'queue', 'outbox', 'search', 'token'].map((group) => [group, help(group)]))
    for (const use of used) {
      const [command = '', sub] = use.split(' ')
      expect(top, use).to.match(new RegExp(`^  ${command}\\b`, 'm'))
      if (sub !== undefined && groups.has(command)) expect(groups.get(command), use).to.match(new RegExp(`^  ${sub}\\b`, 'm'))
    }
  }).timeout(30_000)
})
