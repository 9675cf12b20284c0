// The table of drills: every alert that has a page has one, every incident of the field is among them, and what they name exists.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readPage } from '../../../ops/runbook/page.ts'
import { ROOT } from '../../../services/config.ts'
import { isSilence, NEEDS, type AlertDrill } from '../../../services/drill/drill.ts'
import { drills } from '../../../services/drill/drills.ts'

const pages = readdirSync(join(ROOT, 'runbooks')).flatMap((name) => (name.endsWith('.md') ? [name.slice(0, -3)] : []))
const alertDrills = drills.filter((drill): drill is AlertDrill => drill.kind !== 'guard' && !isSilence(drill))

describe('drills', () => {
  it('are one for each runbook, both ways', () => {
    const drilled = drills.flatMap(({ alert }) => alert ?? [])
    expect(drilled.toSorted()).to.deep.equal(pages.toSorted())
  })

  it('have names of their own', () => {
    const names = drills.map(({ name }) => name)
    expect(new Set(names).size).to.equal(names.length)
    for (const name of names) expect(name).to.match(/^[a-z]+(-[a-z]+)*$/)
  })

  it('stand for all fifteen incidents of the field, each once', () => {
    const numbers = drills.flatMap(({ incidents = [] }) => incidents)
    expect(numbers.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 15 }, (_, at) => at + 1))
  })

  it('say in a clause what they stand for', () => {
    for (const { about, name } of drills) expect(about, name).to.match(/^\S.{10,120}[^.\s]$/u)
  })

  it('expect no change but those that the page of their alert makes', () => {
    for (const { alert, expected } of alertDrills) {
      const { page } = readPage(readFileSync(join(ROOT, 'runbooks', `${alert}.md`), 'utf8'))
      const actions = page.steps.flatMap(({ call }) => call?.action ?? [])
      expect(actions, alert).to.include.members([...(expected.does ?? [])])
    }
  })

  it('mend themselves only by a change, and need nobody for it', () => {
    for (const { name, mode, expected } of alertDrills) {
      if (expected.ending !== 'mends itself') continue
      expect(expected.does, name).to.have.length.above(0)
      expect([mode, expected.allowed ?? false, expected.outcome], name).to.deep.equal(['auto', false, ['mended']])
    }
  })

  it('change nothing on the strength of a number that is made up', () => {
    for (const { name, kind, mode, expected } of alertDrills)
      if (kind === 'synthetic') expect([mode, expected.does], name).to.deep.equal(['suggest', undefined])
  })

  it('measure the detection of an outage and of a drift', () => {
    const kinds = alertDrills.flatMap(({ detection }) => detection ?? [])
    expect(kinds.toSorted()).to.deep.equal(['drift', 'outage'])
  })

  it('that stop Prometheus, or hide everything from it, have the ground for themselves', () => {
    for (const name of ['silence', 'renamed-job']) expect(drills.find((drill) => drill.name === name)?.needs, name).to.deep.equal(NEEDS)
  })
})
