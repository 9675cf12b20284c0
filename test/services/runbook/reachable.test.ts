// Whether hosts can be reached: real handshakes with a server of our own, and everything that can be wrong with one.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { expect } from 'chai'
import { checkHost } from '../../../services/runbook/reachable.ts'

describe('whether a host can be reached', () => {
  const servers: Server[] = []
  const listen = async (server: Server): Promise<number> => {
    servers.push(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  after(() => {
    for (const server of servers) server.close()
  })
  const signal = () => AbortSignal.timeout(10_000)

  it('is well when name, address and certificate are, and says until when that is valid', async function () {
    const folder = mkdtempSync(join(tmpdir(), 'rolewatch-cert-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    try {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-days',
          '2',
          '-keyout',
          key,
          '-out',
          cert,
          ...subject,
        ],
        {
          stdio: 'ignore',
        },
      )
    } catch {
      rmSync(folder, { recursive: true })
      this.skip()
    }
    const ca = readFileSync(cert, 'utf8')
    const port = await listen(
      createTls({ key: readFileSync(key), cert: ca }, (socket) => socket.on('error', () => {})).on('tlsClientError', () => {}),
    )
    rmSync(folder, { recursive: true })
    const well = await checkHost(`127.0.0.1:${port}`, { signal: signal(), isOurs: true, ca })
    expect(well).to.include({ fault: null, address: '127.0.0.1' })
    expect(new Date(well.validTo ?? '').getTime()).to.be.above(Date.now())
    const distrusted = await checkHost(`127.0.0.1:${port}`, { signal: signal(), isOurs: true })
    expect(distrusted.fault).to.match(/^no handshake: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY)/)
  })

  it('needs no certificate where there is none', async () => {
    const port = await listen(createServer((socket) => socket.end()))
    expect(await checkHost(`127.0.0.1:${port}`, { signal: signal(), isOurs: true, isPlain: true })).to.deep.equal({
      fault: null,
      address: '127.0.0.1',
    })
  })

  it('says that nobody listens, that it is no TLS, and that nobody answers in time', async () => {
    const port = await listen(createServer((socket) => socket.end('HTTP/1.1 400\r\n\r\n')))
    expect((await checkHost(`127.0.0.1:${port}`, { signal: signal(), isOurs: true })).fault).to.match(/^no handshake: E/)
    const silent = await listen(createServer(() => {}))
    expect(await checkHost(`127.0.0.1:${silent}`, { signal: AbortSignal.timeout(50), isOurs: true })).to.include({
      fault: 'no handshake in time',
    })
    const closed = createServer()
    const free = await listen(closed)
    closed.close()
    await once(closed, 'close')
    expect((await checkHost(`127.0.0.1:${free}`, { signal: signal(), isOurs: true, isPlain: true })).fault).to.equal(
      'no connection: ECONNREFUSED',
    )
  })

  it('connects to no private address, by name or by number, unless it is our own choice', async () => {
    let knocked = 0
    const port = await listen(createServer(() => knocked++))
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, '[::1]', '169.254.169.254', '10.0.0.1'])
      expect((await checkHost(host, { signal: signal() })).fault, host).to.match(/which is no public address$/)
    expect(knocked).to.equal(0)
  })
})
