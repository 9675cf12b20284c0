// What a test says to the real Alertmanager, and how it waits for what comes of it.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { Program } from '../programs.ts'
import type { SlackServer } from '../slack.ts'

export type Labels = Record<string, string>

export interface Attachment {
  color: string
  title: string
  title_link: string
  text: string
  fallback: string
}

/** The messages of alerts that people saw, in order. */
export function attachmentsOf(slack: SlackServer): Attachment[] {
  return slack.accepted.flatMap(({ message }) => (message as unknown as { attachments: Attachment[] }).attachments)
}

/** Waits for something that comes by itself. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, ms = 15_000): Promise<T> {
  for (const began = performance.now(); performance.now() - began < ms; await sleep(50)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error(`${what}: not within ${ms} ms`)
}

const ANNOTATIONS = {
  summary: 'The breaker of <ashby> & co is open',
  description: 'Requests to a host of this source failed in a row.',
  runbook_url: 'https://rolewatch.example.com/runbooks/BreakerOpen.md',
  dashboard_url: 'https://grafana.example.com/d/rolewatch-scrapers?var-source=ashby',
}

/** Tells an Alertmanager of alerts, as Prometheus does; `seconds` after now they end, an hour unless told. */
export async function post(
  program: Program,
  alerts: readonly { labels: Labels; annotations?: Labels; startsAt?: Date }[],
  seconds = 3600,
): Promise<void> {
  const body = alerts.map(({ labels, annotations = ANNOTATIONS, startsAt }) => ({
    labels,
    annotations,
    startsAt: startsAt ?? new Date(),
    endsAt: new Date(Date.now() + seconds * 1000),
    generatorURL: 'http://prometheus.example.com/graph?g0.expr=up',
  }))
  const answer = await fetch(`${program.url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).to.equal(200)
}

/** The waits of the house's routes, shortened for tests. */
export const WAITS = { '15m': '5s', '10s': '1s', '20s': '1s', '30s': '1s', '50s': '900ms', '1m': '1s', '5m': '2s' }
