// The same message as a letter: what Slack would show, as plain text and as HTML.

import type { SlackMessage } from './digest.ts'
import { oneLine } from './text.ts'

export interface LetterContent {
  subject: string
  text: string
  html: string
}

interface Line {
  bold: boolean
  pieces: Piece[]
}

interface Piece {
  words: string
  /** Where the words lead. */
  url?: string
}

const UNESCAPES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const LINK = /<(https?:[^|<>]+)\|([^<>]*)>/g
const SUBJECT = 200

/** Turns a message of ours into a letter: its header is the subject, its links stay links. Pure. */
export function letterOf(message: SlackMessage): LetterContent {
  const header = message.blocks.find((block) => block.type === 'header')
  const blocks = message.blocks.map((block): { tag: 'h2' | 'p'; lines: Line[] } => {
    if (block.type === 'header') return { tag: 'h2', lines: [{ bold: false, pieces: [{ words: plain(block.text.text) }] }] }
    if (block.type === 'section') return { tag: 'p', lines: block.text.text.split('\n').map(lineOf) }
    return { tag: 'p', lines: block.elements.map((element) => lineOf(element.text)) }
  })
  return {
    subject: oneLine(plain(header?.text.text ?? message.text).slice(0, SUBJECT)),
    text: `${blocks.map(({ lines }) => lines.map(asText).join('\n')).join('\n\n')}\n`,
    html: page(blocks.map(({ tag, lines }) => `<${tag}>${lines.map(asHtml).join('<br>\n')}</${tag}>`).join('\n')),
  }
}

/** One line of Slack's markup, as we write it: text, `<url|label>`, and a bold line between asterisks. */
function lineOf(line: string): Line {
  const bold = /^\*(.*)\*$/.exec(line)?.[1]
  const bare = bold ?? line
  const pieces: Piece[] = []
  let from = 0
  for (const found of bare.matchAll(LINK)) {
    const [whole, url = '', label = ''] = found
    pieces.push({ words: plain(bare.slice(from, found.index)) }, { words: plain(label), url: plain(url) })
    from = found.index + whole.length
  }
  return { bold: bold !== undefined, pieces: [...pieces, { words: plain(bare.slice(from)) }] }
}

/** Angle brackets around an address, for mail programs to find its end (RFC 3986, appendix C). */
function asText({ pieces }: Line): string {
  return pieces.map(({ words, url }) => (url === undefined ? words : `${words} <${url}>`)).join('')
}

function asHtml({ bold, pieces }: Line): string {
  const html = pieces
    .map(({ words, url }) => (url === undefined ? marked(words) : `<a href="${marked(url)}">${marked(words)}</a>`))
    .join('')
  return bold ? `<strong>${html}</strong>` : html
}

function page(body: string): string {
  return `<!doctype html>\n<html><head><meta charset="utf-8"></head>\n<body style="font-family: sans-serif">\n${body}\n</body></html>\n`
}

function plain(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt);/g, (entity) => UNESCAPES[entity] ?? entity)
}

function marked(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
