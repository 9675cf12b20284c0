// What an error of the network, of TLS or of a decoder means, in our closed list of failures.

import { Failure } from '../../scrapers/failure.ts'

const TIMEOUTS = ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']
const TOO_LARGE = ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'ERR_BUFFER_TOO_LARGE']
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|EPROTO$|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/
const NAMES = ['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'EAI_NODATA', 'EAI_FAIL', 'EAI_NONAME']
const DECODING = /^(Z_|ERR__ERROR_|ERR_BROTLI|ERR_PADDING|ZSTD_|ERR_ZLIB)/
const NETWORK = /^(UND_ERR_|HPE_|ECONN|EPIPE|EHOST|ENET|EADDR|ENOTCONN|EAI_)/
const OURS = ['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']

/**
 * Turns what a request threw into a Failure; anything that is not the network's doing is thrown on.
 * @param host whom it happened with, for the message
 * @param limit what applied to the request
 */
export function asFailure(error: unknown, host: string, limit: { timeoutMs: number; maxBytes: number }): Failure {
  if (error instanceof Failure) return error
  if (!(error instanceof Error)) throw error
  const code = codeOf(error)
  const cause = error
  if (error.name === 'TimeoutError' || TIMEOUTS.includes(code))
    return new Failure('timeout', `${host} gave no whole answer within ${limit.timeoutMs / 1000} s${code ? ` (${code})` : ''}`, { cause })
  if (TOO_LARGE.includes(code)) return new Failure('drift', `${host} sent more than ${limit.maxBytes} bytes`, { cause })
  if (NAMES.includes(code)) return new Failure('network', `the name ${host} could not be resolved (${code})`, { cause })
  if (TLS.test(code)) return new Failure('network', `no secure connection to ${host}: TLS failed with ${code}`, { cause })
  if (DECODING.test(code)) return new Failure('network', `${host} sent a truncated or damaged body (${code})`, { cause })
  if (NETWORK.test(code) && !OURS.includes(code))
    return new Failure('network', `the connection to ${host} failed: ${code} ${firstLine(error)}`.trimEnd(), { cause })
  throw error
}

/** The code of an error; of several attempts to connect, the first one's. */
function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return code
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return first instanceof Error ? codeOf(first) : ''
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0] ?? ''
}
