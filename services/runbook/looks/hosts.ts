// Looks at hosts: their breakers and pauses, a control request, names and certificates, and what their robots.txt says.

import { z } from 'zod'
import type { Finding, Read } from '../../../ops/runbook/action.ts'
import { Failure } from '../../../scrapers/failure.ts'
import { sources } from '../../../scrapers/index.ts'
import type { Db } from '../../store/database.ts'
import { listHosts, readRobots, type HostRow } from '../../store/hosts.ts'
import { countOutcomes } from '../../store/runs.ts'
import { visitedBoards } from '../../store/visited.ts'
import { causesOf, openers, type Outcomes } from '../causes.ts'
import type { ActionParts } from '../parts.ts'
import { checkHost } from '../reachable.ts'
import { source } from '../values.ts'
import { counted, lasting, moment, some } from '../words.ts'

const ofSource = z.strictObject({ source })
/** Visits from so long before a breaker opened say why it did. */
const BEFORE_MS = 1_800_000
/** Hosts that one look asks. */
const ASKED = 5

export function hostLooks(parts: Pick<ActionParts, 'database' | 'door' | 'watch' | 'config'>): Read[] {
  const { db } = parts.database
  return [
    {
      kind: 'read',
      name: 'host.state',
      summary: 'Breakers and pauses of the hosts of a source',
      args: ofSource,
      timeoutSeconds: 5,
      gives: ['host'],
      async look(args, { now }) {
        const hosts = await listHosts(db, String(args['source']))
        const opened = Math.min(...hosts.flatMap((host) => (host.breaker !== 'closed' && host.opened_at ? [host.opened_at.getTime()] : [])))
        const before = Number.isFinite(opened) ? await countOutcomes(db, new Date(opened - BEFORE_MS), String(args['source'])) : {}
        return judgeHosts(hosts, openers(before), now())
      },
    },
    {
      kind: 'read',
      name: 'host.control',
      summary: 'One polite request to the board of the source that was well last: does the host answer us at all?',
      args: ofSource,
      timeoutSeconds: 45,
      gives: [],
      look: (args, { now }) => control(parts, String(args['source']), now()),
    },
    {
      kind: 'read',
      name: 'host.resolve',
      summary: 'Names and certificates of the hosts of a source, as this machine sees them',
      args: ofSource,
      timeoutSeconds: 20,
      gives: [],
      look: (args, { signal }) => resolve(parts, String(args['source']), signal),
    },
    {
      kind: 'read',
      name: 'robots.read',
      summary: 'What the robots.txt of its hosts says, as it was last read',
      args: ofSource,
      timeoutSeconds: 5,
      gives: [],
      look: (args) => judgeRobots(db, String(args['source'])),
    },
  ]
}

function judgeHosts(hosts: readonly HostRow[], before: Outcomes, now: Date): Finding {
  const open = hosts.filter((host) => host.breaker !== 'closed')
  const paused = hosts.filter((host) => host.paused_until !== null && host.paused_until > now)
  const facts = hosts.map(({ host, breaker, opened_at, open_until, paused_until, last_error }) => ({
    host,
    breaker,
    opened_at,
    open_until,
    paused_until,
    last_error,
  }))
  if (hosts.length === 0) return { verdict: 'inconclusive', causes: [], words: 'None of its hosts has been asked yet.' }
  const [first] = open
  if (first) {
    const since = first.opened_at ? ` for ${lasting((now.getTime() - first.opened_at.getTime()) / 1000)}` : ''
    const words = `The breaker of ${first.host} is ${first.breaker === 'open' ? 'open' : 'half open'}${since}: ${first.last_error ?? 'no error is known'}`
    const causes = causesOf(before)
    // A host that only asked us to slow down is not broken.
    const soft = causes.length > 0 && causes.every((cause) => cause === 'throttled')
    return { verdict: soft ? 'degraded' : 'broken', causes, words, values: { host: first.host }, facts }
  }
  if (paused[0]) {
    const words = `${paused[0].host} asked for a pause until ${moment(paused[0].paused_until ?? now)}.`
    return { verdict: 'degraded', causes: ['throttled'], words, values: { host: paused[0].host }, facts }
  }
  return {
    verdict: 'healthy',
    causes: [],
    words: `No breaker of its ${counted(hosts.length, 'host')} is open, and none asked for a pause.`,
    facts,
  }
}

