// All actions of the house together: their names, and the limits that each write allows itself.

import { expect } from 'chai'
import type { Read, Write } from '../../../ops/runbook/action.ts'
import type { Db } from '../../../services/store/database.ts'
import { openBench, type Bench } from './bench.ts'

const READS = [
  'source.state',
  'runs.last',
  'host.state',
  'host.control',
  'host.resolve',
  'robots.read',
  'page.diff',
  'outbox.state',
  'channel.state',
  'queue.state',
  'workers.state',
  'process.state',
  'database.state',
  'database.slow',
  'database.sizes',
  'disk.state',
  'changes.recent',
  'slo.state',
  'monitoring.state',
  'coverage.state',
  'closings.state',
  'caps.state',
  'restore.state',
]
const WRITES = [
  'source.pause',
  'source.resume',
  'source.slow',
  'board.pause',
  'board.resume',
  'breaker.reset',
  'breaker.probe',
  'queue.redrive',
  'outbox.resend',
  'page.replay',
  'page.quarantine',
  'closings.undo',
  'worker.slow',
  'worker.restart',
  'database.vacuum',
  'database.reindex',
  'postings.archive',
  'channel.switch',
]
/** The only ones that may change something for good. */
const IRREVERSIBLE = [
  'breaker.reset',
  'queue.redrive',
  'outbox.resend',
  'page.replay',
  'closings.undo',
  'worker.restart',
  'database.vacuum',
  'database.reindex',
  'postings.archive',
]

describe('the actions of the house', () => {
  let bench: Bench
  let reads: Read[]
  let writes: Write<Db>[]
  before(async () => {
    bench = await openBench()
    const all = [...bench.registry.values()]
    reads = all.flatMap((action) => (action.kind === 'read' ? [action] : []))
    writes = all.flatMap((action) => (action.kind === 'write' ? [action] : []))
  })
  after(() => bench.close())

  it('are exactly these', () => {
    expect(reads.map(({ name }) => name)).to.have.members(READS)
    expect(writes.map(({ name }) => name)).to.have.members(WRITES)
  })

  it('say in a line what they do, and give names that a page can use', () => {
    for (const { name, summary } of [...reads, ...writes]) expect(summary, name).to.match(/^[A-Z].{10,160}[^.]$/)
    for (const { name, gives } of reads) for (const value of gives) expect(value, name).to.match(/^[a-z]+$/)
  })

  it('end in time, and writes leave time between two and have an end per hour and day', () => {
    for (const read of reads) expect(read.timeoutSeconds, read.name).to.be.within(1, 60)
    for (const write of writes) {
      expect(write.timeoutSeconds, write.name).to.be.within(1, 1800)
      // A transaction that takes long holds locks for long.
      if (write.transaction) expect(write.timeoutSeconds, write.name).to.be.at.most(60)
      expect(write.cooldownSeconds, write.name).to.be.within(300, 86_400)
      expect(write.perHour, write.name).to.be.within(1, 6)
      expect(write.perDay, write.name).to.be.within(write.perHour, 24)
    }
  })

  it('can be taken back but for these, which say so', () => {
    expect(writes.filter(({ reversible }) => !reversible).map(({ name }) => name)).to.have.members(IRREVERSIBLE)
  })

  it('take named texts only: whatever is more is refused', () => {
    for (const { name, args } of [...reads, ...writes]) {
      const result = args.safeParse({ '; drop table boards': 'x' })
      expect(result.success, name).to.equal(false)
    }
  })
})
