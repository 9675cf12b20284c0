// From what a source gives to what is kept, and what counts as an edit.

import { expect } from 'chai'
import fc from 'fast-check'
import type { RawPosting } from '../../../scrapers/source.ts'
import { contentHash, normalise } from '../../../services/postings/normalise.ts'
import { uidOf } from '../../../services/postings/posting.ts'
import { HOME, rawPay, rawPlace, rawPosting } from './raw.ts'

const of = (extra: Partial<RawPosting> = {}, country: string | null = null) => normalise(rawPosting(extra), { ...HOME, country })

const FULL = rawPosting({
  title: '  Senior  Backend Engineer (Go) ',
  description: { kind: 'html', value: '<p>Write <b>Go</b> &amp; SQL.</p><ul><li>Own it</li></ul>' },
  places: [rawPlace('Berlin, Germany'), rawPlace('Remote - US')],
  department: ' Engineering ',
  team: '',
  employmentType: 'Full-time',
  postedAt: '2026-01-15T14:30:00.000Z',
  editedAt: '2026-02-20T15:00:00.000Z',
  pay: [rawPay({ minMinor: 7_000_000, maxMinor: 9_000_000, currency: 'EUR', evidence: '€70K – €90K' })],
  facts: { Teams: ['A', 'B'], Remote: true, Size: 9 },
})

describe('normalise', () => {
  it('gives a whole posting, ready to be stored', () => {
    expect(normalise(FULL, HOME)).to.deep.equal({
      uid: uidOf('greenhouse', 'exampleco', '1'),
      source: 'greenhouse',
      board: 'exampleco',
      external_id: '1',
      title: 'Senior Backend Engineer (Go)',
      url: 'https://example.com/jobs/1',
      apply_url: null,
      description: 'Write Go & SQL.\n\n- Own it',
      description_html: '<p>Write <b>Go</b> &amp; SQL.</p><ul><li>Own it</li></ul>',
      places: [
        { text: 'Berlin, Germany', city: 'Berlin', region: null, country: 'DE' },
        { text: 'Remote - US', city: null, region: null, country: 'US' },
      ],
      work_mode: 'remote',
      work_mode_origin: 'place',
      department: 'Engineering',
      team: null,
      employment_type: 'Full-time',
      requisition_id: null,
      language: null,
      posted_at: '2026-01-15T14:30:00.000Z',
      edited_at: '2026-02-20T15:00:00.000Z',
      pay: [
        {
          min_minor: 7_000_000,
          max_minor: 9_000_000,
          currency: 'EUR',
          period: 'year',
          basis: 'base',
          label: null,
          annual_min: 70_000,
          annual_max: 90_000,
          origin: 'structured',
          evidence: '€70K – €90K',
        },
      ],
      level: 'senior',
      track: 'ic',
      skills: ['Go', 'SQL'],
      facts: { Teams: ['A', 'B'], Remote: true, Size: 9 },
      content_hash: contentHash(FULL),
    })
  })

  it('knows a posting by source, board and id for ever', () => {
    expect(of().uid, 'sha1 of "greenhouse:exampleco:1"').to.equal('48d9ed1d24c4efb185ba6b29f7d3b44a2e55ffe8')
    expect(of({ externalId: '2' }).uid).to.not.equal(of().uid)
    expect(normalise(rawPosting(), { ...HOME, ident: 'other' }).uid).to.not.equal(of().uid)
    expect(of({ title: 'Other' }).uid).to.equal(of().uid)
  })

  it('keeps HTML only where there was some, and plain text tidied', () => {
    expect(of({ description: { kind: 'text', value: ' a \r\n\r\n\r\n b < c' } })).to.include({
      description: 'a\n\nb < c',
      description_html: null,
    })
    expect(of()).to.include({ description: '', description_html: null })
  })

  it('takes the company’s home for places that may be in several countries', () => {
    expect(of({ places: [rawPlace('Ontario, CA')] }).places[0]?.country).to.equal(null)
    expect(of({ places: [rawPlace('Ontario, CA')] }, 'US').places[0]?.country).to.equal('US')
  })

  describe('work mode', () => {
    const mode = (extra: Partial<RawPosting>) => {
      const { work_mode, work_mode_origin } = of(extra)
      return [work_mode, work_mode_origin]
    }

    it('is the source’s own before that of a place, and that before the title’s', () => {
      const places = [rawPlace('Berlin (Hybrid)')]
      const title = 'Engineer (Remote)'
      expect(mode({ workMode: 'onsite', places, title })).to.deep.equal(['onsite', 'source'])
      expect(mode({ places, title })).to.deep.equal(['hybrid', 'place'])
      expect(mode({ title })).to.deep.equal(['remote', 'title'])
      expect(mode({})).to.deep.equal([null, null])
    })

    it('is never read from the description', () => {
      expect(mode({ description: { kind: 'html', value: '<p>This job is remote. Fully remote!</p>' } })).to.deep.equal([null, null])
    })

    it('is that of the location even when offices stand beside it', () => {
      const { work_mode, places } = of({ places: [rawPlace('Hybrid'), rawPlace('Berlin, Germany')] })
      expect(work_mode).to.equal('hybrid')
      expect(places.map((place) => place.text)).to.deep.equal(['Berlin, Germany'])
    })
  })

  it('lets nothing through that the database refuses', () => {
    const bad = 'a\u0000\ud800b'
    const posting = of({
      externalId: bad,
      title: bad,
      url: `https://example.com/${bad}`,
      applyUrl: `https://example.com/${bad}`,
      department: bad,
      requisitionId: bad,
      description: { kind: 'html', value: `<p>${bad}</p>` },
      places: [rawPlace(bad, { city: bad })],
      pay: [rawPay({ label: bad, evidence: bad })],
      facts: { [bad]: bad, list: [bad] },
    })
    expect(JSON.stringify(posting)).to.not.match(/\\u0000|\\ud800/)
  })

  it('is pure: the same in, the same out, and what goes in is left alone', () => {
    const before = structuredClone(FULL)
    expect(normalise(FULL, HOME)).to.deep.equal(normalise(FULL, HOME))
    expect(FULL).to.deep.equal(before)
  })
})

