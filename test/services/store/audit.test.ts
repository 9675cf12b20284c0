// The audit: lines are added with their change, read newest first, and a chain that shows one changed byte.

import { expect } from 'chai'
import { appendAudit, listAudit, verifyAudit } from '../../../services/store/audit.ts'
import { openWorld, type World } from '../../world.ts'

describe('services/store/audit', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const write = async (count: number): Promise<void> => {
    for (let n = 1; n <= count; n++)
      await appendAudit(world.db, {
        actor: 'cli',
        action: 'source.pause',
        target: `source/s${n}`,
        before: { paused: false, n },
        after: { until: '2030-01-01', é: 'ü' },
        trace_id: 'ab'.repeat(16),
        detail: {
          alert: 'A',
          runbook: 'c0ffee',
          actor: 'alertmanager',
          approver: null,
          inputs: { for: '2h' },
          output: 'd1',
          verdict: 'done',
        },
      })
  }
  /** Does what nobody may: the triggers that keep the audit as it is are put aside. */
  const tamper = (sql: string) =>
    world.database.inTransaction(async (trx) => {
      await trx.raw(`set local session_replication_role = replica`)
      await trx.raw(sql)
    })

  it('keeps who did what to which, before and after, and what is known of it', async () => {
    await write(1)
    const [row, ...others] = await listAudit(world.db, { limit: 10 })
    expect(others).to.deep.equal([])
    expect(row).to.deep.include({
      id: 1,
      actor: 'cli',
      action: 'source.pause',
      target: 'source/s1',
      before: { paused: false, n: 1 },
      after: { until: '2030-01-01', é: 'ü' },
      trace_id: 'ab'.repeat(16),
    })
    expect(row?.detail).to.deep.include({ approver: null, inputs: { for: '2h' }, verdict: 'done' })
    expect(row?.at).to.be.instanceOf(Date)
    expect(row?.hash).to.match(/^[0-9a-f]{64}$/)
  })

  it('keeps plain texts, lists and numbers as they are, and nothing as null', async () => {
    for (const after of ['text', [1, 2], 0, false, undefined, null])
      await appendAudit(world.db, { actor: 'a', action: 'b', target: 'c', after })
    const rows = await listAudit(world.db, { limit: 10 })
    expect(rows.map((row) => row.after).toReversed()).to.deep.equal(['text', [1, 2], 0, false, null, null])
    expect(rows.every((row) => row.before === null && row.trace_id === null && row.detail === null)).to.equal(true)
  })

  it('gives the newest first, page by page, of everything or of one target, action or actor', async () => {
    for (const target of ['x', 'y', 'x', 'x']) await appendAudit(world.db, { actor: `by-${target}`, action: `do-${target}`, target })
    const ids = async (filter: Parameters<typeof listAudit>[1]) => (await listAudit(world.db, filter)).map((row) => row.id)
    expect(await ids({ limit: 2 })).to.deep.equal([4, 3])
    expect(await ids({ limit: 2, before: 3 })).to.deep.equal([2, 1])
    expect(await ids({ limit: 9, target: 'x' })).to.deep.equal([4, 3, 1])
    expect(await ids({ limit: 9, action: 'do-y' })).to.deep.equal([2])
    expect(await ids({ limit: 9, actor: 'by-x', before: 4 })).to.deep.equal([3, 1])
    expect(await ids({ limit: 9, target: 'z' })).to.deep.equal([])
  })

  it('says nothing of a change that was rolled back, and leaves no gap for it', async () => {
    await write(1)
    await world.database
      .inTransaction(async (trx) => {
        await appendAudit(trx, { actor: 'a', action: 'b', target: 'c' })
        throw new Error('no')
      })
      .catch(() => {})
    await write(1)
    expect((await listAudit(world.db, { limit: 10 })).map(({ id }) => id)).to.deep.equal([2, 1])
    expect(await verifyAudit(world.db)).to.deep.include({ lines: 2, broken: null })
  })

  it('can only be added to', async () => {
    await write(2)
    for (const sql of [`update audit set actor = 'me'`, 'delete from audit', 'truncate audit'])
      expect(await world.db.raw(sql).catch((error: Error) => error.message), sql).to.contain('the audit can only be added to')
  })

  describe('verified', () => {
    it('is whole when it is empty, and when it is longer than what is read at once', async () => {
      expect(await verifyAudit(world.db)).to.deep.equal({ lines: 0, broken: null, head: { id: 0, hash: '0'.repeat(64) } })
      await write(7)
      const { lines, broken, head } = await verifyAudit(world.db, 3)
      expect({ lines, broken }).to.deep.equal({ lines: 7, broken: null })
      expect(head).to.deep.equal(await world.db('audit_head').first('id', 'hash'))
    })

    it('is whole after many wrote at once, in one line without gaps', async () => {
      await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          world.database.inTransaction(async (trx) => {
            for (let k = 0; k < 5; k++) await appendAudit(trx, { actor: `w${n}`, action: 'a', target: `${k}` })
          }),
        ),
      )
      expect(await verifyAudit(world.db, 6)).to.deep.include({ lines: 40, broken: null })
      const rows = (await listAudit(world.db, { limit: 100 })).toReversed()
      expect(rows.map(({ id }) => id)).to.deep.equal(Array.from({ length: 40 }, (_, n) => n + 1))
      expect(rows.every(({ at }, n) => at >= (rows[n - 1]?.at ?? at))).to.equal(true)
    })

    const changes: [string, string][] = [
      ['actor', `actor = 'cLi'`],
      ['action', `action = 'source.Pause'`],
      ['target', `target = 'source/s4 '`],
      ['time, by a microsecond', `at = at + interval '1 microsecond'`],
      ['value before', `before = jsonb_set(before, '{n}', '5')`],
      ['value after', `after = null`],
      ['trace', `trace_id = 'bb' || substr(trace_id, 3)`],
      ['detail, deep inside', `detail = jsonb_set(detail, '{inputs,for}', '"3h"')`],
      ['hash', `hash = 'f' || substr(hash, 2)`],
    ]
    for (const [what, change] of changes)
      it(`finds a changed ${what}`, async () => {
        await write(6)
        await tamper(`update audit set ${change} where id = 4`)
        expect(await verifyAudit(world.db, 2)).to.deep.include({ lines: 3, broken: { id: 4, why: 'it is not as it was written' } })
      })

    it('finds every single changed byte of a text', async () => {
      await write(2)
      const target = 'source/s2'
      for (let at = 0; at < target.length; at++) {
        const other = target.slice(0, at) + String.fromCharCode(target.charCodeAt(at) ^ 1) + target.slice(at + 1)
        await tamper(`update audit set target = '${other}' where id = 2`)
        expect((await verifyAudit(world.db)).broken?.id, other).to.equal(2)
      }
      await tamper(`update audit set target = '${target}' where id = 2`)
      expect((await verifyAudit(world.db)).broken).to.equal(null)
    })

    const losses: [string, string, { id: number; why: string }][] = [
      ['a line in the middle', 'id = 3', { id: 4, why: 'line 3 is missing before it, or it was changed' }],
      ['several lines', 'id in (2, 3)', { id: 4, why: 'lines 2 to 3 are missing before it, or it was changed' }],
      ['the first line', 'id = 1', { id: 2, why: 'line 1 is missing before it, or it was changed' }],
      ['the last line', 'id = 6', { id: 6, why: 'the lines from here to 6 are missing' }],
      ['the last lines', 'id > 4', { id: 5, why: 'the lines from here to 6 are missing' }],
      ['all of them', 'true', { id: 1, why: 'the lines from here to 6 are missing' }],
    ]
    for (const [what, where, broken] of losses)
      it(`finds that ${what} went`, async () => {
        await write(6)
        await tamper(`delete from audit where ${where}`)
        expect((await verifyAudit(world.db, 4)).broken).to.deep.equal(broken)
      })

    /** Two lines change places, hashes and all. */
    const SWAP = `update audit a set (actor, action, target, before, after, at, trace_id, detail, hash) =
      (select actor, action, target, before, after, at, trace_id, detail, hash from audit b where b.id = 5 - a.id) where id in (2, 3)`
    it('finds lines that were added past the chain, changed places, and a head that was moved or went', async () => {
      await write(4)
      await tamper(`insert into audit (id, at, actor, action, target, hash) overriding system value
                    values (5, now(), 'me', 'a', 'b', repeat('a', 64))`)
      expect((await verifyAudit(world.db)).broken).to.deep.equal({ id: 5, why: 'it is not as it was written' })
      await tamper('delete from audit where id = 5')
      await tamper(SWAP)
      expect((await verifyAudit(world.db)).broken).to.deep.include({ id: 2 })
      await tamper(SWAP)
      expect((await verifyAudit(world.db)).broken).to.equal(null)
      await world.db('audit_head').update({ id: 3 })
      expect((await verifyAudit(world.db)).broken).to.deep.equal({ id: 4, why: 'the head of the chain does not belong to it' })
      await world.db('audit_head').delete()
      expect((await verifyAudit(world.db)).broken).to.deep.equal({ id: 4, why: 'the head of the chain is gone' })
    })

    it('does not ask the database how a line is hashed: a function that was changed helps nobody', async () => {
      await write(2)
      await world.db.raw(`create or replace function audit_line(a audit) returns text language sql stable as $$ select 'x' $$`)
      await tamper(`update audit set actor = 'me' where id = 2`)
      expect((await verifyAudit(world.db)).broken?.id).to.equal(2)
    })
  })
})
