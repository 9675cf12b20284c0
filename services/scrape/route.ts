// The way of one errand: robots.txt where it is asked, then hop after hop through the redirects, each checked as if it were the first.

import { Failure } from '../../scrapers/failure.ts'
import { checkUrl, type AllowAddress } from './address.ts'
import { judge, refusalOf, type Judged } from './answer.ts'
import { persist, type Patience } from './attempts.ts'
import { decode } from './body.ts'
import { createBudget, onward, type Budget, type Errand } from './errand.ts'
import { exchange, type ExchangeParts } from './exchange.ts'
import type { Robots, RobotsAnswer } from './robots.ts'
import type { Answer } from './wire.ts'

export const MAX_REDIRECTS = 3
/** RFC 9309 §2.3.1.2: at least five for a robots.txt. */
const MAX_ROBOTS_REDIRECTS = 5

export interface RouteParts extends ExchangeParts {
  robots: Robots
  patience: Patience
  /** For one attempt; undefined leaves it to the source. */
  timeoutSeconds: number | undefined
  allowAddress: AllowAddress | undefined
  now: () => Date
}

interface Redirect {
  kind: 'redirect'
  to: string
}
interface Hop {
  url: URL
  budget: Budget
  redirected: boolean
}

/** One attempt at a page. @throws Failure */
export function walk(parts: RouteParts, errand: Errand): Promise<Exclude<Judged, Redirect>> {
  const { visit, json, conditional } = errand
  return follow(parts, errand, MAX_REDIRECTS, async ({ url, budget, redirected }) => {
    const ask = (robotsUrl: URL) => askRobots(parts, errand, robotsUrl)
    const delaySeconds = visit.source.robots ? await parts.robots.check(url, visit.source.name, ask) : 0
    return exchange(parts, { errand, url, budget, delaySeconds }, (answer) =>
      judge(answer, { url, json, conditional, knownHash: visit.knownHash, redirected, now: parts.now() }),
    )
  })
}

async function follow<T extends { kind: string }>(
  parts: RouteParts,
  errand: Errand,
  limit: number,
  step: (hop: Hop) => Promise<T | Redirect>,
): Promise<Exclude<T, Redirect>> {
  const budget = createBudget((parts.timeoutSeconds ?? errand.visit.source.timeoutSeconds) * 1000)
  let url = errand.url
  for (let hop = 0; ; hop++) {
    checkUrl(url, parts.allowAddress)
    const answer = await step({ url, budget, redirected: hop > 0 })
    if (!isRedirect(answer)) return answer as Exclude<T, Redirect>
    if (hop === limit) throw new Failure('drift', `${errand.url.host} redirects more than ${limit} times`)
    url = onward(url, answer.to)
  }
}

function isRedirect(answer: { kind: string }): answer is Redirect {
  return answer.kind === 'redirect'
}

function askRobots(parts: RouteParts, errand: Errand, url: URL): Promise<RobotsAnswer> {
  const { visit, headers } = errand
  const asking: Errand = {
    url,
    headers: { accept: 'text/plain, */*', 'user-agent': headers['user-agent'] ?? '' },
    visit,
    json: false,
    conditional: false,
  }
  return persist(parts.patience, visit, () =>
    follow(parts, asking, MAX_ROBOTS_REDIRECTS, (hop) =>
      exchange(parts, { ...hop, errand: asking, delaySeconds: 0 }, (answer) => readRobotsAnswer(answer, hop.url.host, parts.now())),
    ),
  )
}

/** RFC 9309 §2.3.1: 2xx brings the rules, 4xx means there are none, anything else that the host cannot tell. */
function readRobotsAnswer(answer: Answer, host: string, now: Date): Redirect | (RobotsAnswer & { kind: 'rules' }) {
  const { status, headers, bytes } = answer
  if (status >= 200 && status <= 299) return { kind: 'rules', status, text: decode(bytes, headers['content-type']).text }
  if (status >= 300 && status <= 399 && headers['location']) return { kind: 'redirect', to: headers['location'] }
  // A host that says "too many requests" has not said that everything is allowed.
  if (status >= 400 && status <= 499 && status !== 429) return { kind: 'rules', status, text: null }
  throw refusalOf(answer, host, now)
}
