// The market's controls over HTTP: faults, days, boards, the configuration to visit it, and what it was asked.

import type { Market } from './controls.ts'
import { parseJson, readBody, send, sendJson, type Exchange } from './http.ts'

const MAX_BYTES = 65_536
const DATE = /^\d{4}-\d{2}-\d{2}$/

const ROUTES = [
  'GET /_sandbox',
  'GET /_sandbox/faults',
  'POST /_sandbox/faults',
  'DELETE /_sandbox/faults',
  'DELETE /_sandbox/faults/{id}',
  'POST /_sandbox/advance {"days": 1}',
  'POST /_sandbox/date {"date": "2026-01-31"}',
  'GET /_sandbox/boards',
  'GET /_sandbox/companies.yaml',
  'GET /_sandbox/requests?since={ISO date or sequence number}',
  'DELETE /_sandbox/requests',
] as const

const wrong = (exchange: Exchange, issues: string[]) => sendJson(exchange, 400, { error: issues.join('; '), issues })

async function readObject(exchange: Exchange): Promise<Record<string, unknown> | undefined> {
  const value = parseJson(await readBody(exchange.request, MAX_BYTES))
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}

/** Does what may be refused by the market itself, as days in a market of captures. */
function attempt(market: Market, exchange: Exchange, work: () => void): void {
  try {
    work()
  } catch (error) {
    return wrong(exchange, [error instanceof Error ? error.message : String(error)])
  }
  sendJson(exchange, 200, { day: market.day, date: market.date })
}

async function change(market: Market, exchange: Exchange, what: string): Promise<void> {
  const body = await readObject(exchange)
  if (!body) return wrong(exchange, ['the body must be a JSON object'])
  if (what === 'advance') {
    const days = body['days'] ?? 1
    if (typeof days !== 'number' || !Number.isInteger(days) || days < 1 || days > 3650)
      return wrong(exchange, ['days must be a whole number from 1 to 3650'])
    return attempt(market, exchange, () => market.advance(days))
  }
  if (what === 'date') {
    const date = body['date']
    if (typeof date !== 'string' || !DATE.test(date) || Number.isNaN(Date.parse(date)))
      return wrong(exchange, ['date must be a date, as 2026-01-31'])
    return attempt(market, exchange, () => market.setDate(date))
  }
  const rules = Array.isArray(body['rules']) ? (body['rules'] as unknown[]) : [body]
  const issues = rules.flatMap((rule) => market.faultIssues(rule))
  if (issues.length > 0) return wrong(exchange, issues)
  sendJson(exchange, 201, { ids: rules.map((rule) => market.fault(rule as object)) })
}

/** Answers everything under /_sandbox. */
export async function control(market: Market, companiesYaml: () => string, exchange: Exchange): Promise<void> {
  const { request, path, query } = exchange
  const what = path.slice('/_sandbox'.length).replace(/^\//, '')
  const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${what.replace(/^faults\/\d+$/, 'faults/{id}')}`
  switch (route) {
    case 'GET ':
      return sendJson(exchange, 200, { day: market.day, date: market.date, boards: market.boards().length, routes: ROUTES })
    case 'GET faults':
      return sendJson(exchange, 200, market.faults())
    case 'POST faults':
    case 'POST advance':
    case 'POST date':
      return change(market, exchange, what)
    case 'DELETE faults':
      market.clearFaults()
      return sendJson(exchange, 200, [])
    case 'DELETE faults/{id}':
      market.clearFaults(Number(what.split('/')[1]))
      return sendJson(exchange, 200, market.faults())
    case 'GET boards':
      return sendJson(exchange, 200, market.boards())
    case 'GET companies.yaml':
      return send(exchange, 200, 'application/yaml; charset=utf-8', companiesYaml())
    case 'GET requests': {
      const since = query.get('since') ?? undefined
      if (since !== undefined && !/^\d+$/.test(since) && Number.isNaN(Date.parse(since)))
        return wrong(exchange, ['since must be a date (ISO 8601) or a sequence number'])
      return sendJson(exchange, 200, market.requests(since))
    }
    case 'DELETE requests':
      market.clearRequests()
      return sendJson(exchange, 200, [])
    default:
      return sendJson(exchange, 404, { error: `there is no ${route.replace(' ', ' /_sandbox/')}`, routes: ROUTES })
  }
}
