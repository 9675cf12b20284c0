// deadman: the dead man's switch, a process of its own that speaks when alerting falls silent, until it is told to stop.

import { join } from 'node:path'
import { createLog } from '../../ops/log.ts'
import { ConfigError, isLoopbackHost, type Config } from '../config.ts'
import { openDeadman, type Mouth } from '../notify/deadman.ts'
import { serveDeadman } from '../notify/deadman-server.ts'
import { openMemory } from '../notify/deadman-state.ts'
import { letterOf } from '../notify/digest-mail.ts'
import { openMail } from '../notify/mail.ts'
import { openSlack } from '../notify/slack.ts'
import { misuse } from '../refusal.ts'
import { waitForSignal } from './signal.ts'

/** Often enough for a patience of a second. */
const TICK_MS = 250

export async function deadmanCommand(config: Config, options: { port?: number; after?: number }): Promise<void> {
  const port = options.port ?? config.deadman.port
  if (port > 65_535) throw misuse(`${port} is not a port: it must be 0 (any free port) to 65535.`)
  const mouths = mouthsOf(config)
  refuseUseless(config, mouths)
  const stopped = waitForSignal()
  const log = createLog({ format: config.logFormat, level: config.logLevel, secrets: config.secrets })
  const afterSeconds = options.after ?? config.deadman.afterSeconds
  const deadman = openDeadman({
    afterSeconds,
    mouths,
    memory: openMemory(join(config.data, 'deadman.json'), log),
    runbook: config.publicUrl ? `${config.publicUrl}/runbooks/Watchdog.md` : null,
    log,
    now: () => new Date(),
  })
  const { hookToken, host } = config
  const server = await serveDeadman({ deadman, host, port, hookToken })
  const ticking = setInterval(() => void deadman.tick(), TICK_MS)
  log.info('deadman.listening', { url: `${server.url}/watchdog`, after_seconds: afterSeconds, channels: mouths.map(({ name }) => name) })
  await stopped
  clearInterval(ticking)
  await server.close()
  await deadman.close()
}

function mouthsOf(config: Config): Mouth[] {
  const mouths: Mouth[] = []
  if (config.deadman.webhookUrl) {
    const slack = openSlack(config.deadman.webhookUrl)
    mouths.push({ name: 'slack', say: (message) => slack.post(message) })
  }
  if (config.mail) {
    const mail = openMail(config.mail)
    mouths.push({ name: 'email', say: (message, id) => mail.send({ id, ...letterOf(message) }) })
  }
  return mouths
}

/** @throws ConfigError where nobody would hear it, or anybody could keep it quiet */
function refuseUseless(config: Config, mouths: readonly Mouth[]): void {
  const faults: string[] = []
  if (mouths.length === 0)
    faults.push("DEADMAN_WEBHOOK_URL, or SMTP_URL with DIGEST_TO and DIGEST_FROM, must be set: a dead man's switch has to be heard")
  if (!isLoopbackHost(config.host) && config.hookToken === undefined)
    faults.push(`ALERTMANAGER_HOOK_TOKEN must be set when HOST is ${config.host}: anybody could keep the dead man's switch quiet`)
  if (faults.length > 0) throw new ConfigError(faults)
}
