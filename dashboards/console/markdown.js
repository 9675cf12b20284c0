// Markdown as the runbooks use it, read into blocks: headings, paragraphs, lists and code. It makes no markup, so nothing in it can act.

/**
 * Lines → blocks: {kind: 'heading', level, text}, {kind: 'text', text}, {kind: 'list', ordered, start, items}, {kind: 'code', text}.
 * A line that stands further in belongs to the item above it.
 */
export function readBlocks(markdown) {
  const blocks = []
  let open = null
  let fence = null
  for (const line of markdown.replaceAll('\r', '').split('\n')) {
    if (fence) {
      if (/^\s*```/.test(line)) fence = null
      else fence.text += `${line}\n`
      continue
    }
    const block = startOf(line)
    if (line.trim() === '') {
      // A list goes on behind an empty line; a paragraph does not.
      if (open?.kind !== 'list') open = null
    } else if (block?.kind === 'item') {
      if (open?.kind !== 'list' || open.ordered !== block.ordered) {
        open = { kind: 'list', ordered: block.ordered, start: block.start, items: [] }
        blocks.push(open)
      }
      open.items.push(block.text)
    } else if (block) {
      blocks.push(block)
      fence = block.kind === 'code' ? block : null
      open = null
    } else if (open?.kind === 'list' && /^\s/.test(line)) open.items.push(`${open.items.pop()} ${line.trim()}`)
    else if (open?.kind === 'text') open.text += ` ${line.trim()}`
    else {
      open = { kind: 'text', text: line.trim() }
      blocks.push(open)
    }
  }
  return blocks
}

/** What a line begins; nothing where it is plain text. */
function startOf(line) {
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line)
  if (heading) return { kind: 'heading', level: heading[1].length, text: heading[2] }
  if (line.startsWith('```')) return { kind: 'code', text: '' }
  const ordered = /^(\d{1,4})[.)]\s+(.*)$/.exec(line)
  if (ordered) return { kind: 'item', ordered: true, start: Number(ordered[1]), text: ordered[2] }
  const plain = /^[-*+]\s+(.*)$/.exec(line)
  return plain ? { kind: 'item', ordered: false, start: 1, text: plain[1] } : null
}

/** A line of text → its parts: {kind: 'text' | 'code' | 'strong', text} and {kind: 'link', text, href}. */
export function readParts(text) {
  const parts = []
  let at = 0
  for (const found of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^()\s]+)\)/g)) {
    const [all, code, strong, words, href] = found
    if (found.index > at) parts.push({ kind: 'text', text: text.slice(at, found.index) })
    if (code !== undefined) parts.push({ kind: 'code', text: code })
    else if (strong !== undefined) parts.push({ kind: 'strong', text: strong })
    else parts.push({ kind: 'link', text: words, href })
    at = found.index + all.length
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) })
  return parts
}
