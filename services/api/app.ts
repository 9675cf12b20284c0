// The API as an express application: guards first, then the table of routes, then the console, and one end for every error.

import { join } from 'node:path'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import { ConfigError, isLoopbackHost, ROOT, type Config } from '../config.ts'
import { alertRoutes } from './alerts.ts'
import { approvalRoutes } from './approvals.ts'
import { auditRoutes } from './audit.ts'
import { createGate } from './auth.ts'
import { automationRoutes } from './automation.ts'
import { companyRoutes } from './companies.ts'
import { exportRoutes } from './export.ts'
import { healthRoutes } from './health.ts'
import { hookRoutes } from './hooks.ts'
import { incidentRoutes } from './incidents.ts'
import { limitRate } from './limit.ts'
import { maintenanceRoutes } from './maintenance.ts'
import { mountRoutes } from './mount.ts'
import { describeApi } from './openapi.ts'
import type { ApiParts } from './parts.ts'
import { postingRoutes } from './postings.ts'
import { Problem, sendProblem, toProblem } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { runbookPageRoutes } from './runbook-pages.ts'
import { runbookRunRoutes } from './runbook-runs.ts'
import { runbookRoutes } from './runbooks.ts'
import { runRoutes } from './runs.ts'
import { searchRoutes } from './searches.ts'
import { expectRequests, setRoute, watchRequests } from './seen.ts'
import { sloRoutes } from './slo.ts'
import { sourceRoutes } from './sources.ts'

/** The whole table: what is mounted and what /openapi.json tells of. A path that could be taken for another comes before it. */
export function routesOf(parts: ApiParts): Route[] {
  const routes = [
    ...healthRoutes(parts),
    ...exportRoutes(parts),
    ...postingRoutes(parts),
    ...companyRoutes(parts),
    ...sourceRoutes(parts),
    ...runRoutes(parts),
    ...searchRoutes(parts),
    ...alertRoutes(parts),
    ...hookRoutes(parts),
    ...auditRoutes(parts),
    ...sloRoutes(parts),
    ...runbookRoutes(),
    ...incidentRoutes(parts),
    ...runbookPageRoutes(parts),
    ...runbookRunRoutes(parts),
    ...approvalRoutes(parts),
    ...automationRoutes(parts),
    ...maintenanceRoutes(parts),
  ]
  const openapi = defineRoute({
    method: 'get',
    path: '/openapi.json',
    name: 'getOpenApi',
    summary: 'This document',
    scope: null,
    answers: { 200: { description: 'OpenAPI 3.1', types: ['application/json'] } },
    handle: async () => ({ json: document }),
  })
  const document = describeApi([...routes, openapi], parts.config.version)
  return [...routes, openapi]
}

/** Builds the application; nothing listens yet. */
export function createApi(parts: ApiParts): Express {
  return build(parts, routesOf(parts), (app) => {
    app.use(consolePage())
    app.use((request) => {
      throw new Problem(404, `There is nothing at ${request.path}; /openapi.json lists what there is.`)
    })
  })
}

/** What a process without an API answers: whether it lives, how it is, and its metrics. */
export function createProbes(parts: ApiParts): Express {
  return build(parts, healthRoutes(parts), (app) => {
    app.use(() => {
      throw new Problem(404, 'This process makes visits; the API is served by another one.')
    })
  })
}

function build(parts: ApiParts, routes: Route[], rest: (app: Express) => void): Express {
  const gate = createGate(parts)
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', false)
  app.use(watchRequests(parts.watch), secure(), gate.guard, limitRate(gate))
  expectRequests(parts.watch, routes)
  mountRoutes(app, routes, gate)
  rest(app)
  app.use(answerErrors(parts))
  return app
}

/** The console needs its own files and the API, and nothing else may run in it or frame it. */
function secure(): RequestHandler {
  const self = ["'self'"]
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: self,
        styleSrc: self,
        connectSrc: self,
        imgSrc: self,
        baseUri: ["'none'"],
        formAction: self,
        frameAncestors: ["'none'"],
      },
    },
    // Whether there is TLS is known to whoever ends it in front of us.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  })
}

function consolePage(): RequestHandler {
  return express.static(join(ROOT, 'dashboards', 'console'), {
    index: 'index.html',
    redirect: false,
    acceptRanges: false,
    setHeaders: (response) => {
      setRoute(response, 'console')
      response.setHeader('cache-control', 'no-cache')
    },
  })
}

/** The one place where a thrown value becomes an answer; what is our fault is logged whole. */
function answerErrors({ watch }: ApiParts): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = toProblem(error)
    if (problem.status >= 500)
      watch.log.error('http.error', { method: request.method, path: request.path, error: problem.cause ?? problem })
    if (response.headersSent) next(error)
    else sendProblem(request, response, problem)
  }
}

/**
 * Refuses to open the API to others while nobody needs a token to use it.
 * @throws ConfigError that says what to do
 */
export function refuseUnsafeBinding(config: Pick<Config, 'host'>, tokenCount: number): void {
  if (tokenCount > 0 || isLoopbackHost(config.host)) return
  throw new ConfigError([
    `HOST=${config.host} opens the API to other machines, and there is no token yet: make one first (rolewatch token create <name> --scope read), or set HOST=127.0.0.1`,
  ])
}
