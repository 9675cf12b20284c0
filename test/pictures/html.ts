// HTML as text, with everything that is data escaped.

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for between tags and within quotes. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => MARKS[mark] ?? mark)
}

/** Markup that is meant as such. */
export interface Markup {
  html: string
}

type Part = Markup | string | number | null | undefined | false | readonly Part[]

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'html' in part ? part.html : part.map(textOf).join('')
}

/** html`<b>${text}</b>`: what is put in is text unless it is markup already. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return { html: strings.map((text, index) => text + textOf(parts[index])).join('') }
}

/** Text that is markup already. */
export function raw(text: string): Markup {
  return { html: text }
}

/** JSON that may stand within a script element. */
export function scriptJson(value: unknown): Markup {
  return { html: JSON.stringify(value).replaceAll('<', String.raw`\u003c`) }
}
