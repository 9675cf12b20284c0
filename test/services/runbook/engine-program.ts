// An engine as a process of its own, to be killed: it says where it is and stays there.

import { openDatabase } from '../../../services/store/database.ts'
import { openEngine } from '../../../services/runbook/engine.ts'
import { createMetrics } from '../../../ops/metrics.ts'
import { quietLog } from '../../../ops/log.ts'
import { createWatch } from '../../../ops/telemetry.ts'
import { knobsAtRest, pagesOf, registryFor } from './stand.ts'

const [, , url = '', stop = '', alert = '', text = ''] = process.argv

const database = await openDatabase({ url, data: '', log: quietLog })
const stay = (): Promise<never> => {
  console.log(`at ${stop}`)
  return new Promise(() => {})
}

const registry = registryFor(knobsAtRest(), database.db)
for (const action of registry.values()) {
  Object.assign(action, { timeoutSeconds: 60 })
  if (action.kind === 'read') {
    const look = action.look.bind(action)
    Object.assign(action, { look: stop === 'diagnosing' ? stay : look })
  } else {
    const act = action.act.bind(action)
    // After its effect: what the kill leaves of it is for the database to say.
    const actAndStay: typeof act = async (...given) => {
      await act(...given)
      return stay()
    }
    if (stop === action.name) Object.assign(action, { act: actAndStay })
  }
}

const engine = openEngine({
  watch: createWatch(createMetrics({ sources: [], queues: [], version: '0' }), quietLog),
  database,
  registry,
  pages: pagesOf({ [alert]: text }),
  owner: `killed:${process.pid}`,
  verify: stop === 'verifying' ? stay : async () => ({ kind: 'firing', words: 'still' }),
  say: async () => {},
  leaseSeconds: 2,
})
engine.start()
