// sandbox: a job market on this machine, for trying things, drills and measurements.

import { access, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openSandbox } from '../../ops/sandbox/sandbox.ts'
import type { Config } from '../config.ts'
import { misuse, refusal } from '../refusal.ts'
import { waitForSignal } from './signal.ts'

interface Options {
  port: number
  boards: number
  postings: number
  seed: number
  captures?: string
  series?: boolean
}

export async function sandboxCommand(config: Config, options: Options): Promise<void> {
  const stopped = waitForSignal()
  if (options.port > 65_535) throw misuse(`${options.port} is not a port: it must be 0 (any free port) to 65535.`)
  if (options.captures !== undefined) await needIndex(resolve(options.captures))
  const sandbox = await openSandbox({
    port: options.port,
    boards: options.boards,
    postingsPerBoard: options.postings,
    seed: options.seed,
    ...(options.captures === undefined ? {} : { captures: resolve(options.captures) }),
    ...(options.series ? { series: true } : {}),
  })
  const folder = join(config.data, 'sandbox-boards')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'companies.yaml'), sandbox.companiesYaml())
  console.log(`The sandbox answers at ${sandbox.url}; Slack messages: ${sandbox.url}/slack, traces: ${sandbox.url}/traces.
To point Rolewatch at it:
  export ROLEWATCH_UPSTREAM=${sandbox.upstream} ROLEWATCH_PACE=0 ROLEWATCH_CONFIG=${folder}
  export SLACK_WEBHOOK_URL=${sandbox.slackWebhookUrl} SLACK_OPS_WEBHOOK_URL=${sandbox.opsWebhookUrl}
  export CANARY_WEBHOOK_URL=${sandbox.canaryWebhookUrl}
  export OTEL_EXPORTER_OTLP_ENDPOINT=${sandbox.otlpEndpoint}
Ctrl-C ends it.`)
  await stopped
  await sandbox.close()
}

async function needIndex(folder: string): Promise<void> {
  await access(join(folder, 'INDEX.csv')).catch(() => {
    throw refusal(`${folder} has no INDEX.csv: a folder of captures says there what mirrors what.`)
  })
}
