// A mail server for tests: SMTP on this machine that remembers what it accepted, and misbehaves when told to.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { ROOT, type Mail } from '../services/config.ts'

/** A certificate of localhost with its key, and so an authority of its own. */
export const LOCALHOST = readFileSync(join(ROOT, 'test', 'fixtures', 'mail', 'localhost.pem'), 'utf8')
/** Written as in an address, and as it is meant. */
export const PASSWORD = { written: 'p%40ss%2Fword', meant: 'p@ss/word' }

type Step = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data'
/** At which step the next message goes wrong, and how. A message that is reset or hung at `data` was read and may have been accepted. */
export type MailTrouble =
  | { at: Step; refuse: number; words?: string }
  | { at: Step; hang: true; accepted?: boolean }
  | { at: Step; reset: true; accepted?: boolean }

export interface ReceivedMail {
  /** Headers and body as they came. */
  raw: string
  from: string
  to: string[]
  secure: boolean
  user: string | undefined
}

export interface MailServer {
  /** Settings that lead to it. */
  mail: Mail
  port: number
  accepted: ReceivedMail[]
  /** How often somebody connected. */
  connections(): number
  /** What the next connections meet, one each; afterwards all is well again. */
  next(...troubles: MailTrouble[]): void
  close(): Promise<void>
}

export interface MailServerOptions {
  /** TLS from the start. */
  secure?: boolean
  /** Whether it offers STARTTLS; not unless told. */
  starttls?: boolean
  /** Whether it asks for the user jo and PASSWORD. */
  auth?: boolean
}

/** Opens one on a free port. */
export async function openMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { secure = false, starttls = false, auth = false } = options
  const accepted: ReceivedMail[] = []
  const troubles: MailTrouble[] = []
  const met = new Map<string, MailTrouble | undefined>()
  const sockets = new Set<Socket>()
  let connections = 0

  /** Undefined: go on. Else the error to answer with; a hanging or broken connection is never gone on with. */
  function stumble(session: SMTPServerSession, at: Step, done: (error?: Error) => void): void {
    const trouble = met.get(session.id)
    if (trouble?.at !== at) return done()
    if ('refuse' in trouble) return done(Object.assign(new Error(trouble.words ?? 'no'), { responseCode: trouble.refuse }))
    if ('reset' in trouble) for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.resetAndDestroy()
  }

  async function take(stream: SMTPServerDataStream, session: SMTPServerSession, done: (error?: Error) => void): Promise<void> {
    const raw = (await buffer(stream)).toString()
    const trouble = met.get(session.id)
    const { envelope } = session
    const received = {
      raw,
      from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      to: envelope.rcptTo.map(({ address }) => address),
      secure: session.secure,
      user: session.user === undefined ? undefined : String(session.user),
    }
    if (trouble?.at !== 'data' || ('accepted' in trouble && trouble.accepted)) accepted.push(received)
    stumble(session, 'data', done)
  }

  const server = new SMTPServer({
    secure,
    key: LOCALHOST,
    cert: LOCALHOST,
    logger: false,
    disableReverseLookup: true,
    authOptional: !auth,
    allowInsecureAuth: true,
    disabledCommands: [...(starttls || secure ? [] : ['STARTTLS']), ...(auth ? [] : ['AUTH'])],
    closeTimeout: 10,
    onConnect(session, done) {
      connections += 1
      met.set(session.id, troubles.shift())
      stumble(session, 'connect', done)
    },
    onAuth(given, session, done) {
      if (given.username !== 'jo' || given.password !== PASSWORD.meant)
        return done(Object.assign(new Error(`5.7.8 ${String(given.password)} is not it`), { responseCode: 535 }))
      stumble(session, 'auth', (error) => done(error ?? null, { user: 'jo' }))
    },
    onMailFrom: (_address, session, done) => stumble(session, 'mail', done),
    onRcptTo: (address, session, done) =>
      address.address.startsWith('gone')
        ? done(Object.assign(new Error('5.1.1 gone'), { responseCode: 550 }))
        : stumble(session, 'rcpt', done),
    onData: (stream, session, done) => void take(stream, session, done),
  })
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  const user = auth ? `jo:${PASSWORD.written}@` : ''
  return {
    mail: {
      smtpUrl: `${secure ? 'smtps' : 'smtp'}://${user}localhost:${port}`,
      to: 'Ann <ann@example.org>',
      from: 'Rolewatch <watch@roles.example>',
    },
    port,
    accepted,
    connections: () => connections,
    next: (...more) => void troubles.push(...more),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(resolve))
    },
  }
}
