// Refusals: what cannot be done and what to do about it, in words for whoever asked, where a stack would help nobody.

/** A request that cannot be met, in a sentence that says what to do. Exit code 1. */
export function refusal(message: string, cause?: unknown): Error {
  return named('Refusal', message, cause)
}

/** An argument that means nothing, in a sentence that says what would. Exit code 2. */
export function misuse(message: string): Error {
  return named('Misuse', message)
}

function named(name: string, message: string, cause?: unknown): Error {
  const error = new Error(message, cause === undefined ? {} : { cause })
  error.name = name
  return error
}

/** What an error says in one line; an attempt at several addresses has its words in its parts. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(wordsOf).join('; ')
  return error.message
}

interface Coded {
  code?: string
  syscall?: string
  address?: string
  port?: number
  path?: string
}

const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|08...|57P0.)$/
/** pg and knex have no code for these. */
const LOST = /^(Connection terminated|Client has encountered a connection error|timeout expired|Knex: Timeout acquiring a connection)/
const DISK = /^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT|EMFILE|ENOTDIR|EISDIR|EEXIST|ENOENT)$/

/**
 * What an error means that is the machine's or the database's trouble and no bug of ours; undefined for every other. Classes of
 * SQLSTATE: PostgreSQL manual, appendix A.
 */
export function troubleOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code = '', syscall, address, port, path } = error as Coded
  const words = wordsOf(error)
  if (syscall === 'listen') return `${address ?? ''}:${port ?? ''} cannot be listened on (${code}): choose another port or address.`
  if (UNREACHABLE.test(code) || LOST.test(words))
    return `The database does not answer (${words}): see that PostgreSQL runs and that DATABASE_URL leads to it.`
  if (/^(28...|3D000|42501)$/.test(code)) return `The database lets us not in (${words}): see the user, password and name in DATABASE_URL.`
  if (/^(53...|25006)$/.test(code)) return `The database cannot take more (${words}).`
  if (DISK.test(code) && path !== undefined) return `${path} cannot be used (${words}): see its permissions and the room on its disk.`
  return undefined
}
