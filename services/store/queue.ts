// The queue's way into the database: the product's own pool, with transactions, and one connection beside it to be woken on.

import { fromKnex, type QueueDatabase } from '../../ops/queue.ts'
import type { Database } from './database.ts'
import { listenTo } from './listen.ts'

/** pg-boss over the product's pool: tasks can be added and ended in the transactions of the store. */
export function queueDatabase(database: Database): QueueDatabase {
  const { db } = database
  const statements = fromKnex(db)
  return {
    executeSql: (text, values) => statements.executeSql(text, values),
    async beginTransaction() {
      const trx = await db.transaction()
      return {
        db: fromKnex(trx),
        commit: async () => {
          await trx.commit()
        },
        rollback: async () => {
          if (!trx.isCompleted()) await trx.rollback()
        },
      }
    },
    listen: (channel, onNotification, onReconnect) => listenTo(database, channel, onNotification, { onConnect: onReconnect }),
  }
}
