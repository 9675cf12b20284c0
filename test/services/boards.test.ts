// companies.yaml: what is taken, and every fault with its line.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { parseBoards, parseCadence, readBoards } from '../../services/boards.ts'
import { ConfigError } from '../../services/config.ts'

const ACME = { slug: 'acme', display_name: 'Acme', ats_type: 'greenhouse', ats_id: 'acme', careers_url: 'https://acme.example/jobs' }

function faultsOf(text: string): readonly string[] {
  try {
    parseBoards(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

/** The one fault of an otherwise right entry. */
function faultOf(more: Record<string, unknown>): string {
  const [fault, ...others] = faultsOf(stringify([{ ...ACME, ...more }]))
  expect(others).to.deep.equal([])
  return fault ?? ''
}

describe('services/boards', () => {
  describe('what is right', () => {
    it('is taken with its defaults', () => {
      expect(parseBoards(stringify([ACME]))).to.deep.equal([
        {
          slug: 'acme',
          display_name: 'Acme',
          ats_type: 'greenhouse',
          ats_id: 'acme',
          careers_url: 'https://acme.example/jobs',
          website: null,
          enabled: true,
          cadence_seconds: 3600,
          country: null,
          region: null,
        },
      ])
    })

    it('is taken with everything that may be said', () => {
      const text = `
# a comment
- slug: acme
  display_name: "Acme: Gold & Söhne"
  ats_type: lever
  ats_id: acme
  careers_url:
  website: https://acme.example
  enabled: false
  cadence: 15m
  country: DE
  eu: true
- {slug: b, display_name: B, ats_type: ashby, ats_id: B Labs, cadence: 900}
`
      const [acme, b] = parseBoards(text)
      expect(acme).to.deep.include({
        display_name: 'Acme: Gold & Söhne',
        careers_url: null,
        website: 'https://acme.example',
        enabled: false,
        cadence_seconds: 900,
        country: 'DE',
        region: 'eu',
      })
      expect(b).to.deep.include({ ats_id: 'B Labs', cadence_seconds: 900, careers_url: null })
    })

    it('keeps names as they are written, even where YAML would see a number, a truth value or nothing', () => {
      const names = ['007', '1e3', 'no', 'null', '2026-01-01', '0x1F']
      const text = names
        .map((name) => `- { slug: s${names.indexOf(name)}, display_name: ${name}, ats_type: greenhouse, ats_id: ${name} }`)
        .join('\n')
      expect(parseBoards(text).map((board) => [board.display_name, board.ats_id])).to.deep.equal(names.map((name) => [name, name]))
      expect(parseBoards('- { slug: n, display_name: N, ats_type: lever, ats_id: n, country: NO }')[0]?.country).to.equal('NO')
    })

    it('decodes %20, so that both spellings are one board with one identity', () => {
      expect(parseBoards(stringify([{ ...ACME, ats_type: 'ashby', ats_id: 'Acme%20Labs' }]))[0]?.ats_id).to.equal('Acme Labs')
      expect(parseBoards(stringify([{ ...ACME, ats_id: '100%acme' }]))[0]?.ats_id).to.equal('100%acme')
    })

    it('lets a company have several boards', () => {
      const two = [ACME, { ...ACME, ats_type: 'lever', country: 'GB' }, { ...ACME, ats_type: 'ashby', country: 'GB' }]
      expect(parseBoards(stringify(two)).map((board) => board.ats_type)).to.deep.equal(['greenhouse', 'lever', 'ashby'])
    })

    it('may be an empty list, which means no board at all', () => {
      expect(parseBoards('[]')).to.deep.equal([])
    })
  })

  describe('parseCadence', () => {
    it('reads seconds, minutes, hours and days', () => {
      expect(['90', '90s', '15m', '1h', ' 6 h ', '1d'].map(parseCadence)).to.deep.equal([90, 90, 900, 3600, 21_600, 86_400])
    })

    it('reads nothing else', () => {
      expect(['', 'h', '1.5h', '-1h', '1w', '1h30m', 'hourly', '1e3'].map(parseCadence)).to.deep.equal(Array(8).fill(undefined))
    })

    it('reads back whatever it could have been written from', () => {
      fc.assert(
        fc.property(
          fc.nat(10_000),
          fc.constantFrom(['s', 1], ['m', 60], ['h', 3600], ['d', 86_400], ['', 1]),
          (amount, [unit, seconds]) => {
            expect(parseCadence(`${amount}${unit}`)).to.equal(amount * seconds)
          },
        ),
      )
    })
  })

  describe('faults', () => {
    it('name the source that is not known and those that are', () => {
      expect(faultOf({ ats_type: 'greenhose' })).to.equal(
        'companies.yaml:3 (acme): ats_type "greenhose" is not a source; known: ashby, greenhouse, lever',
      )
    })

    it('name a field that does not exist, at its own line', () => {
      expect(faultOf({ cadance: '1h' })).to.match(/^companies\.yaml:6 \(acme\): "cadance" is not a field; known: slug, .*cadence/)
    })

    const wrong: [Record<string, unknown>, string][] = [
      [
        { slug: 'Acme Inc' },
        'companies.yaml:1 (Acme Inc): slug "Acme Inc" is not a slug: lower-case letters, digits, dot, dash and underscore',
      ],
      [{ display_name: ' ' }, 'companies.yaml:2 (acme): display_name is empty'],
      [{ display_name: undefined }, 'companies.yaml:1 (acme): display_name is missing'],
      [{ ats_id: 'https://boards.greenhouse.io/acme' }, 'is the name of the board alone, not an address'],
      [{ ats_id: 'acme%2Fjobs' }, 'is the name of the board alone, not an address'],
      [{ careers_url: 'acme.example/jobs' }, 'careers_url "acme.example/jobs" is not an address that begins with https:// or http://'],
      [{ careers_url: 'javascript:alert(1)' }, 'is not an address'],
      [{ website: 'ftp://acme.example' }, 'companies.yaml:6 (acme): website "ftp://acme.example" is not an address'],
      [{ enabled: 'yes' }, 'companies.yaml:6 (acme): enabled "yes" is neither true nor false'],
      [{ cadence: '10 minutes' }, 'cadence "10 minutes" is not a cadence: write 15m, 1h, 6h, 1d or seconds'],
      [{ cadence: '30s' }, 'from 60 s to 30 days'],
      [{ cadence: '31d' }, 'from 60 s to 30 days'],
      [{ country: 'UK' }, 'companies.yaml:6 (acme): country "UK" is not an ISO 3166-1 code of two capital letters, as GB'],
      [{ country: 'gb' }, 'country "gb" is not'],
      [{ country: 'EU' }, 'country "EU" is not'],
      [{ country: 'XX' }, 'country "XX" is not'],
      [{ eu: true }, 'companies.yaml:6 (acme): eu is not known at greenhouse'],
      [{ ats_id: ['a'] }, 'ats_id must be plain text'],
    ]
    for (const [more, message] of wrong)
      it(`say what is wrong with ${Object.keys(more)[0]}: ${JSON.stringify(Object.values(more)[0])}`, () => {
        expect(faultOf(more)).to.contain(message)
      })

    it('come all at once, each with the line it stands in', () => {
      const faults = faultsOf(`# boards
- slug: acme
  display_name: Acme
  ats_type: greenhose
  ats_id: acme
  colour: red

- just a word
- display_name: Nameless
  ats_type: lever
  ats_id: nameless
- slug: beta
  display_name: Beta
  ats_type: lever
  ats_id: beta
  cadence: often
`)
      expect(faults.map((fault) => fault.split(': ')[0])).to.deep.equal([
        'companies.yaml:4 (acme)',
        'companies.yaml:6 (acme)',
        'companies.yaml:8 (entry 2)',
        'companies.yaml:9 (entry 3)',
        'companies.yaml:16 (beta)',
      ])
    })

    it('show the same board twice, however it is spelt', () => {
      const ashby = (slug: string, ats_id: string) => ({ ...ACME, slug, display_name: slug, ats_type: 'ashby', ats_id })
      const twice = (first: string, second: string) => faultsOf(stringify([ashby('one', first), ashby('two', second)]))
      expect(twice('Acme Labs', 'Acme%20Labs')).to.deep.equal([
        'companies.yaml:6 (two): ashby "Acme Labs" is the same board as in line 1 (one)',
      ])
      expect(twice('Acme Labs', 'acme labs')).to.have.length(1)
      expect(twice('Acme Labs', 'AcmeLabs')).to.have.length(1)
      expect(twice('Acme Labs', 'Acme Lab')).to.have.length(0)
      expect(faultsOf(stringify([ACME, ACME]))).to.have.length(1)
      expect(faultsOf(stringify([ACME, { ...ACME, ats_id: 'ACME' }]))).to.have.length(0)
    })

    it('show a company with two names or two countries', () => {
      expect(faultsOf(stringify([ACME, { ...ACME, ats_type: 'lever', display_name: 'Acme Inc' }]))).to.deep.equal([
        'companies.yaml:6 (acme): display_name "Acme Inc" differs from "Acme" in line 1',
      ])
      const countries = [ACME, { ...ACME, ats_type: 'lever', country: 'GB' }, { ...ACME, ats_type: 'ashby', country: 'US' }]
      expect(faultsOf(stringify(countries))).to.deep.equal(['companies.yaml:12 (acme): country "US" differs from "GB" in line 6'])
    })

    it('show YAML that is broken, and a file that is no list', () => {
      expect(faultsOf('- slug: [acme\n- x')[0]).to.match(/^companies\.yaml:\d /)
      expect(faultsOf('- slug: a\n  slug: b\n')[0]).to.match(/^companies\.yaml:2 .*unique/)
      for (const text of ['', '# nothing yet\n', 'slug: acme', '"text"'])
        expect(faultsOf(text)).to.deep.equal([
          'companies.yaml:1 must be a list of boards, each with slug, display_name, ats_type and ats_id',
        ])
    })

    it('are the only thing that any text can lead to, besides boards', () => {
      const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string(), { maxLength: 2 }))
      const item = fc.record(
        {
          slug: value,
          display_name: value,
          ats_type: fc.constantFrom('ashby', 'lever', 'x'),
          ats_id: value,
          cadence: value,
          country: value,
          eu: value,
          x: value,
        },
        { requiredKeys: [] },
      )
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string(),
            fc.array(fc.oneof(item, value)).map((list) => stringify(list)),
          ),
          (text) => {
            const faults = faultsOf(text)
            for (const fault of faults) expect(fault).to.match(/^companies\.yaml:[1-9]\d* /)
          },
        ),
        { numRuns: 300 },
      )
    })
  })

  describe('readBoards', () => {
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'boards-'))
    })
    afterEach(() => rmSync(folder, { recursive: true }))

    it('reads the file of the folder', () => {
      writeFileSync(join(folder, 'companies.yaml'), stringify([ACME]))
      expect(readBoards(folder).map((board) => board.slug)).to.deep.equal(['acme'])
    })

    it('says which file is missing', () => {
      expect(() => readBoards(folder)).to.throw(ConfigError, `${join(folder, 'companies.yaml')} cannot be read (ENOENT)`)
    })
  })
})
