// Text for Slack: cleaned, escaped and never longer than a field may be.

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** The three characters that mean something to Slack (docs.slack.dev, "Formatting message text", "Escaping text"). */
export function escapeText(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => ESCAPES[character] ?? character)
}

/** One line: no control characters, no lone surrogates, single spaces. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
}

/** One escaped line of at most `limit` UTF-16 units as it is sent; what is too long is cut at a word, or where it must be, and ends in …. */
export function fit(text: string, limit: number): string {
  const line = oneLine(text)
  const whole = escapeText(line)
  if (whole.length <= limit) return whole
  let length = 0
  let kept = ''
  for (const character of line) {
    length += (ESCAPES[character] ?? character).length
    if (length > limit - 1) break
    kept += character
  }
  const next = line[kept.length]
  const space = kept.lastIndexOf(' ')
  const cut = next !== ' ' && space > kept.length / 2 ? kept.slice(0, space) : kept
  return `${escapeText(cut.trimEnd())}…`
}

/** `<url|label>` of an http(s) address, or the label alone when the address is none or too long. The label is already escaped. */
export function link(url: string | null, label: string, limit = 1000): string {
  if (url === null || !URL.canParse(url)) return label
  const parsed = new URL(url)
  const address = escapeText(parsed.href.replaceAll('|', '%7C'))
  return /^https?:$/.test(parsed.protocol) && address.length <= limit ? `<${address}|${label}>` : label
}

/** 1,234 as people write it. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 posting`, `2,000 postings`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' })

/** `21 Nov 2025`, in UTC. */
export function day(date: Date): string {
  return DAY.format(date)
}

/** `12:03 UTC`, with its day when that is not the day of `now`. */
export function time(date: Date, now: Date): string {
  const clock = `${TIME.format(date)} UTC`
  return day(date) === day(now) ? clock : `${day(date)}, ${clock}`
}
