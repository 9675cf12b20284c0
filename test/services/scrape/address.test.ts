// Which addresses are refused: written in every way, resolved by name, and through the guard that sockets use.

import type { LookupAddress } from 'node:dns'
import { expect } from 'chai'
import fc from 'fast-check'
import { checkUrl, guardedLookup, isForbidden } from '../../../services/scrape/address.ts'
import { Failure } from '../../../scrapers/failure.ts'

const PRIVATE = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
]
const PUBLIC = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '128.0.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '::ffff:1.1.1.1',
  '64:ff9b::1.1.1.1',
  '2400:cb00::1',
  '2606:4700::1111',
  '2a00:1450:4001:80b::200e',
]

describe('forbidden addresses', () => {
  for (const address of PRIVATE)
    it(`${address} is one`, () => {
      expect(isForbidden(address)).to.equal(true)
    })
  for (const address of PUBLIC)
    it(`${address} is none`, () => {
      expect(isForbidden(address)).to.equal(false)
    })

  it('what is no address at all is one', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', 'g::1']) expect(isForbidden(text), text).to.equal(true)
  })

  it('an IPv4 address is judged the same in every way it can be written', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
        const plain = isForbidden(address)
        for (const other of [`::ffff:${address}`, `::ffff:${hex}`, `64:ff9b::${address}`, `64:ff9b::${hex}`])
          expect(isForbidden(other), other).to.equal(plain)
      }),
    )
  })
})

describe('checkUrl', () => {
  const refusal = (address: string, allow?: (one: string) => boolean): string | undefined => {
    try {
      checkUrl(new URL(address), allow)
      return undefined
    } catch (error) {
      expect(error).to.be.instanceOf(Failure)
      expect((error as Failure).kind).to.equal('drift')
      return (error as Failure).message
    }
  }

  it('lets public names and addresses through', () => {
    for (const address of [
      'https://boards-api.greenhouse.io/v1',
      'http://1.1.1.1/',
      'https://[2606:4700::1111]:8443/',
      'https://xn--bcher-kva.example/',
    ])
      expect(refusal(address), address).to.equal(undefined)
  })

  it('sees through other ways of writing a private address', () => {
    for (const address of [
      'http://127.1/',
      'http://0177.0.0.1/',
      'http://0x7f000001/',
      'http://2130706433/',
      'http://127.0.0.1./',
      'http://①②⑦.⓪.⓪.①/',
      'http://[0:0:0:0:0:ffff:7f00:1]/',
    ])
      expect(refusal(address), address).to.include('private address')
  })

  it('knows names that only mean something inside', () => {
    for (const name of [
      'localhost',
      'LOCALHOST',
      'a.localhost',
      'localhost.',
      'printer.local',
      'metadata.google.internal',
      'nas.home.arpa',
    ])
      expect(refusal(`https://${name}/`), name).to.include('private address')
    for (const name of ['localhost.example.com', 'mylocalhost', 'internal.example.com', 'thelocal'])
      expect(refusal(`https://${name}/`), name).to.equal(undefined)
  })

  it('refuses credentials without repeating them, and other protocols', () => {
    expect(refusal('https://user:secret@example.com/')).to.include('credentials').and.not.include('secret')
    expect(refusal('https://user@example.com/')).to.include('credentials')
    expect(refusal('ftp://example.com/')).to.include('ftp:')
    expect(refusal('data:text/plain,x')).to.include('data:')
  })

  it('makes an exception only for the very address that is allowed', () => {
    const allow = (one: string) => one === '127.0.0.1'
    expect(refusal('http://127.0.0.1:8080/', allow)).to.equal(undefined)
    expect(refusal('http://127.0.0.2/', allow)).to.include('private address')
  })
})

describe('guardedLookup', () => {
  type Outcome = { error: Error | null; address: string | LookupAddress[]; family?: number | undefined }
  const ask = (addresses: LookupAddress[] | NodeJS.ErrnoException, options: object, allow?: (one: string) => boolean): Promise<Outcome> => {
    const resolve = ((_host: string, given: { all?: boolean }, callback: (error: Error | null, list: LookupAddress[]) => void) => {
      expect(given.all, 'all addresses are checked, whatever was asked for').to.equal(true)
      if (addresses instanceof Error) callback(addresses, [])
      else callback(null, addresses)
    }) as never
    return new Promise((done) =>
      guardedLookup(allow, resolve)('host.example', options, (error, address, family) => done({ error, address, family })),
    )
  }
  const good: LookupAddress[] = [
    { address: '1.1.1.1', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]

  it('hands out the addresses it has checked, one or all', async () => {
    expect(await ask(good, { all: true })).to.deep.include({ error: null, address: good })
    expect(await ask(good, {})).to.deep.equal({ error: null, address: '1.1.1.1', family: 4 })
  })

  it('refuses a name when any of its addresses is private', async () => {
    const mixed = [...good, { address: '10.0.0.1', family: 4 }]
    for (const options of [{ all: true }, {}]) {
      const { error } = await ask(mixed, options)
      expect(error).to.be.instanceOf(Failure)
      expect(error?.message).to.include('host.example').and.to.include('10.0.0.1')
    }
    expect((await ask(mixed, {}, (one) => one === '10.0.0.1')).error).to.equal(null)
  })

  it('passes the errors of the resolver on, and makes one of an empty answer', async () => {
    const missing = Object.assign(new Error('nothing'), { code: 'ENOTFOUND' })
    expect((await ask(missing, {})).error).to.equal(missing)
    expect((await ask([], {})).error).to.include({ code: 'ENOTFOUND' })
  })

  it('stops a name that really resolves to this machine', async () => {
    const error = await new Promise<Error | null>((done) => guardedLookup()('localhost', {}, (failure) => done(failure)))
    expect(error).to.be.instanceOf(Failure)
  })
})
