// The form of a JSON page: which places it has and of what type, and what changed between two pages.

/** What is at one place of a page. The items of an array are all one place. */
export interface Form {
  types: Set<string>
  keys: Map<string, Form>
  items: Form | undefined
}

export interface FormDiff {
  /** Paths that were there and are not: `jobs[].location`. */
  vanished: string[]
  appeared: string[]
  /** `jobs[].id: number → string`. */
  changed: string[]
}

/** What is null or empty says nothing of a type. */
const NOTHING: readonly string[] = ['null', 'empty array']
/** Of a key, in a path. */
const LONGEST_KEY = 60

const blank = (): Form => ({ types: new Set(), keys: new Map(), items: undefined })

/** Reads the form of a page. @throws SyntaxError where the text is no JSON */
export function formOf(text: string): Form {
  const root = blank()
  const waiting: [Form, unknown][] = [[root, JSON.parse(text)]]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [form, value] = next
    form.types.add(typeOf(value))
    if (Array.isArray(value)) {
      if (value.length > 0) form.items ??= blank()
      for (const item of value) waiting.push([form.items ?? blank(), item])
    } else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) {
        const below = form.keys.get(key) ?? blank()
        form.keys.set(key, below)
        waiting.push([below, inner])
      }
  }
  return root
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'empty array' : 'array'
  return typeof value
}

/** What the second page lacks, has more, or has of another type. Below a place that is told of nothing more is told. */
export function diffForms(before: Form, after: Form): FormDiff {
  const diff: FormDiff = { vanished: [], appeared: [], changed: [] }
  const waiting: [string, Form, Form][] = [['', before, after]]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [path, was, is] = next
    if (isOther(was, is)) {
      diff.changed.push(`${path === '' ? 'the page' : path}: ${list(solid(was))} → ${list([...is.types])}`)
      continue
    }
    if (was.items && is.items) waiting.push([`${path}[]`, was.items, is.items])
    if (!was.types.has('object') || !is.types.has('object')) continue
    for (const [key, below] of was.keys) {
      const other = is.keys.get(key)
      if (other) waiting.push([join(path, key), below, other])
      else diff.vanished.push(join(path, key))
    }
    for (const key of is.keys.keys()) if (!was.keys.has(key)) diff.appeared.push(join(path, key))
  }
  return { vanished: diff.vanished.toSorted(), appeared: diff.appeared.toSorted(), changed: diff.changed.toSorted() }
}

const solid = ({ types }: Form): string[] => [...types].filter((type) => !NOTHING.includes(type))
const list = (types: readonly string[]): string => types.toSorted().join('|')

/** Nothing of what it was is left. */
function isOther(was: Form, is: Form): boolean {
  const types = solid(was)
  return types.length > 0 && !types.some((type) => is.types.has(type))
}

function join(path: string, key: string): string {
  if (/^[A-Za-z_$][\w$-]*$/.test(key) && key.length <= LONGEST_KEY) return path === '' ? key : `${path}.${key}`
  return `${path}[${JSON.stringify(key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY).toWellFormed()}…` : key)}]`
}
