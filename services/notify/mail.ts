// The only door to nodemailer: one message out by SMTP, and what is known afterwards of whether it was accepted.

import { Readable } from 'node:stream'
import type { NodemailerError } from 'nodemailer'
import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection, { type SMTPConnectionOptions, type SMTPConnectionSendInfo, type SMTPEnvelope } from 'nodemailer/lib/smtp-connection'
import { isLoopbackHost, type Mail } from '../config.ts'
import type { Answer } from './slack.ts'

export interface Letter {
  /** Stays the same when the same message is sent again, so that a repeat is recognised by its Message-ID. */
  id: string
  subject: string
  text: string
  html?: string | undefined
  headers?: Readonly<Record<string, string>> | undefined
}

export interface Mailer {
  /** One attempt on a connection of its own. `words` of the answer hold no address and no password. */
  send(letter: Letter): Promise<Answer>
}

export interface MailOptions {
  /** For the whole of it, from the connection to the answer. */
  timeoutMs?: number
  /** Certificates in PEM that are trusted in place of the well-known ones. */
  ca?: string
}

interface Way extends SMTPConnectionOptions {
  user: string
  password: string
}

const TIMEOUT_MS = 30_000
/** How long a mail server may take to close its side after it has answered. */
const CLOSE_MS = 1000

/**
 * Opens the door to the mail server of `mail.smtpUrl`: smtps:// is TLS from the start, smtp:// goes over to TLS where the server offers
 * it, and must where a password would cross a network.
 */
export function openMail(mail: Mail, options: MailOptions = {}): Mailer {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const way = wayTo(mail.smtpUrl, { ...options, timeoutMs })
  return { send: (letter) => send(mail, way, letter, timeoutMs) }
}

function wayTo(smtpUrl: string, options: MailOptions & { timeoutMs: number }): Way {
  const url = new URL(smtpUrl)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'smtps:'
  return {
    host,
    secure,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    requireTLS: !secure && url.password !== '' && !isLoopbackHost(host),
    connectionTimeout: options.timeoutMs,
    greetingTimeout: options.timeoutMs,
    socketTimeout: options.timeoutMs,
    socketCloseTimeout: CLOSE_MS,
    ...(options.ca === undefined ? {} : { tls: { ca: options.ca } }),
    user: decoded(url.username),
    password: decoded(url.password),
  }
}

async function send(mail: Mail, way: Way, letter: Letter, timeoutMs: number): Promise<Answer> {
  const composed = new MailComposer({
    from: mail.from,
    to: mail.to,
    subject: letter.subject,
    text: letter.text,
    html: letter.html,
    messageId: `<${letter.id}@${domainOf(mail.from)}>`,
    // RFC 3834 §5: no program is to answer it.
    headers: { 'Auto-Submitted': 'auto-generated', ...letter.headers },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  const content = await composed.build()
  // It is read only once the server said 354: before that, nothing can have been accepted.
  let begun = false
  const body = new Readable({
    read() {
      begun = true
      this.push(content)
      this.push(null)
    },
  })
  try {
    const { accepted, rejected, response } = await transact(way, composed.getEnvelope(), body, timeoutMs)
    const told = rejected.length === 0 ? '' : `, for ${accepted.length} of ${accepted.length + rejected.length} addresses`
    return { kind: 'accepted', status: codeOf(response) ?? 250, words: `${codesIn(response)}${told}` }
  } catch (error) {
    return judge(error as NodemailerError, begun)
  }
}

/** One connection, one message. RFC 5321 §4.1.4: EHLO, AUTH, MAIL, RCPT, DATA. */
function transact(way: Way, envelope: SMTPEnvelope, body: Readable, timeoutMs: number): Promise<SMTPConnectionSendInfo> {
  const { user, password, ...options } = way
  const connection = new SMTPConnection(options)
  let timer: NodeJS.Timeout | undefined
  const answer = new Promise<SMTPConnectionSendInfo>((resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), timeoutMs)
    // It stays: an error that comes later than the answer has nobody else.
    connection.on('error', reject)
    connection.once('end', () => reject(Object.assign(new Error('closed'), { code: 'ECONNECTION' })))
    const hand = () => connection.send(envelope, body, (error, info) => (error ? reject(error) : resolve(info)))
    connection.connect((error) => {
      if (error) reject(error)
      else if (user === '' || !connection.allowsAuth) hand()
      else connection.login({ credentials: { user, pass: password } }, (refused) => (refused ? reject(refused) : hand()))
    })
  })
  return answer.finally(() => {
    clearTimeout(timer)
    connection.close()
  })
}

/** What an error means. Only codes are taken from it: its message may hold an address or what the server made of our password. */
function judge(error: NodemailerError, begun: boolean): Answer {
  const status = error.responseCode ?? null
  if (status !== null) {
    const at = error.command && error.command !== 'CONN' ? ` at ${error.command}` : ''
    return { kind: 'refused', again: mayPass(error, status), status, retryAfter: null, words: `${codesIn(error.response ?? '')}${at}` }
  }
  const words = error.code === 'ETIMEDOUT' ? 'no answer in time' : (error.originalCode ?? error.code ?? 'no connection')
  if (begun) return { kind: 'unknown', status: null, words }
  return { kind: 'refused', again: error.code !== 'EENVELOPE', status: null, retryAfter: null, words }
}

/** RFC 5321 §4.2.1: 4yz may pass, 5yz will not; but one said of the session, a wrong password say, says nothing of the message. */
function mayPass(error: NodemailerError, status: number): boolean {
  return status < 500 || status === 503 || !['EENVELOPE', 'EMESSAGE'].includes(error.code ?? '')
}

/** `550 5.1.1`: the reply code and the enhanced one (RFC 3463); the text after them names people. */
function codesIn(response: string): string {
  return /^\d{3}(?:[ -][245]\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0].replace('-', ' ') ?? ''
}

function codeOf(response: string): number | undefined {
  const code = Number(response.slice(0, 3))
  return code > 0 ? code : undefined
}

/** The part after the @, of the address alone or of `Name <address>`. */
function domainOf(from: string): string {
  return /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'rolewatch.invalid'
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
