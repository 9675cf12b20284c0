// Asking the API, with the token where there is one, and its refusals in words.

const KEY = 'rolewatch-token'

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
}

/** The API said no, or nothing; the message is for people. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.name = 'Refusal'
    this.status = status
  }
}

/** Asks and gives the JSON of the answer; undefined where it has none. */
export async function ask(path, { method = 'GET', body, allow = [] } = {}) {
  const response = await send(path, method, 'application/json', body)
  const answer = response.status === 204 ? undefined : await response.json().catch(() => ({}))
  if (response.ok || allow.includes(response.status)) return answer
  throw refusalOf(response, answer)
}

/** Asks and gives the text of the answer. */
export async function askText(path) {
  const response = await send(path, 'GET', 'text/markdown, text/plain')
  if (response.ok) return response.text()
  throw refusalOf(response, await response.json().catch(() => ({})))
}

async function send(path, method, accept, body) {
  const headers = { accept }
  if (token.get()) headers.authorization = `Bearer ${token.get()}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  const sent = body === undefined ? undefined : JSON.stringify(body)
  return fetch(path, { method, headers, body: sent }).catch(() => {
    throw new Refusal(0, 'Rolewatch does not answer. Is it running?')
  })
}

function refusalOf(response, answer) {
  const faults = (answer.errors ?? []).map(({ field, message }) => `${field} ${message}`)
  return new Refusal(response.status, faults.length > 0 ? `${faults.join('; ')}.` : (answer.detail ?? `The answer was ${response.status}.`))
}

/** A query string of what is given. */
export function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return given.length > 0 ? `?${new URLSearchParams(given)}` : ''
}
