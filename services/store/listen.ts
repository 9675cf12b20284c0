// Listening to PostgreSQL's notifications on a connection of its own, which comes back when it is lost.

import pg from 'pg'

export interface Listener {
  close(): Promise<void>
}

export interface ListenOptions {
  /** Called each time the connection stands, the first time too: what was sent meanwhile was missed. Calls `onNotify` unless given. */
  onConnect?: () => void
  /** Between two attempts to connect. */
  retryMs?: number
}

/**
 * Listens to one channel. Resolves after the first attempt to connect, whether it succeeded or not; it is repeated until it does, so
 * whoever listens must also look by itself now and then.
 */
export async function listenTo(
  database: { readonly url: string },
  channel: string,
  onNotify: (payload: string) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  const onConnect = options.onConnect ?? (() => onNotify(''))
  let closed = false
  let current: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: database.url,
      application_name: 'rolewatch listen',
      keepAlive: true,
      connectionTimeoutMillis: 5000,
    })
    current = client
    let over = false
    const lost = () => {
      if (over) return
      over = true
      void client.end().catch(() => {})
      if (!closed) timer = setTimeout(() => void connect(), options.retryMs ?? 1000)
    }
    client.on('error', lost)
    client.on('end', lost)
    client.on('notification', (message) => onNotify(message.payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${client.escapeIdentifier(channel)}`)
      if (!closed) onConnect()
    } catch {
      lost()
    }
  }

  await connect()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await current?.end().catch(() => {})
    },
  }
}
