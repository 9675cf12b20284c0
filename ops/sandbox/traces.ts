// A receiver of traces: takes OTLP over HTTP as JSON, keeps the newest, and shows each as a tree.

import { parseJson, readBody, send, sendJson, sendPage, type Exchange } from './http.ts'
import { readSpans, type ReceivedSpan } from './otlp.ts'
import { renderList, renderTree } from './trace-tree.ts'

export interface TraceReceiver {
  /** Newest last. */
  ids(): string[]
  /** The trace as text; a sentence when it is not known. */
  tree(traceId: string): string
  spans(traceId: string): ReceivedSpan[]
  clear(): void
  handle(exchange: Exchange): Promise<void>
}

const MAX_BYTES = 16_000_000
const KEPT = 2000
const SPANS = 10_000

/** Opens the receiver: the newest 2,000 traces, at most 10,000 spans of each. */
export function openTraces(): TraceReceiver {
  const traces = new Map<string, ReceivedSpan[]>()
  const spans = (traceId: string) => traces.get(traceId.toLowerCase()) ?? []
  const tree = (traceId: string) => renderTree(traceId, spans(traceId))

  function take(received: ReceivedSpan[]): void {
    for (const span of received) {
      const known = traces.get(span.traceId) ?? []
      if (known.length < SPANS) known.push(span)
      traces.set(span.traceId, known)
      const oldest = traces.keys().next().value
      if (traces.size > KEPT && oldest !== undefined) traces.delete(oldest)
    }
  }

  async function receive(exchange: Exchange): Promise<void> {
    const type = exchange.request.headers['content-type'] ?? ''
    const text = await readBody(exchange.request, MAX_BYTES)
    if (!type.includes('application/json')) return sendJson(exchange, 415, { message: 'only application/json is understood' })
    const received = readSpans(parseJson(text))
    if (!received) return sendJson(exchange, 400, { message: 'there are no resourceSpans in it' })
    take(received)
    sendJson(exchange, 200, { partialSuccess: {} })
  }

  return {
    ids: () => [...traces.keys()],
    tree,
    spans,
    clear: () => traces.clear(),
    async handle(exchange) {
      const { request, path } = exchange
      if (path === '/v1/traces' && request.method === 'POST') return receive(exchange)
      if (path === '/traces') {
        if (request.method === 'DELETE') traces.clear()
        const list = [...traces].map(([id, known]) => ({ id, spans: known })).toReversed()
        const html = (request.headers.accept ?? '').includes('text/html')
        return html ? sendPage(exchange, renderList(list).html) : sendJson(exchange, 200, renderList(list).rows)
      }
      const id = /^\/traces\/([0-9a-f]{32})$/i.exec(path)?.[1]
      const known = id !== undefined && spans(id).length > 0
      send(exchange, known ? 200 : 404, 'text/plain; charset=utf-8', id === undefined ? 'a trace id has 32 hex characters\n' : tree(id))
    },
  }
}
