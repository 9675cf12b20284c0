// The list of boards that ships with the product.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { sources } from '../../scrapers/index.ts'

interface Entry {
  slug: string
  display_name: string
  ats_type: string
  ats_id: string
  careers_url: string
  country?: string
  eu?: boolean
}

const text = readFileSync(join(import.meta.dirname, '../../scrapers/companies.yaml'), 'utf8')
const entries = parse(text) as Entry[]

describe('companies.yaml', () => {
  it('has at least 45 boards, at least 12 of each source, and European ones', () => {
    expect(entries.length).to.be.at.least(45)
    for (const source of Object.keys(sources))
      expect(entries.filter((entry) => entry.ats_type === source).length, source).to.be.at.least(12)
    expect(entries.filter((entry) => entry.eu === true).length).to.be.at.least(3)
  })

  it('is in alphabetical order, so that a new line has one place', () => {
    const slugs = entries.map((entry) => entry.slug)
    expect(slugs).to.deep.equal(slugs.toSorted())
  })

  it('names no company and no board twice', () => {
    expect(new Set(entries.map((entry) => entry.slug)).size).to.equal(entries.length)
    expect(new Set(entries.map((entry) => `${entry.ats_type}/${entry.ats_id}`)).size).to.equal(entries.length)
  })

  it('links each board to the page of its own source', () => {
    for (const { slug, ats_type, ats_id, careers_url, eu } of entries) {
      const page = sources[ats_type]?.careersUrl(ats_id)
      expect(careers_url, slug).to.equal(eu === true ? page?.replace('jobs.lever.co', 'jobs.eu.lever.co') : page)
    }
  })

  it('gives countries as two capital letters and EU hosts only to sources that have one', () => {
    for (const { slug, ats_type, country, eu } of entries) {
      if (country !== undefined) expect(country, slug).to.match(/^[A-Z]{2}$/)
      if (eu === true) expect(sources[ats_type]?.regions, slug).to.include('eu')
    }
  })

  it('says at its head how to add one', () => {
    expect(text.split('\n').slice(0, 6).join('\n'))
      .to.match(/^# /)
      .and.to.match(/To add one/)
  })
})
