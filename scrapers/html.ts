// Escaping of HTML as sources need it: one layer off, or text made safe to put between tags.

const ESCAPES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

/** Takes one layer of escaping off, in one pass: `&amp;nbsp;` becomes `&nbsp;` and stays so. HTML that was never escaped is left alone. */
export function decodeOnce(content: string): string {
  if (content.includes('<')) return content
  return content.replace(
    /&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#x([\da-f]{1,6}));/gi,
    (whole, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return ESCAPES[name.toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

/** Text as it is written between tags. */
export function escapeHtml(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
