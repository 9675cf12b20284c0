// Every source alike: fixtures, what they become, and that no page, however odd, does more than fail as expected.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { Failure } from '../../scrapers/failure.ts'
import { sourceNames, sources } from '../../scrapers/index.ts'
import type { ParsedPage } from '../../scrapers/source.ts'
import { BOARD, failureOf, pageOf, parseJson } from './page.ts'

const root = join(import.meta.dirname, '../..')
const folderOf = (name: string) => join(root, 'test/fixtures', name)
const fixturesOf = (name: string) =>
  readdirSync(folderOf(name)).filter((file) => file.endsWith('.json') && !file.endsWith('.expected.json'))
const read = (name: string, file: string) => JSON.parse(readFileSync(join(folderOf(name), file), 'utf8')) as unknown

/** As it is written to the expectations: a Failure as its path and message. */
const plain = ({ rejected, ...page }: ParsedPage) => ({
  ...page,
  rejected: rejected.map(({ kind, path, message }) => ({ kind, path, message })),
})

describe('sources', () => {
  it('are the files that define one, the names in the index and the folders of fixtures, all three the same', () => {
    const files = readdirSync(join(root, 'scrapers')).filter((file) =>
      /\bdefineSource\(\{/.test(readFileSync(join(root, 'scrapers', file), 'utf8')),
    )
    expect(files.map((file) => file.replace('.ts', '')).toSorted()).to.deep.equal([...sourceNames])
    expect(Object.keys(sources).toSorted()).to.deep.equal([...sourceNames])
    for (const name of sourceNames) expect(fixturesOf(name), name).to.not.have.lengthOf(0)
  })

  for (const [name, source] of Object.entries(sources)) {
    describe(name, () => {
      it('names itself, asks only hosts it declares, over https, and paces itself', () => {
        expect(source.name).to.equal(name)
        for (const region of source.regions.length > 0 ? source.regions : [null]) {
          const { host, protocol } = new URL(source.first({ ident: 'exampleco', region }).url)
          expect(source.hosts).to.include(host)
          expect(protocol).to.equal('https:')
        }
        expect(source.pace.perSecond).to.be.within(0.1, 5)
        expect(source.pace.atOnce).to.be.within(1, 5)
        expect(source.timeoutSeconds).to.be.within(5, 60)
      })

      it('escapes what a board is called, so that a name can never become another address', () => {
        const { url } = source.first({ ident: '../a b?c=d#e', region: null })
        expect(url).to.include('..%2Fa%20b%3Fc%3Dd%23e')
        expect(source.careersUrl('a b')).to.include('a%20b')
      })

      for (const file of fixturesOf(name)) {
        it(`reads ${file} as expected`, () => {
          const page = plain(parseJson(source, read(name, file)))
          const expected = join(folderOf(name), file.replace('.json', '.expected.json'))
          if (process.env['UPDATE'] === '1') writeFileSync(expected, `${JSON.stringify(page, null, 2)}\n`)
          expect(existsSync(expected), 'UPDATE=1 writes it').to.equal(true)
          expect(page).to.deep.equal(JSON.parse(readFileSync(expected, 'utf8')))
        })

        it(`accounts for every entry of ${file}`, () => {
          const page = parseJson(source, read(name, file))
          expect(page.postings.length + page.rejected.length + page.unlisted).to.equal(page.listed)
        })

        it(`loses at most the posting concerned when any one field of ${file} is missing, renamed or of another type`, () => {
          const before = parseJson(source, read(name, file))
          for (const [path, changed] of oneFieldChanged(read(name, file))) {
            const after = survives(source.name, changed, path)
            if (after?.listed === before.listed)
              expect(after.postings.length, path).to.be.within(before.postings.length - 1, before.postings.length + 1)
          }
        })
      }

      it('says drift, and where, when the page as a whole is something else', () => {
        const request = source.first(BOARD)
        for (const body of [
          '',
          '<!doctype html><title>Log in</title>',
          '{"jobs": [',
          'null',
          '7',
          '"jobs"',
          '{"ok":false}',
          '{"jobs":{}}',
          '{"jobs":null}',
        ]) {
          const failure = failureOf(() => source.parse(pageOf(body, request.url), BOARD, request))
          expect(failure.kind, body).to.equal('drift')
        }
        expect(failureOf(() => parseJson(source, { jobs: {}, postings: [] })).path).to.be.oneOf(['jobs', 'the page'])
      })

      it('throws nothing but a Failure, whatever the JSON', () => {
        fc.assert(
          fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()), fc.record({ jobs: fc.array(fc.jsonValue()) })), (value) => {
            survives(name, value, 'arbitrary')
          }),
          { numRuns: 300 },
        )
      })

      it('takes people out without changing what it is given, and without touching pages that name none', () => {
        for (const file of fixturesOf(name)) {
          const before = read(name, file)
          const given = structuredClone(before)
          const without = source.withoutPeople?.(given)
          expect(given).to.deep.equal(before)
          if (without !== undefined) expect(parseJson(source, without).postings).to.deep.equal(parseJson(source, before).postings)
        }
        for (const odd of [null, 7, 'x', [], {}, { jobs: [null, { metadata: [null, 3] }] }])
          expect(source.withoutPeople?.(odd)).to.equal(undefined)
      })
    })
  }
})

/** The page where it could be read, or null where it failed as a whole in the expected way. */
function survives(name: string, value: unknown, where: string): ParsedPage | null {
  const source = sources[name]
  if (source === undefined) throw new Error(`no source ${name}`)
  try {
    const page = parseJson(source, value)
    expect(page.postings.length + page.rejected.length + page.unlisted, where).to.equal(page.listed)
    for (const posting of page.postings) {
      expect(posting.externalId.trim(), where).to.not.equal('')
      expect(posting.title.trim(), where).to.not.equal('')
      expect(posting.url, where).to.match(/^https?:\/\//i)
    }
    for (const failure of page.rejected) expect(failure.path, where).to.be.a('string').and.not.equal('')
    return page
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    expect(error.kind, where).to.equal('drift')
    return null
  }
}

/** The same JSON with one field gone, renamed, or holding another type, for every field in turn. */
function* oneFieldChanged(json: unknown): Generator<[path: string, changed: unknown]> {
  for (const path of pathsIn(json, [])) {
    for (const change of ['drop', 'rename', null, 7, 'text', true, [], {}, [['x']], { x: null }] as const) {
      const copy = structuredClone(json)
      let at = copy as Record<string | number, unknown>
      for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>
      const last = path.at(-1) ?? ''
      if (change === 'drop' || change === 'rename') {
        if (change === 'rename') at[`${last}_new`] = at[last]
        delete at[last]
      } else at[last] = change
      yield [`${path.join('.')} ← ${JSON.stringify(change)}`, copy]
    }
  }
}

function pathsIn(value: unknown, path: (string | number)[]): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((item, index) => pathsIn(item, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...pathsIn(inner, [...path, key])])
}