/** Through the ordinary door: with the pace, the breaker and the caps of every other request. Boards that are paused are left in peace. */
async function control(parts: Pick<ActionParts, 'database' | 'door' | 'watch'>, name: string, now: Date): Promise<Finding> {
  const [board] = (await visitedBoards(parts.database.db, name, now, 1)).filter((one) => one.last_complete_at !== null)
  const kind = sources[name]
  if (!board || !kind)
    return {
      verdict: 'inconclusive',
      causes: [],
      words: `No board of ${name} that is visited has ever been read: there is nothing to ask.`,
    }
  const ref = { ident: board.ident, region: board.region ?? kind.regions[0] ?? null }
  const request = kind.first(ref)
  try {
    const fetched = await parts.watch.stage('fetch', { source: name }, (span) =>
      parts.door.fetch(request, { source: kind, validator: null, span }),
    )
    const rejected = fetched.kind === 'page' ? kind.parse(fetched.page, ref, request).rejected : []
    if (rejected[0]) return judgeControl(`${name}/${board.ident}`, rejected[0])
    return { verdict: 'healthy', causes: [], words: `${name}/${board.ident}, which was well last, answers now too.` }
  } catch (error) {
    if (error instanceof Failure) return judgeControl(`${name}/${board.ident}`, error)
    throw error
  }
}

function judgeControl(board: string, { kind, message }: Failure): Finding {
  if (kind === 'skipped' || kind === 'rejected')
    return { verdict: 'inconclusive', causes: [], words: `No request may go out now: ${message}` }
  if (kind === 'gone')
    return { verdict: 'inconclusive', causes: [], words: `The host answers, but ${board}, which was well last, is not there any more.` }
  if (kind === 'throttled')
    return { verdict: 'degraded', causes: ['throttled'], words: `${board}, which was well last, is to wait: ${message}` }
  const words = `${board}, which was well last, fails now too: ${kind}, ${message}`
  return { verdict: 'broken', causes: causesOf({ [kind]: 1 }), words }
}

/** Where everything goes to another address, that one is asked. */
async function resolve(
  { database, config }: Pick<ActionParts, 'database' | 'config'>,
  name: string,
  signal: AbortSignal,
): Promise<Finding> {
  const upstream = config.upstream === undefined ? undefined : new URL(config.upstream)
  const hosts = (await listHosts(database.db, name)).map(({ host }) => host)
  if (hosts.length === 0 && !upstream) return { verdict: 'inconclusive', causes: [], words: 'None of its hosts has been asked yet.' }
  const asked = upstream ? [upstream.host] : hosts.slice(0, ASKED)
  const options = upstream ? { signal, isOurs: true, isPlain: upstream.protocol === 'http:' } : { signal }
  const seen = await Promise.all(asked.map(async (host) => ({ host, ...(await checkHost(host, options)) })))
  const bad = seen.filter((one) => one.fault !== null)
  if (bad[0]) return { verdict: 'broken', causes: ['network'], words: `${bad[0].host}: ${bad[0].fault ?? ''}`, facts: seen }
  const words = upstream
    ? `Every request goes to ${upstream.host} in place of the hosts, and that can be reached.`
    : `Names and certificates of ${counted(seen.length, 'host')} are in order.`
  return { verdict: 'healthy', causes: [], words, facts: seen }
}

async function judgeRobots(db: Db, name: string): Promise<Finding> {
  const hosts = await listHosts(db, name)
  const rows = await Promise.all(hosts.map(async ({ host }) => ({ host, row: await readRobots(db, host) })))
  const read = rows.flatMap(({ host, row }) => (row ? [{ host, ...row }] : []))
  if (read.length === 0 && !sources[name]?.robots)
    return { verdict: 'healthy', causes: [], words: `${name} is an interface for programs: its robots.txt is not asked for.` }
  if (read.length === 0) return { verdict: 'inconclusive', causes: [], words: 'No robots.txt of its hosts has been asked for yet.' }
  const facts = read.map((one) => ({
    host: one.host,
    status: one.robots_status,
    at: one.robots_at,
    text: one.robots?.slice(0, 500) ?? null,
  }))
  const away = read.filter((one) => one.robots_status === 0).map(({ host }) => host)
  if (away.length > 0)
    return {
      verdict: 'degraded',
      causes: ['network'],
      words: `The robots.txt of ${some(away)} cannot be read, which forbids everything.`,
      facts,
    }
  return { verdict: 'healthy', causes: [], words: `The robots.txt of ${counted(read.length, 'host')} could be read.`, facts }
}
