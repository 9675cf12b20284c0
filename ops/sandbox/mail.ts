// A mail server that takes everything and remembers it: as much SMTP (RFC 5321) as a client needs that sends.

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface Mailbox {
  port: number
  /** Headers and body of each message, as they came, with the milliseconds since 1970. */
  accepted: { at: number; text: string }[]
  close(): Promise<void>
}

/** What a command is answered; DATA and QUIT are seen to by the conversation itself. */
const ANSWERS: Readonly<Record<string, string>> = { EHLO: '250 sandbox', HELO: '250 sandbox', DATA: '354 go on', QUIT: '221 bye' }

/** Opens one on a free port of this machine. */
export async function openMailbox(): Promise<Mailbox> {
  const accepted: Mailbox['accepted'] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    converse(socket, (text) => accepted.push({ at: Date.now(), text }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function converse(socket: Socket, accept: (message: string) => void): void {
  let heard = ''
  let body: string[] | undefined
  const say = (line: string) => socket.write(`${line}\r\n`)
  const hear = (line: string): void => {
    if (body && line === '.') {
      accept(body.join('\r\n'))
      body = undefined
      say('250 taken')
    } else if (body) body.push(line.startsWith('.') ? line.slice(1) : line)
    else {
      const command = line.slice(0, 4).toUpperCase()
      if (command === 'DATA') body = []
      say(ANSWERS[command] ?? '250 ok')
      if (command === 'QUIT') socket.end()
    }
  }
  say('220 sandbox')
  socket.on('data', (data: Buffer) => {
    const lines = (heard + data.toString('latin1')).split('\r\n')
    heard = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
}
