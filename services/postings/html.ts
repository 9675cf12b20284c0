// HTML as plain lines, in one pass of a streaming parser: paragraphs apart, items with a dash, links as their words.

import { Parser } from 'htmlparser2'

/** Elements whose content is nothing to read. */
const SILENT = new Set([
  'script',
  'style',
  'svg',
  'iframe',
  'video',
  'audio',
  'object',
  'template',
  'noscript',
  'title',
  'button',
  'select',
])
/** Elements that begin and end a line. */
const LINES = new Set([
  'li',
  'div',
  'tr',
  'dt',
  'dd',
  'section',
  'article',
  'header',
  'footer',
  'main',
  'aside',
  'address',
  'form',
  'fieldset',
  'figure',
  'figcaption',
  'caption',
  'thead',
  'tbody',
])
/** Elements with an empty line around them. */
const BLOCKS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'dl', 'table', 'blockquote', 'pre', 'hr'])

/** The words of some HTML, with entities decoded; never throws, however broken it is. Whitespace still wants tidying. */
export function linesOf(html: string): string {
  const out: string[] = []
  let silent = 0
  let lists = 0
  /** What is written before the next word: line breaks that elements asked for (two at the most), then an item's dash. */
  let breaks = 0
  let dash = false
  const edge = (name: string) => {
    const wanted = BLOCKS.has(name) ? (lists > 0 ? 1 : 2) : LINES.has(name) ? 1 : 0
    breaks = Math.max(breaks, wanted)
  }
  const parser = new Parser({
    onopentagname(name) {
      if (SILENT.has(name)) silent += 1
      edge(name)
      if (name === 'ul' || name === 'ol') lists += 1
      else if (name === 'li') dash = true
      else if (name === 'br') breaks = Math.min(breaks + 1, 2)
      else if (name === 'td' || name === 'th') out.push(' ')
    },
    ontext(text) {
      if (silent > 0) return
      const waits = breaks > 0 || dash
      if (waits) {
        if (text.trim() === '') return
        out.push('\n'.repeat(breaks), dash ? '- ' : '')
        breaks = 0
        dash = false
      }
      out.push(text.includes('\n') || text.includes('\t') ? text.replace(/\s+/g, ' ') : text)
    },
    onclosetag(name) {
      if (SILENT.has(name)) silent = Math.max(0, silent - 1)
      if (name === 'ul' || name === 'ol') lists = Math.max(0, lists - 1)
      edge(name)
    },
  })
  parser.end(html)
  return out.join('')
}
