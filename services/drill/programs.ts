// Drills on programs: Prometheus and Alertmanager with bad settings, processes that are gone, letters that nobody could deliver.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromKnex, openQueue } from '../../ops/queue.ts'
import { quietLog } from '../../ops/log.ts'
import { localPrometheus } from '../../ops/slo/local.ts'
import { ROOT } from '../config.ts'
import { VISITS as QUEUE } from '../scrape/schedule.ts'
import { quickenBoards } from '../store/drill-past.ts'
import { queueDatabase } from '../store/queue.ts'
import { NEEDS, type AlertDrill, type SilenceDrill } from './drill.ts'
import type { Ground } from './ground.ts'
import { CADENCE_S } from './quick.ts'
import { until } from './until.ts'

/** Nobody listens at the discard port. */
const NOWHERE = '127.0.0.1:9'

interface Settings {
  scrape_configs: { job_name: string }[]
  rule_files?: string[]
}

const rulesOf = ({ folder }: Ground): string[] => [join(folder, 'prometheus', 'rules', '*.yml')]

/** Prometheus with something else in its configuration. */
function reconfigure(ground: Ground, change: (settings: Settings) => object, alertmanagers = ground.targets.alertmanagers): Promise<void> {
  const settings = localPrometheus(ROOT, { ...ground.targets, alertmanagers }) as Settings
  return ground.configure('prometheus', change({ ...settings, rule_files: rulesOf(ground) }))
}

const needsPerson = { ending: 'asks a person', outcome: ['healthy', 'inconclusive', 'suggested'] } as const

/** The queue as this process sees it, for as long as it takes. */
async function withQueue<T>({ database }: Ground, work: (queue: ReturnType<typeof openQueue>) => Promise<T>): Promise<T> {
  const queue = openQueue({ database: queueDatabase(database), log: quietLog, queues: [QUEUE], supervise: false })
  await queue.start()
  try {
    return await work(queue)
  } finally {
    await queue.close()
  }
}

export const programDrills: readonly (AlertDrill | SilenceDrill)[] = [
  {
    name: 'dead-letter',
    kind: 'real',
    alert: 'DeadLetters',
    mode: 'auto',
    about: 'a task failed for good; its cause is over',
    needs: ['queue'],
    async inject(ground) {
      await withQueue(ground, async (queue) => {
        await ground.database.inTransaction(async (trx) => {
          await queue.add(QUEUE, [{ key: 'drill', data: {} }], fromKnex(trx))
          await trx('pgboss.job').where({ name: QUEUE, singleton_key: 'drill' }).update({ retry_limit: 0, data: 'null' })
        })
        await until('a dead letter', async () => (await queue.deadLetters(QUEUE)).length > 0)
      })
    },
    /** What could not be read then can be read now. */
    async passes({ database }) {
      const board = await database.db('boards').whereNot({ source: 'canary' }).first<{ id: number }>('id')
      const data = JSON.stringify({ board_id: board.id, trigger: 'refresh', traceparent: null })
      await database
        .db('pgboss.job')
        .where({ name: `${QUEUE}-dead` })
        .update({ data })
    },
    repair: async () => {},
    expected: {
      verdict: ['degraded', 'broken'],
      causes: ['backlog'],
      ending: 'asks a person',
      outcome: ['mended'],
      does: ['queue.redrive'],
      allowed: true,
    },
  },
  {
    name: 'process-killed',
    kind: 'real',
    alert: 'TargetDown',
    mode: 'auto',
    about: 'kill -9 of one process of several',
    needs: ['spare'],
    inject: async ({ spare }) => spare.process().signal('SIGKILL'),
    async repair({ spare, database }) {
      await spare.start()
      await quickenBoards(database.db, CADENCE_S)
    },
    expected: { verdict: ['healthy', 'degraded'], ...needsPerson },
  },
  {
    name: 'bad-rules',
    kind: 'real',
    alert: 'PrometheusRuleFailures',
    mode: 'auto',
    about: 'a rule is deployed that cannot be evaluated',
    needs: ['prometheus'],
    async inject(ground) {
      const file = join(ground.folder, 'prometheus', 'bad.yml')
      const rules = [{ record: 'drill:ambiguous', expr: 'up * on () up' }]
      await writeFile(file, JSON.stringify({ groups: [{ name: 'drill', interval: '1s', rules }] }))
      await reconfigure(ground, (settings) => ({ ...settings, rule_files: [...rulesOf(ground), file] }))
    },
    repair: (ground) => ground.configure('prometheus'),
    expected: { verdict: ['broken'], causes: ['monitoring'], ...needsPerson },
  },
  {
    name: 'lost-alertmanager',
    kind: 'real',
    alert: 'PrometheusNotificationsFailing',
    mode: 'auto',
    about: 'one of two Alertmanagers is gone',
    needs: ['prometheus'],
    inject: (ground) => reconfigure(ground, (settings) => settings, [...ground.targets.alertmanagers, NOWHERE]),
    repair: (ground) => ground.configure('prometheus'),
    expected: { verdict: ['broken'], causes: ['monitoring'], ...needsPerson },
  },
  {
    name: 'bad-prometheus-settings',
    kind: 'real',
    alert: 'PrometheusReloadFailed',
    mode: 'auto',
    about: 'a configuration is deployed that Prometheus cannot read',
    needs: ['prometheus'],
    inject: (ground) => ground.configure('prometheus', 'global: ['),
    repair: (ground) => ground.configure('prometheus'),
    expected: { verdict: ['healthy', 'inconclusive', 'broken'], ...needsPerson },
  },
  {
    name: 'bad-alertmanager-settings',
    kind: 'real',
    alert: 'AlertmanagerReloadFailed',
    mode: 'auto',
    about: 'a configuration is deployed that Alertmanager cannot read',
    needs: ['alertmanager'],
    inject: (ground) => ground.configure('alertmanager', 'route: ['),
    repair: (ground) => ground.configure('alertmanager'),
    expected: { verdict: ['healthy', 'inconclusive', 'broken'], ...needsPerson },
  },
  {
    name: 'renamed-job',
    kind: 'real',
    alert: 'TargetAbsent',
    mode: 'auto',
    about: 'the job has another name in Prometheus: every number is there, and no rule finds it',
    incidents: [2],
    needs: NEEDS,
    inject: (ground) =>
      reconfigure(ground, (settings) => ({
        ...settings,
        scrape_configs: settings.scrape_configs.map((job) => (job.job_name === 'rolewatch' ? { ...job, job_name: 'exported' } : job)),
      })),
    repair: (ground) => ground.configure('prometheus'),
    expected: { verdict: ['healthy', 'inconclusive'], ...needsPerson },
  },
  {
    name: 'silence',
    kind: 'real',
    alert: 'Watchdog',
    about: 'Prometheus stands still, so nothing can be told of anything, that included',
    incidents: [8],
    needs: NEEDS,
    inject: async ({ prometheus }) => prometheus.signal('SIGSTOP'),
    repair: async ({ prometheus }) => prometheus.signal('SIGCONT'),
    isTold: ({ mailbox }, since) => mailbox.accepted.some(({ at, text }) => at >= since && text.includes('Alerting is silent')),
    isOver: ({ mailbox }, since) => mailbox.accepted.some(({ at, text }) => at >= since && text.includes('alive again')),
  },
]
