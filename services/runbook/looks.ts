// All looks of the house.

import type { Read } from '../../ops/runbook/action.ts'
import { closingLooks } from './looks/closings.ts'
import { databaseLooks } from './looks/database.ts'
import { hostLooks } from './looks/hosts.ts'
import { notificationLooks } from './looks/notifications.ts'
import { pageLooks } from './looks/pages.ts'
import { processLooks } from './looks/processes.ts'
import { sourceLooks } from './looks/sources.ts'
import { watchingLooks } from './looks/watching.ts'
import type { ActionParts } from './parts.ts'

/** Every action that only looks. */
export function looks(parts: ActionParts): Read[] {
  return [
    ...sourceLooks(parts),
    ...closingLooks(parts),
    ...hostLooks(parts),
    ...pageLooks(parts),
    ...notificationLooks(parts),
    ...processLooks(parts),
    ...databaseLooks(parts),
    ...watchingLooks(parts),
  ]
}
