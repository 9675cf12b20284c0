// Whom PostgreSQL runs as, and where it can live.

import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { quietLog, type Fields } from '../../../../ops/log.ts'
import { canEnter, chooseOwner, prepareHome } from '../../../../services/store/embedded/owner.ts'

const root = process.getuid?.() === 0
const clusterOf = (home: string): string => join(home, 'cluster')

describe('services/store/embedded/owner', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'owner-'))
    chmodSync(folder, 0o755)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('sees whether a user gets through every folder on the way', async () => {
    const { uid, gid } = statSync(folder)
    const deep = join(folder, 'a', 'b')
    mkdirSync(deep, { recursive: true })
    const stranger = { uid: 54_321, gid: 54_321 }
    expect(await canEnter(deep, stranger)).to.equal(true)
    chmodSync(join(folder, 'a'), 0o710)
    expect(await canEnter(deep, stranger)).to.equal(false)
    expect(await canEnter(deep, { uid: 54_321, gid })).to.equal(true)
    chmodSync(join(folder, 'a'), 0o700)
    expect(await canEnter(deep, { uid: 54_321, gid })).to.equal(false)
    expect(await canEnter(deep, { uid, gid })).to.equal(true)
  })

  const asRoot = root ? it : () => {}
  const asAnybody = root ? () => {} : it

  asAnybody('changes nothing for whoever is not root', async () => {
    expect(await chooseOwner(clusterOf(folder))).to.equal(undefined)
    expect(await prepareHome(join(folder, 'x', 'y'), clusterOf, quietLog)).to.deep.equal({ home: join(folder, 'x', 'y'), owner: undefined })
  })

  asRoot('takes, as root, the user postgres or nobody, or whoever owns the cluster already', async () => {
    expect((await chooseOwner(clusterOf(folder)))?.uid).to.be.above(0)
    mkdirSync(clusterOf(folder))
    expect((await chooseOwner(clusterOf(folder)))?.uid).to.be.above(0)
    chownSync(clusterOf(folder), 54_321, 54_322)
    expect(await chooseOwner(clusterOf(folder))).to.deep.equal({ uid: 54_321, gid: 54_322 })
  })

  asRoot('moves, as root, out of a closed folder to the same place each time, and says so', async () => {
    const wanted = join(folder, 'closed', 'data')
    mkdirSync(join(folder, 'closed'), { mode: 0o700 })
    const lines: [string, Fields | undefined][] = []
    const log = { ...quietLog, warn: (event: string, fields?: Fields) => void lines.push([event, fields]) }
    const first = await prepareHome(wanted, clusterOf, log)
    try {
      expect(first.home).to.match(/^\/var\/lib\/rolewatch\/[0-9a-f]{16}$/)
      expect((await prepareHome(wanted, clusterOf, log)).home).to.equal(first.home)
      expect(lines.map(([event]) => event)).to.deep.equal(['postgres.elsewhere', 'postgres.elsewhere'])
      expect(lines[0]?.[1]).to.include({ wanted, home: first.home })
      chmodSync(join(folder, 'closed'), 0o755)
      expect((await prepareHome(wanted, clusterOf, log)).home, 'a database that lives elsewhere is not left behind').to.equal(wanted)
    } finally {
      if (existsSync(first.home)) rmSync(first.home, { recursive: true })
    }
  })
})
