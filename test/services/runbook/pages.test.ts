// The pages of the house: read once, known by their hash, and refused with every fault at once.

import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ConfigError, ROOT } from '../../../services/config.ts'
import { openAutomation } from '../../../services/automation.ts'
import { openPages } from '../../../services/runbook/pages.ts'
import { openTown, type Town } from '../../journey/town.ts'

describe('the pages of the house', () => {
  let town: Town

  before(async () => {
    town = await openTown({ boards: 3, postingsPerBoard: 1 })
  })
  after(() => town.close())

  it('ask the machine only for what it can do, with what it will know', async () => {
    const { pages } = await openAutomation(town.works)
    const files = readdirSync(join(ROOT, 'runbooks')).map((name) => name.slice(0, -3))
    expect(pages.list()).to.have.members(files)
  })

  it('look with the machine before anything else, and leave something to a person, each of them', async () => {
    const { pages } = await openAutomation(town.works)
    for (const alert of pages.list()) {
      const page = pages.get(alert)?.page
      expect(page?.diagnosis[0]?.call, alert).not.to.equal(null)
      expect(page?.steps.at(-1)?.call, alert).to.equal(null)
    }
  })

  it('are known by the hash of their text', async () => {
    const { pages } = await openAutomation(town.works)
    const text = readFileSync(join(ROOT, 'runbooks', 'BreakerOpen.md'), 'utf8')
    expect(pages.get('BreakerOpen')).to.include({ text, hash: createHash('sha256').update(text).digest('hex') })
    expect(pages.get('Nothing')).to.equal(undefined)
  })

  it('are refused with every fault of every page, with file and line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolewatch-pages-'))
    const { registry } = await openAutomation(town.works)
    const text = readFileSync(join(ROOT, 'runbooks', 'BreakerOpen.md'), 'utf8')
    writeFileSync(join(folder, 'BreakerOpen.md'), text.replace('`host.state source=$source`', '`host.reboot source=$source`'))
    writeFileSync(join(folder, 'Other.md'), text)
    try {
      expect(() => openPages(folder, registry, () => ['source']))
        .to.throw(ConfigError)
        .with.property('faults')
        .that.satisfies((faults: string[]) => /^runbooks\/BreakerOpen\.md:\d+ there is no action host\.reboot$/.test(faults[0] ?? ''))
        .and.has.lengthOf(2)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
