// The rules of a robots.txt as they apply to us (RFC 9309).

import { expect } from 'chai'
import { readRules } from '../../../services/scrape/robots.ts'

const allows = (text: string, path: string) =>
  readRules('https://jobs.example.com/robots.txt', text).allows(`https://jobs.example.com${path}`)
const delay = (text: string) => readRules('https://jobs.example.com/robots.txt', text).delaySeconds

describe('robots.txt', () => {
  it('that is empty, missing its rules or no robots.txt at all allows everything', () => {
    for (const text of ['', '\n\n', '# nothing', 'User-agent: *\nDisallow:', '<!doctype html><h1>Not found</h1>', '\u0000\u0001'])
      expect(allows(text, '/jobs?page=2'), JSON.stringify(text)).to.equal(true)
  })

  it('addresses us by our name before everybody', () => {
    const text = 'User-agent: *\nDisallow: /\n\nUser-agent: rolewatch\nDisallow: /admin'
    expect(allows(text, '/jobs')).to.equal(true)
    expect(allows(text, '/admin/x')).to.equal(false)
    expect(allows('User-agent: OtherBot\nDisallow: /', '/jobs')).to.equal(true)
  })

  it('addresses several at once, in any case, with a version', () => {
    const text = 'USER-AGENT: OtherBot\nuser-agent: RoleWatch/1.0\ndisallow: /jobs'
    expect(allows(text, '/jobs')).to.equal(false)
  })

  it('decides by the longest rule, and for us when two are as long', () => {
    const text = 'User-agent: *\nDisallow: /jobs\nAllow: /jobs/public\nDisallow: /jobs/public/hidden'
    expect(allows(text, '/jobs')).to.equal(false)
    expect(allows(text, '/jobs/public')).to.equal(true)
    expect(allows(text, '/jobs/public/hidden/1')).to.equal(false)
    expect(allows('User-agent: *\nDisallow: /a\nAllow: /a', '/a')).to.equal(true)
  })

  it('knows wildcards, ends and queries', () => {
    const text = 'User-agent: *\nDisallow: /*.pdf$\nDisallow: /*?session='
    expect(allows(text, '/x.pdf')).to.equal(false)
    expect(allows(text, '/x.pdf?a')).to.equal(true)
    expect(allows(text, '/jobs?session=1')).to.equal(false)
  })

  it('may begin with a byte order mark and end lines in any way', () => {
    expect(allows('\uFEFFUser-agent: *\r\nDisallow: /a\rDisallow: /b', '/a')).to.equal(false)
    expect(allows('\uFEFFUser-agent: *\r\nDisallow: /a\rDisallow: /b', '/b')).to.equal(false)
  })

  it('is read only so far as anybody means it', () => {
    const long = `User-agent: *\nDisallow: /a\n${'# filler\n'.repeat(60_000)}Disallow: /b`
    expect(allows(long, '/a')).to.equal(false)
    expect(allows(long, '/b')).to.equal(true)
  })

  it('asks for a delay, which has bounds', () => {
    for (const [text, seconds] of [
      ['User-agent: *\nCrawl-delay: 1', 1],
      ['User-agent: *\nCrawl-delay: 2.5', 2.5],
      ['User-agent: *\nCrawl-delay: 86400', 30],
      ['User-agent: *\nCrawl-delay: -3', 0],
      ['User-agent: *\nCrawl-delay: soon', 0],
      ['User-agent: OtherBot\nCrawl-delay: 9', 0],
      ['', 0],
    ] as const)
      expect(delay(text), text).to.equal(seconds)
  })
})
