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
  /** Whether the last thing written was an item's dash: what opens inside the item then begins no line of its own. */
  let dashed = false
  const breakLine = (name: string) => {
    if (dashed) return
    if (LINES.has(name) || name === 'li' || (lists > 0 && BLOCKS.has(name))) out.push('\n')
    else if (BLOCKS.has(name)) out.push('\n\n')
  }
  const parser = new Parser({
    onopentagname(name) {
      if (SILENT.has(name)) silent += 1
      if (silent > 0) return
      if (name === 'br') out.push('\n')
      else if (name === 'td' || name === 'th') out.push(' ')
      else if (name === 'li') {
        out.push('\n- ')
        dashed = true
      } else breakLine(name)
      if (name === 'ul' || name === 'ol') lists += 1
    },
    ontext(text) {
      if (silent > 0) return
      const flat = text.includes('\n') || text.includes('\t') ? text.replace(/\s+/g, ' ') : text
      out.push(flat)
      if (dashed && flat.trim() !== '') dashed = false
    },
    onclosetag(name) {
      if (SILENT.has(name)) silent = Math.max(0, silent - 1)
      if (silent > 0) return
      if (name === 'ul' || name === 'ol') lists = Math.max(0, lists - 1)
      if (name === 'li') dashed = false
      breakLine(name)
    },
  })
  parser.end(html)
  return out.join('')
}