describe('the content hash', () => {
  it('is SHA-256 in hex', () => {
    expect(contentHash(FULL)).to.match(/^[0-9a-f]{64}$/)
  })

  it('stays when only the time of the last edit moves: some employers move it daily', () => {
    expect(contentHash({ ...FULL, editedAt: '2026-03-01T00:00:00.000Z' })).to.equal(contentHash(FULL))
    expect(contentHash({ ...FULL, editedAt: null })).to.equal(contentHash(FULL))
  })

  it('stays when keys come in another order', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, inner]) => [key, reversed(inner)]),
      )
    }
    expect(contentHash(reversed(FULL) as RawPosting)).to.equal(contentHash(FULL))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()))), (facts) => {
        const posting = { ...FULL, facts }
        expect(contentHash(reversed(posting) as RawPosting)).to.equal(contentHash(posting))
      }),
    )
  })

  it('depends on nothing that is derived: not on the company’s home, nor on what is read out of words', () => {
    const places = [rawPlace('Ontario, CA')]
    const [here, there] = [of({ places }, 'US'), of({ places }, 'CA')]
    expect(here.places).to.not.deep.equal(there.places)
    expect(here.content_hash).to.equal(there.content_hash)
  })

  it('changes with every field that a reader would call the content', () => {
    const changes: Partial<RawPosting>[] = [
      { title: 'Other' },
      { url: 'https://example.com/2' },
      { applyUrl: 'https://example.com/apply' },
      { description: { kind: 'html', value: '<p>Other</p>' } },
      { description: null },
      { places: [rawPlace('Berlin, Germany')] },
      { places: [rawPlace('Berlin, Germany', { country: 'DE' }), rawPlace('Remote - US')] },
      { workMode: 'remote' },
      { department: 'Sales' },
      { team: 'Core' },
      { employmentType: 'Part-time' },
      { requisitionId: 'R-2' },
      { language: 'de' },
      { postedAt: '2026-01-16T00:00:00.000Z' },
      { pay: [] },
      { pay: [rawPay({ minMinor: 7_000_000, maxMinor: 9_000_001, currency: 'EUR', evidence: '€70K – €90K' })] },
      { facts: { Teams: ['A'], Remote: true, Size: 9 } },
      { facts: {} },
    ]
    const hashes = changes.map((change) => contentHash({ ...FULL, ...change }))
    expect(new Set([contentHash(FULL), ...hashes]).size).to.equal(changes.length + 1)
  })
})
