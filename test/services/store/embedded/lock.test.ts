// The lock between processes: exclusive, and never lost to a process that has died.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ROOT } from '../../../../services/config.ts'
import { isAlive, withLock } from '../../../../services/store/embedded/lock.ts'

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('services/store/embedded/lock', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'))
    file = join(folder, 'a.lock')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('lets one in at a time, gives back what the work gave, and leaves nothing behind', async () => {
    let inside = 0
    let most = 0
    const results = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        withLock(file, async () => {
          most = Math.max(most, ++inside)
          await sleep(5)
          inside--
          return n
        }),
      ),
    )
    expect(results).to.deep.equal([1, 2, 3, 4])
    expect(most).to.equal(1)
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('is free again after a work that failed', async () => {
    expect(
      await withLock(file, () => {
        throw new Error('no')
      }).catch((error: Error) => error.message),
    ).to.equal('no')
    expect(await withLock(file, async () => 'yes', 100)).to.equal('yes')
  })

  it('lets one process in at a time', async () => {
    const log = join(folder, 'log')
    const program = `
      import { appendFileSync } from 'node:fs'
      import { setTimeout as sleep } from 'node:timers/promises'
      import { withLock } from ${JSON.stringify(join(ROOT, 'services/store/embedded/lock.ts'))}
      for (let n = 0; n < 3; n++) await withLock(process.argv[1], async () => {
        appendFileSync(process.argv[2], 'in\\n'); await sleep(5); appendFileSync(process.argv[2], 'out\\n')
      })`
    const children = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', program, file, log], { stdio: 'inherit' }))
    const ends = await Promise.all(children.map((child) => once(child, 'exit')))
    expect(ends.map(([status]) => status as number)).to.deep.equal([0, 0, 0])
    expect(readFileSync(log, 'utf8')).to.equal('in\nout\n'.repeat(9))
  })

  it('is taken over from a process that has died', async () => {
    writeFileSync(file, `${await deadPid()} 1 x`)
    const entered = await Promise.all([1, 2, 3].map((n) => withLock(file, async () => n, 2000)))
    expect(entered).to.deep.equal([1, 2, 3])
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('is taken over when the number of a dead holder now belongs to another process', async function () {
    if (process.platform !== 'linux') this.skip()
    writeFileSync(file, `${process.pid} 1 x`)
    expect(await withLock(file, async () => 'mine', 2000)).to.equal('mine')
  })

  it('is taken over although another takeover was killed in the middle', async () => {
    writeFileSync(file, `${await deadPid()} 1 x`)
    writeFileSync(`${file}.takeover`, '')
    const old = new Date(Date.now() - 60_000)
    utimesSync(`${file}.takeover`, old, old)
    expect(await withLock(file, async () => 'mine', 2000)).to.equal('mine')
  })

  it('is taken over from a process that has died although its parent has not noticed', async function () {
    if (process.platform !== 'linux') this.skip()
    // The shell ends its child and becomes a program that never asks what became of it.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [said] = (await once(parent.stdout, 'data')) as [Buffer]
    const zombie = Number(said.toString().trim())
    try {
      while (isAlive(zombie)) await sleep(5)
      expect(readFileSync(`/proc/${zombie}/stat`, 'utf8')).to.contain(') Z ')
      writeFileSync(file, `${zombie} ${readFileSync(`/proc/${zombie}/stat`, 'utf8').split(' ')[21]} x`)
      expect(await withLock(file, async () => 'mine', 2000)).to.equal('mine')
    } finally {
      parent.kill('SIGKILL')
      await once(parent, 'exit')
    }
  })

  it('says who holds it when its patience ends', async () => {
    await withLock(file, async () => {
      const error = await withLock(file, async () => 'never', 120).catch((thrown: Error) => thrown)
      expect((error as Error).message).to.equal(`${file} is held by process ${process.pid}, and it does not let go`)
    })
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('knows the living from the dead', async () => {
    expect(isAlive(process.pid)).to.equal(true)
    expect(isAlive(1)).to.equal(true)
    expect(isAlive(await deadPid())).to.equal(false)
    expect([0, -1, Number.NaN, 1.5].map(isAlive)).to.deep.equal([false, false, false, false])
  })
})
