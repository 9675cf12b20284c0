// OTLP over HTTP as JSON: what the product's exporter sends, read into spans.

export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentId: string | null
  name: string
  /** Nanoseconds since 1970. */
  start: bigint
  end: bigint
  attributes: Record<string, string>
  service: string
  /** Null when it did not fail; the message, perhaps empty, when it did. */
  error: string | null
  /** Trace ids. */
  links: string[]
}

type Fields = Record<string, unknown>
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? (value as Fields[]) : [])
const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** OTLP's tagged values → text. */
function attributesOf(list: unknown): Record<string, string> {
  const entries = listOf(list).map(({ key, value }): [string, string] => {
    const tagged = Object.values((value ?? {}) as Fields)[0]
    return [textOf(key), typeof tagged === 'string' ? tagged : JSON.stringify(tagged)]
  })
  return Object.fromEntries(entries)
}

function nanosOf(value: unknown): bigint {
  const text = textOf(value)
  return /^\d+$/.test(text) ? BigInt(text) : 0n
}

function spanOf(span: Fields, service: string): ReceivedSpan {
  const status = (span['status'] ?? {}) as Fields
  const failed = status['code'] === 2 || status['code'] === 'STATUS_CODE_ERROR'
  return {
    traceId: textOf(span['traceId']).toLowerCase(),
    spanId: textOf(span['spanId']).toLowerCase(),
    parentId: textOf(span['parentSpanId']).toLowerCase() || null,
    name: textOf(span['name']),
    start: nanosOf(span['startTimeUnixNano']),
    end: nanosOf(span['endTimeUnixNano']),
    attributes: attributesOf(span['attributes']),
    service,
    error: failed ? textOf(status['message']) : null,
    links: listOf(span['links']).map((link) => textOf(link['traceId']).toLowerCase()),
  }
}

/**
 * The spans of an OTLP request body, or null when it is none.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids as hex, times as decimal text.
 */
export function readSpans(body: unknown): ReceivedSpan[] | null {
  const resources = (body as Fields | null | undefined)?.['resourceSpans']
  if (!Array.isArray(resources)) return null
  return listOf(resources).flatMap((resource) => {
    const service = attributesOf(((resource['resource'] ?? {}) as Fields)['attributes'])['service.name'] ?? ''
    return listOf(resource['scopeSpans']).flatMap((scope) => listOf(scope['spans']).map((span) => spanOf(span, service)))
  })
}
