// Each request as it is seen from outside: one span, one observation, one log line.

import { once } from 'node:events'
import type { Request, RequestHandler, Response } from 'express'
import { currentTraceId, span, type Watch } from '../../ops/telemetry.ts'
import { observe } from '../../ops/metrics.ts'
import { isLoopbackAddress } from './auth.ts'

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
