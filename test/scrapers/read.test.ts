// Reading untrusted JSON: what must be there, what may be missing, and the path that an error names.

import { expect } from 'chai'
import fc from 'fast-check'
import { Failure } from '../../scrapers/failure.ts'
import { entries, fields, link, list, maybe, text } from '../../scrapers/read.ts'
import type { RawPosting } from '../../scrapers/source.ts'
import { failureOf } from './page.ts'

const ODD = [undefined, null, '', '  ', [], {}, true, Number.NaN, Number.POSITIVE_INFINITY]

describe('reading untrusted JSON', () => {
  it('takes objects, lists, texts and addresses as they are', () => {
    expect(fields({ a: 1 }, 'x')).to.deep.equal({ a: 1 })
    expect(list({ jobs: [1, 2] }, 'jobs')).to.deep.equal([1, 2])
    expect(list({ jobs: [] }, 'jobs')).to.deep.equal([])
    expect(text({ title: ' a b ' }, 'title', 'jobs[0]')).to.equal('a b')
    expect(text({ id: 42 }, 'id', 'jobs[0]')).to.equal('42')
    expect(link({ url: 'https://example.com/a?b#c' }, 'url', 'jobs[0]')).to.equal('https://example.com/a?b#c')
  })

  it('names the path and what stood there instead', () => {
    const message = (call: () => unknown) => failureOf(call).message
    expect(message(() => fields(null, 'jobs[2]'))).to.equal('jobs[2] is missing')
    expect(message(() => fields([], ''))).to.equal('the page is a list where an object was expected')
    expect(message(() => fields('x', 'jobs[2]'))).to.equal('jobs[2] is a text where an object was expected')
    expect(message(() => list({}, 'jobs'))).to.equal('jobs is missing')
    expect(message(() => list({ jobs: {} }, 'jobs'))).to.equal('jobs is an object where a list was expected')
    expect(message(() => list({ x: 7 }, 'x', 'a.b'))).to.equal('a.b.x is a number where a list was expected')
    expect(message(() => text({}, 'title', 'jobs[3]'))).to.equal('jobs[3].title is missing')
    expect(message(() => text({ title: ' ' }, 'title', 'jobs[3]'))).to.equal('jobs[3].title is an empty text where a text was expected')
    expect(message(() => text({ title: [] }, 'title', '[3]'))).to.equal('[3].title is a list where a text was expected')
    expect(message(() => text({ title: true }, 'title', ''))).to.equal('title is a boolean where a text was expected')
  })

  it('fails with kind drift and the path apart from the message', () => {
    for (const odd of ODD) expect(failureOf(() => text({ a: odd }, 'a', 'jobs[0]'))).to.include({ kind: 'drift', path: 'jobs[0].a' })
  })

  it('accepts no address but http and https', () => {
    for (const good of ['http://a', 'HTTPS://example.com', 'https://example.com/ü?x=1'])
      expect(link({ url: good }, 'url', ''), good).to.equal(good)
    for (const bad of [
      'javascript:alert(1)',
      '//example.com',
      '/jobs/1',
      'ftp://example.com',
      'data:text/html,x',
      'https://',
      'http:///x',
      'https://a b',
    ])
      expect(failureOf(() => link({ url: bad }, 'url', '')).path, bad).to.equal('url')
  })

  describe('what may be missing', () => {
    it('is null, or nothing, for every kind of odd value', () => {
      for (const odd of ODD) {
        const from = { a: odd }
        expect([
          maybe.text(from, 'a'),
          maybe.link(from, 'a'),
          maybe.number(from, 'a'),
          maybe.date(from, 'a'),
          maybe.workMode(from, 'a'),
        ]).to.deep.equal([null, null, null, null, null])
        expect(maybe.each(from, 'a')).to.deep.equal([])
        expect(maybe.texts(from, 'a')).to.deep.equal([])
        expect(maybe.fields(from, 'a')).to.deep.equal({})
      }
    })

    it('is a number when it is written as one', () => {
      expect([101, '101500.0', ' 7 ', '-1.5', '1e3'].map((a) => maybe.number({ a }, 'a'))).to.deep.equal([101, 101500, 7, -1.5, 1000])
      expect(['', ' ', 'many', '1,000', '$5', '0x'].map((a) => maybe.number({ a }, 'a'))).to.deep.equal([
        null,
        null,
        null,
        null,
        null,
        null,
      ])
    })

    it('is a flag only when it is one', () => {
      expect([true, false, 'true', 1, null].map((a) => maybe.flag({ a }, 'a'))).to.deep.equal([true, false, null, null, null])
    })

    it('leaves out of a list what does not belong there', () => {
      expect(maybe.each({ a: [{ b: 1 }, null, [], 'x', {}] }, 'a')).to.deep.equal([{ b: 1 }, {}])
      expect(maybe.texts({ a: [' x ', '', 3, null, 'y'] }, 'a')).to.deep.equal(['x', 'y'])
    })

    it('is a moment in UTC from ISO texts and from milliseconds', () => {
      const date = (a: unknown) => maybe.date({ a }, 'a')
      expect(date('2026-01-15T09:30:00-05:00')).to.equal('2026-01-15T14:30:00.000Z')
      expect(date('2026-01-15')).to.equal('2026-01-15T00:00:00.000Z')
      expect(date(' 2026-01-15T00:00:00Z')).to.equal('2026-01-15T00:00:00.000Z')
      expect(date(1_767_225_600_000)).to.equal('2026-01-01T00:00:00.000Z')
    })

    it('is no moment when it is a word, a small number or far away', () => {
      for (const odd of [
        'today',
        'March 5',
        '5',
        '2026',
        '2026-13-45',
        '1811-01-01',
        '9999-01-01T00:00:00Z',
        0,
        20_260_115,
        1e18,
        -1,
        '0000-00-00',
      ])
        expect(maybe.date({ odd }, 'odd'), String(odd)).to.equal(null)
    })

    it('knows the ways of working however they are written', () => {
      const mode = (a: unknown) => maybe.workMode({ a }, 'a')
      expect(['OnSite', 'on-site', 'ON_SITE', 'Hybrid', 'remote '].map(mode)).to.deep.equal([
        'onsite',
        'onsite',
        'onsite',
        'hybrid',
        'remote',
      ])
      expect(['unspecified', 'remote-friendly', 'anywhere', 7].map(mode)).to.deep.equal([null, null, null, null])
    })

    it('never throws, whatever is there', () => {
      fc.assert(
        fc.property(fc.anything(), (value) => {
          const from = { a: value }
          for (const read of Object.values(maybe)) expect(() => read(from, 'a')).to.not.throw()
        }),
        { numRuns: 300 },
      )
    })
  })

  describe('entry by entry', () => {
    const posting = { externalId: 'x' } as RawPosting

    it('collects what cannot be read and goes on', () => {
      const page = entries([{ ok: 1 }, { ok: 0 }, 'x', { skip: 1 }], 'jobs', (entry, path) => {
        if (entry['skip'] === 1) return null
        if (entry['ok'] === 0) throw new Failure('drift', 'no', { path: `${path}.ok` })
        return posting
      })
      expect(page).to.include({ listed: 4, unlisted: 1 })
      expect(page.postings).to.deep.equal([posting])
      expect(page.rejected.map((failure) => failure.path)).to.deep.equal(['jobs[1].ok', 'jobs[2]'])
    })

    it('does not take a bug for a posting that cannot be read', () => {
      expect(() =>
        entries([{}], 'jobs', () => {
          throw new TypeError('bug')
        }),
      ).to.throw(TypeError, 'bug')
    })
  })
})
