// How often one client may ask: by its token or, without one, by its address.

import type { RequestHandler } from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import { isLoopbackAddress, type Gate } from './auth.ts'
import { Problem } from './problem.ts'

const WINDOW_MS = 60_000
/** Requests per minute; `local` is for this machine's own programs, the console among them. */
const LIMITS = { local: 6000, others: 600 }

/** Counts in this process; probes are not counted. */
export function limitRate(gate: Pick<Gate, 'holder'>, limits: { local: number; others: number } = LIMITS): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: (request) => (isLoopbackAddress(request.socket.remoteAddress) ? limits.local : limits.others),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'rolewatch',
    skip: (request) => request.path === '/healthz' || request.path === '/readyz',
    keyGenerator: async (request) => (await gate.holder(request)) ?? ipKeyGenerator(request.socket.remoteAddress ?? ''),
    // express-rate-limit has set Retry-After by now.
    handler: (_request, _response, next) => {
      next(new Problem(429, 'Too many requests: wait as long as Retry-After says.'))
    },
  })
}
