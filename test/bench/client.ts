// A client that only fetches: every body once, thirty-two at a time, nothing done with it; what refreshes are measured against.

import { readFile } from 'node:fs/promises'
import { Agent, request } from 'undici'
import { parse } from 'yaml'

const CONNECTIONS = 32
const [upstream = '', companies = ''] = process.argv.slice(2)
const boards = parse(await readFile(companies, 'utf8')) as { ats_type: string; ats_id: string; eu?: boolean }[]
const urls = boards.map(({ ats_type, ats_id, eu }) => {
  const ident = encodeURIComponent(ats_id)
  if (ats_type === 'greenhouse') return `boards-api.greenhouse.io/v1/boards/${ident}/jobs?content=true&pay_transparency=true`
  if (ats_type === 'ashby') return `api.ashbyhq.com/posting-api/job-board/${ident}?includeCompensation=true`
  return `api.${eu ? 'eu.' : ''}lever.co/v0/postings/${ident}?mode=json&skip=0&limit=100`
})
const dispatcher = new Agent({ connections: CONNECTIONS })
const started = performance.now()
let bytes = 0

async function work(): Promise<void> {
  for (let url = urls.pop(); url; url = urls.pop()) {
    const { body } = await request(`${upstream}/${url}`, { dispatcher, headers: { accept: 'application/json' } })
    bytes += (await body.arrayBuffer()).byteLength
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, work))
await dispatcher.close()
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, megabytes: Math.round(bytes / 1_048_576) }))
