// Each request as it is seen from outside: one span, one observation, one log line.

import { once } from 'node:events'
import type { Request, RequestHandler, Response } from 'express'
import { currentTraceId, span, type Watch } from '../../ops/telemetry.ts'
import { observe } from '../../ops/metrics.ts'
import { isLoopbackAddress } from './auth.ts'
import type { Route } from './route.ts'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/

/** The pattern of the route that answered: a closed set, whatever is asked for. */
export function setRoute(response: Response, route: string): void {
  response.locals['route'] = route
}

function routeOf(response: Response): string {
  const route: unknown = response.locals['route']
  return typeof route === 'string' ? route : 'unmatched'
}

/** What has been put at 0 already: an API that is made anew in the same process must not forget what was counted. */
const expected = new WeakMap<Watch, Set<string>>()

/**
 * Puts the answers that each route promises, and the failure that none promises, at 0: Prometheus sees a counter rise only from a
 * value that it has seen, and the first failure of a route is the one that tells most.
 */
export function expectRequests(watch: Watch, routes: readonly Pick<Route, 'method' | 'path' | 'answers'>[]): void {
  const known = expected.get(watch) ?? new Set()
  expected.set(watch, known)
  const promised = routes.map(({ method, path, answers }) => ({ method, route: path, statuses: Object.keys(answers) }))
  const others = [
    { method: 'get', route: 'console', statuses: ['200'] },
    { method: 'get', route: 'unmatched', statuses: ['404'] },
  ]
  for (const { method, route, statuses } of [...promised, ...others])
    for (const status of new Set([...statuses, '500'])) {
      const labels = { method: method.toUpperCase(), route, status }
      const key = JSON.stringify(labels)
      if (known.has(key)) continue
      known.add(key)
      watch.metrics.httpRequestSeconds.zero(labels)
    }
}

/** Wraps everything behind it. A trace is continued for programs on this machine alone: others could write into ours. */
export function watchRequests(watch: Watch): RequestHandler {
  return (request, response, next) => {
    const parent = isLoopbackAddress(request.socket.remoteAddress) ? traceParentOf(request) : null
    const method = METHODS.has(request.method) ? request.method : 'other'
    void span(`http ${method}`, { parent, attributes: { 'http.request.method': method, 'url.path': request.path } }, async (open) => {
      const started = performance.now()
      const closed = once(response, 'close')
      next()
      await closed
      const seconds = (performance.now() - started) / 1000
      const route = routeOf(response)
      const status = response.writableFinished ? response.statusCode : 499
      open.set({ 'http.route': route, 'http.response.status_code': status })
      observe(watch.metrics.httpRequestSeconds, { method, route, status: String(status) }, seconds, currentTraceId())
      const level = status >= 500 ? 'info' : 'debug'
      watch.log[level]('http.request', { method, route, status, seconds: Number(seconds.toFixed(4)) })
    })
  }
}

function traceParentOf(request: Request): string | null {
  const header = request.headers['traceparent']
  return typeof header === 'string' && TRACEPARENT.test(header) ? header : null
}
