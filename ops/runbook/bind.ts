// Arguments: what a line says, with labels and findings put in, checked by the action it is for.

import type { Action } from './action.ts'
import type { Call } from './page.ts'

export type Bound = { kind: 'bound'; args: Record<string, unknown>; given: Record<string, string> } | { kind: 'unbound'; words: string }

/**
 * Puts in values and lets the action judge them. A value is one value whatever characters it holds: it is never split, joined or
 * evaluated. Labels come before findings of the same name.
 */
export function bind(
  action: Action<never>,
  call: Call,
  labels: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): Bound {
  const given: Record<string, string> = {}
  for (const [key, value] of Object.entries(call.args)) {
    const text = value.kind === 'literal' ? value.text : (own(labels, value.name) ?? own(found, value.name))
    if (text === undefined) return { kind: 'unbound', words: `nothing is known of ${key}: neither the alert nor a finding gives it` }
    given[key] = text
  }
  const result = action.args.safeParse(given)
  if (result.success) return { kind: 'bound', args: result.data, given }
  const [first] = result.error.issues
  return { kind: 'unbound', words: `${first?.path.join('.') ?? 'the arguments'} ${first?.message ?? 'cannot be used'}` }
}

function own(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}
