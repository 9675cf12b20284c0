// All deeds of the house.

import type { Write } from '../../ops/runbook/action.ts'
import type { Db } from '../store/database.ts'
import { boardDeeds } from './deeds/boards.ts'
import { breakerDeeds } from './deeds/breakers.ts'
import { databaseDeeds } from './deeds/database.ts'
import { notificationDeeds } from './deeds/notifications.ts'
import { pageDeeds } from './deeds/pages.ts'
import { workDeeds } from './deeds/work.ts'
import type { ActionParts } from './parts.ts'

/** Every action that changes something. */
export function deeds(parts: ActionParts): Write<Db>[] {
  return [
    ...boardDeeds(parts),
    ...breakerDeeds(parts),
    ...workDeeds(parts),
    ...notificationDeeds(parts),
    ...pageDeeds(parts),
    ...databaseDeeds(parts),
  ]
}
