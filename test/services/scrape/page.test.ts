// A page and the evidence of one that failed: parsed once, and bodies beside the failure, never on it.

import { expect } from 'chai'
import { Failure } from '../../../scrapers/failure.ts'
import { redact } from '../../../ops/log.ts'
import { attemptsOf, bodyOf, withAttempts, withBody } from '../../../services/scrape/evidence.ts'
import { createPage } from '../../../services/scrape/page.ts'

const parts = { url: 'https://jobs.example.com/acme', status: 200, headers: { etag: '"a"' } }

describe('a page', () => {
  it('parses its body once', () => {
    const page = createPage({ ...parts, body: '{"jobs":[1]}' })
    expect(page).to.include({ url: parts.url, status: 200, body: '{"jobs":[1]}' })
    expect(page.json()).to.deep.equal({ jobs: [1] })
    expect(page.json()).to.equal(page.json())
  })

  it('takes over what was parsed before', () => {
    const parsed = { jobs: [] }
    expect(createPage({ ...parts, body: '{"jobs":[]}', parsed }).json()).to.equal(parsed)
  })

  it('knows null from nothing', () => {
    expect(createPage({ ...parts, body: 'null' }).json()).to.equal(null)
  })

  it('calls a body that is not JSON drift, every time', () => {
    const page = createPage({ ...parts, body: '<html>' })
    for (const _ of [1, 2])
      expect(() => page.json())
        .to.throw(Failure, 'the page is not JSON')
        .that.includes({ kind: 'drift', status: 200 })
  })
})

describe('evidence', () => {
  it('is found again by whoever catches the failure', () => {
    const failure = new Failure('drift', 'x')
    expect(withAttempts(withBody(failure, '<html>'), 3)).to.equal(failure)
    expect(bodyOf(failure)).to.equal('<html>')
    expect(attemptsOf(failure)).to.equal(3)
  })

  it('is not there for anything else', () => {
    for (const other of [new Failure('drift', 'x'), new Error('x'), null, undefined, 'text', 7]) {
      expect(bodyOf(other)).to.equal(undefined)
      expect(attemptsOf(other)).to.equal(0)
    }
  })

  it('never reaches a log line', () => {
    const failure = withBody(new Failure('drift', 'x'), 'the whole page')
    expect(JSON.stringify(redact(failure))).to.not.include('the whole page')
  })
})
