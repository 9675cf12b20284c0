// Whether a host can be reached from this machine: its name, the address behind it, and the handshake that proves who answers.

import { lookup } from 'node:dns/promises'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { isForbidden } from '../scrape/address.ts'

export interface HostCheck {
  /** In words; null when it is well. */
  fault: string | null
  address?: string
  /** Until when its certificate is valid. */
  validTo?: string
}

export interface CheckOptions {
  signal: AbortSignal
  /** An address of our own choosing, which may be a private one. */
  isOurs?: boolean
  /** Without TLS. */
  isPlain?: boolean
  /** Certificates that are trusted, in PEM, in place of the usual ones. */
  ca?: string
}

const TIMEOUT_MS = 8000

/** Asks of a host (`name` or `name:port`) whether it can be reached. Sends nothing but the handshake. */
export async function checkHost(host: string, options: CheckOptions): Promise<HostCheck> {
  const { hostname, port } = new URL(`https://${host}`)
  const name = hostname.replace(/^\[|\]$/g, '')
  let addresses: string[]
  try {
    addresses = (await lookup(name, { all: true })).map(({ address }) => address)
  } catch (error) {
    return { fault: `its name cannot be resolved (${codeOf(error) ?? 'no answer'})` }
  }
  const forbidden = options.isOurs ? undefined : addresses.find(isForbidden)
  if (forbidden !== undefined) return { fault: `its name leads to ${forbidden}, which is no public address`, address: forbidden }
  const [address = ''] = addresses
  const target = { host: address, port: Number(port === '' ? (options.isPlain ? 80 : 443) : port) }
  const socket = options.isPlain
    ? connectPlain(target)
    : connectTls({ ...target, ...(isIP(name) ? {} : { servername: name }), ...(options.ca === undefined ? {} : { ca: options.ca }) })
  return { address, ...(await handshake(socket, options)) }
}

function handshake(socket: Socket | TLSSocket, { signal, isPlain }: CheckOptions): Promise<HostCheck> {
  return new Promise((done) => {
    const end = (result: HostCheck) => {
      signal.removeEventListener('abort', late)
      socket.destroy()
      done(result)
    }
    const late = () => end({ fault: `no ${isPlain ? 'connection' : 'handshake'} in time` })
    const well = () => end({ fault: null, ...('getPeerCertificate' in socket ? { validTo: socket.getPeerCertificate().valid_to } : {}) })
    signal.addEventListener('abort', late, { once: true })
    if (signal.aborted) late()
    socket.setTimeout(TIMEOUT_MS, late)
    socket.once(isPlain ? 'connect' : 'secureConnect', well)
    socket.once('error', (error) => end({ fault: `no ${isPlain ? 'connection' : 'handshake'}: ${codeOf(error) ?? 'refused'}` }))
  })
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code
}
