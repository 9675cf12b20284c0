// Which addresses a scraper may never reach: checked on the name, on the literal, and on what the socket will really connect to.

import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { Failure } from '../../scrapers/failure.ts'

// IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates): all that is not globally reachable.
const FORBIDDEN_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
const FORBIDDEN_V6 = [
  '::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

const forbidden = new BlockList()
for (const [family, nets] of [
  ['ipv4', FORBIDDEN_V4],
  ['ipv6', FORBIDDEN_V6],
] as const) {
  for (const net of nets) {
    const [address = '', bits] = net.split('/')
    forbidden.addSubnet(address, Number(bits), family)
  }
}
const nat64 = new BlockList()
nat64.addSubnet('64:ff9b::', 96, 'ipv6')

/** Says yes to an address that is forbidden otherwise; only tests have one. */
export type AllowAddress = (address: string) => boolean

/** Whether an IP address is not a public one. IPv4 inside IPv6 (mapped, or NAT64 of RFC 6052) is judged as the IPv4 it is. */
export function isForbidden(address: string): boolean {
  const family = isIP(address)
  if (family === 0) return true
  if (family === 4) return forbidden.check(address, 'ipv4')
  if (nat64.check(address, 'ipv6')) return forbidden.check(lastFourBytes(address), 'ipv4')
  return forbidden.check(address, 'ipv6')
}

/** The IPv4 address in the low 32 bits of an IPv6 address. */
function lastFourBytes(address: string): string {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [high = '0', low = '0'] = canonical.endsWith('::') ? [] : canonical.replace('::', ':0:').split(':').slice(-2)
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.')
}

const LOCAL_NAME = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)\.?$/i

/**
 * Checks an address before anything is sent to it.
 * @throws Failure of kind `drift` when it is not http(s), carries credentials, or names this machine or a private network
 */
export function checkUrl(url: URL, allow: AllowAddress = () => false): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Failure('drift', `${url.protocol} is not an address of the web`)
  if (url.username || url.password) throw new Failure('drift', `the address of ${url.host} carries credentials`)
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const literal = isIP(name) !== 0
  if ((literal ? isForbidden(name) : LOCAL_NAME.test(name)) && !allow(name))
    throw new Failure('drift', `${name} is a private address, which no board may lead to`)
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/**
 * A `lookup` for sockets that refuses names with any forbidden address. It hands out the very addresses it has checked,
 * so the name cannot mean something else a moment later.
 */
export function guardedLookup(allow: AllowAddress = () => false, resolve: typeof lookup = lookup) {
  return (host: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(host, { ...options, all: true }, (error, list) => {
      if (error) return callback(error, [])
      const bad = list.find((one) => isForbidden(one.address) && !allow(one.address))
      if (bad) return callback(new Failure('drift', `${host} leads to the private address ${bad.address}`), [])
      const first = list[0]
      if (options.all) return callback(null, list)
      if (!first) return callback(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), [])
      callback(null, first.address, first.family)
    })
  }
}
