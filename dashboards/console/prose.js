// Markdown of ours as elements of the page.

import { h, out } from './dom.js'
import { readParts } from './markdown.js'

/** One block as `readBlocks` gives it; `item` makes more of an item of a list than its words. */
export function element(block, item = (text) => h('li', {}, inline(text))) {
  if (block.kind === 'heading') return h(`h${block.level}`, {}, inline(block.text))
  if (block.kind === 'code') return h('pre', { tabindex: 0 }, h('code', {}, block.text))
  if (block.kind === 'text') return h('p', {}, inline(block.text))
  const start = block.ordered && block.start !== 1 ? block.start : undefined
  return h(
    block.ordered ? 'ol' : 'ul',
    { start },
    block.items.map((text, index) => item(text, index + block.start)),
  )
}

/** A line of text; a link to another page of ours stays in the console. */
export function inline(text) {
  return readParts(text).map((part) => {
    if (part.kind === 'code') return h('code', {}, part.text)
    if (part.kind === 'strong') return h('strong', {}, part.text)
    if (part.kind === 'text') return part.text
    const page = /^(?:\.\/)?([A-Z][A-Za-z0-9]*)\.md$/.exec(part.href)
    return page ? h('a', { href: `#/runbook/${page[1]}` }, part.text) : out(part.href, part.text)
  })
}
