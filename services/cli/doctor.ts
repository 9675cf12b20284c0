// doctor: checks this machine and this configuration, part by part, and says what to do about what is wrong.

import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { redactText } from '../../ops/log.ts'
import { readBoards } from '../boards.ts'
import type { Config } from '../config.ts'
import { readRota, ROTA_FILE } from '../runbook/rota.ts'
import { countTokens } from '../store/tokens.ts'
import { troubleOf, wordsOf } from '../refusal.ts'
import { openHouse } from '../works.ts'
import { print, type Format } from './print.ts'

interface Finding {
  part: string
  ok: boolean
  detail: string
}

/** Ends with 1 when a part is not well. */
export async function doctorCommand(config: Config, options: { format: Format }): Promise<number> {
  const findings = [
    await examine('node', () => Promise.resolve(`${process.versions.node} (${process.execPath})`)),
    await examine('data folder', async () => {
      await mkdir(config.data, { recursive: true })
      await access(config.data, constants.W_OK)
      const { bavail, bsize } = await statfs(config.data)
      return `${config.data}, ${((bavail * bsize) / 1_073_741_824).toFixed(1)} GiB free`
    }),
    await examine(
      'database',
      async () => {
        const house = await openHouse(config, { quiet: true })
        try {
          const seconds = await house.database.ping()
          const tokens = await countTokens(house.database.db)
          const kind = house.database.embedded ? 'embedded PostgreSQL' : 'PostgreSQL from DATABASE_URL'
          return `${kind} answers in ${(seconds * 1000).toFixed(1)} ms, schema up to date, ${tokens} tokens`
        } finally {
          await house.close()
        }
      },
      config.secrets,
    ),
    await examine('boards', () => Promise.resolve(`${readBoards(config.boards).length} in ${config.boards}/companies.yaml`)),
    await examine('Slack', () =>
      Promise.resolve(
        config.slackWebhookUrl
          ? 'SLACK_WEBHOOK_URL is set'
          : `SLACK_WEBHOOK_URL is not set: notifications ${config.mail ? 'go by e-mail' : 'wait'}`,
      ),
    ),
    await examine('on-call', () => Promise.resolve(`${howOnCallIsTold(config)}; ${rotaOf(config)}`)),
    await examine('web', () =>
      Promise.resolve(config.upstream ? `every request goes to ${config.upstream}` : 'requests go to the job boards themselves'),
    ),
  ]
  print(options.format, findings, findings, { part: (f) => f.part, '': (f) => (f.ok ? 'ok' : 'NOT WELL'), detail: (f) => f.detail }, '')
  return findings.every((finding) => finding.ok) ? 0 : 1
}

function howOnCallIsTold({ slackOpsWebhookUrl, mail }: Config): string {
  if (slackOpsWebhookUrl) return 'SLACK_OPS_WEBHOOK_URL is set'
  return `SLACK_OPS_WEBHOOK_URL is not set: ${mail ? 'incidents are told by e-mail' : 'nobody is told of incidents'}`
}

function rotaOf({ boards }: Config): string {
  const rota = readRota(boards)
  if (!rota) return `there is no ${ROTA_FILE}`
  return `${rota.people.length} in ${boards}/${ROTA_FILE}`
}

async function examine(part: string, look: () => Promise<string>, secrets: readonly string[] = []): Promise<Finding> {
  try {
    return { part, ok: true, detail: await look() }
  } catch (error) {
    return { part, ok: false, detail: redactText(troubleOf(error) ?? wordsOf(error), secrets) }
  }
}
