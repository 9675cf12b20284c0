// The text of a source file without what is only said in it: comments and the insides of strings become spaces.

/** After one of these a slash begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))\s*$/

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

/** The last character of the comment that begins here; `start` when none does. */
function endOfComment(text: string, start: number): number {
  if (text.startsWith('//', start)) return (text + '\n').indexOf('\n', start) - 1
  if (!text.startsWith('/*', start)) return start
  const close = text.indexOf('*/', start + 2)
  return close < 0 ? text.length - 1 : close + 1
}

function endOfQuoted(text: string, start: number): number {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote || text[at] === '\n') return at
  }
  return text.length
}

function endOfRegex(text: string, start: number): number {
  let inClass = false
  for (let at = start + 1; at < text.length; at++) {
    const sign = text[at]
    if (sign === '\\') at++
    else if (sign === '[') inClass = true
    else if (sign === ']') inClass = false
    else if (sign === '\n' || (sign === '/' && !inClass)) return at
  }
  return text.length - 1
}

/** A template from its backtick to its end: what is said becomes spaces, what is done (`${…}`) stays. */
function template(text: string, start: number): { code: string; end: number } {
  let code = '`'
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '`') return { code: `${code}\``, end: at }
    if (text[at] === '\\') {
      code += blank(text.slice(at, at + 2))
      at++
    } else if (text.startsWith('${', at)) {
      const inner = scan(text, at + 2, '}')
      code += `\${${inner.code}${text[inner.end] ?? ''}`
      at = inner.end
    } else code += blank(text[at] ?? '')
  }
  return { code, end: text.length - 1 }
}

/** Scans code from `start` to the closing brace that has no opening one, or to the end. */
function scan(text: string, start: number, until: '}' | ''): { code: string; end: number } {
  let code = ''
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const sign = text[at] ?? ''
    let end = endOfComment(text, at)
    if (end > at) {
      code += blank(text.slice(at, end + 1))
      at = end
    } else if (sign === "'" || sign === '"') {
      end = endOfQuoted(text, at)
      code += sign + blank(text.slice(at + 1, end)) + (text[end] ?? '')
      at = end
    } else if (sign === '`') {
      const inner = template(text, at)
      code += inner.code
      at = inner.end
    } else if (sign === '/' && BEFORE_REGEX.test(code.slice(-40))) {
      end = endOfRegex(text, at)
      code += blank(text.slice(at, end + 1))
      at = end
    } else {
      if (sign === '{') depth++
      if (sign === '}' && depth-- === 0 && until === '}') return { code, end: at }
      code += sign
    }
  }
  return { code, end: text.length }
}

/** Same length and same lines as `text`; quotes stay, so that what stood between them can be looked up in `text`. */
export function codeOf(text: string): string {
  return scan(text, 0, '').code
}

export interface Import {
  /** As written: `../a.ts` or `express`. */
  from: string
  typeOnly: boolean
  line: number
}

const STATIC = /(?:^|[;}\n])[ \t]*(?:import|export)\b([^;'"`]*?)\bfrom[ \t\n]*(['"])([ ]+)\2/g
const SIDE_EFFECT = /(?:^|[;}\n])[ \t]*import()[ \t]*(['"])([ ]+)\2/g
const DYNAMIC = /\bimport()[ \t]*\([ \t\n]*(['"`])([ ]+)\2/g

/** Every import and re-export of a file: static, for its side effect, dynamic with a fixed text, and in a type. */
export function importsOf(text: string): Import[] {
  const code = codeOf(text)
  const found: Import[] = []
  for (const pattern of [STATIC, SIDE_EFFECT, DYNAMIC])
    for (const match of code.matchAll(pattern)) {
      const [whole, clause = '', , gap = ''] = match
      const end = match.index + whole.length - 1
      const names = /\{([^}]*)\}/
        .exec(clause)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '')
      const onlyTypes = names !== undefined && names.length > 0 && /^\s*\{/.test(clause) && names.every((name) => /^\s*type\s/.test(name))
      found.push({
        from: text.slice(end - gap.length, end),
        typeOnly: /^\s*type\b(?!\s*(?:,|$))/.test(clause) || onlyTypes,
        line: text.slice(0, end).split('\n').length,
      })
    }
  return found.toSorted((a, b) => a.line - b.line)
}
