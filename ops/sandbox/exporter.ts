// An exporter of made-up metrics: serves what it is given as Prometheus reads it, counters growing second by second.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Series {
  /** With its labels, as `process_resident_memory_bytes{instance="drill"}`. */
  name: string
  /** A gauge's value; of a counter where it begins. */
  value: number
  /** A counter grows by so much each second. */
  perSecond?: number
}

export interface Exporter {
  /** As `127.0.0.1:9100`. */
  address: string
  /** Serves these from now on, until they are taken away by the same key. */
  put(key: string, series: readonly Series[]): void
  take(key: string): void
  close(): Promise<void>
}

/** Opens one on a free port of this machine. */
export async function openExporter(now: () => number = () => performance.now()): Promise<Exporter> {
  const served = new Map<string, { since: number; series: readonly Series[] }>()
  const server = createServer((_request, response) => {
    const lines = [...served.values()].flatMap(({ since, series }) =>
      series.map(({ name, value, perSecond = 0 }) => `${name} ${value + (perSecond * (now() - since)) / 1000}`),
    )
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(`${lines.join('\n')}\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    put: (key, series) => void served.set(key, { since: now(), series }),
    take: (key) => void served.delete(key),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
