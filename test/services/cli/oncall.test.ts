// oncall: who has the shift now, who is called next, and what is said where there is no rota.

import { writeFile } from 'node:fs/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../../services/config.ts'
import { oncallCommand } from '../../../services/cli/oncall.ts'
import { answered, caught, rolewatch } from './desk.ts'

const ROTA = `start: 2026-01-05T09:00Z
people:
  - {name: "Ann\\e[2J", mail: ann@example.org}
  - {name: Bob, mail: bob@example.org}
`

describe('rolewatch oncall', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolewatch-oncall-'))
  const config = readConfig({ ROLEWATCH_CONFIG: folder })
  after(() => rmSync(folder, { recursive: true }))
  const table = async (at: string, shifts = 3) =>
    (await caught(() => oncallCommand(config, { format: 'table', shifts }, [], new Date(at)))).out

  it('says where a rota is to be written when there is none', async () => {
    expect(await table('2026-02-01')).to.equal(
      `There is no rota: mail about incidents goes to DIGEST_TO. Write oncall.yaml into ${folder}; alerts/ONCALL.md shows how.`,
    )
  })

  it('shows this shift and those to come', async () => {
    await writeFile(join(folder, 'oncall.yaml'), ROTA)
    expect((await table('2026-01-13')).split('\n').slice(2)).to.deep.equal([
      'now  Bob      bob@example.org  Ann [2J      2026-01-12 09:00:00Z  2026-01-19 09:00:00Z',
      '     Ann [2J  ann@example.org  Bob          2026-01-19 09:00:00Z  2026-01-26 09:00:00Z',
      '     Bob      bob@example.org  Ann [2J      2026-01-26 09:00:00Z  2026-02-02 09:00:00Z',
    ])
    const answer = () => oncallCommand(config, { format: 'json', shifts: 1 }, [], new Date('2026-01-13'))
    expect(await answered(answer)).to.deep.equal([
      {
        from: '2026-01-12T09:00:00.000Z',
        until: '2026-01-19T09:00:00.000Z',
        first: { name: 'Bob', mail: 'bob@example.org' },
        second: { name: 'Ann\u001B[2J', mail: 'ann@example.org' },
      },
    ])
  })

  it('begins with the first shift when that is still to come', async () => {
    const out = await table('2025-12-24', 1)
    expect(out).not.to.contain('now')
    expect(out).to.contain('2026-01-05 09:00:00Z')
  })

  it('ends with 2 and every fault when the file is wrong', async () => {
    await writeFile(join(folder, 'oncall.yaml'), 'start: soon\npeople: []\n')
    const { code, err } = await rolewatch(['oncall'], { ROLEWATCH_CONFIG: folder })
    expect(code).to.equal(2)
    expect(err).to.contain('oncall.yaml:1 start must be a moment').and.contain('oncall.yaml:2 people is empty')
  })
})
