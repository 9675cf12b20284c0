// Lint of runbooks: what a page asks of the machine must exist, fit, and be known at that moment; faults come with their line.

import { CAUSES, VERDICTS, type Action, type Registry } from './action.ts'
import { readPage, type Call, type Item, type PageFault } from './page.ts'

/** Labels that every alert carries, whatever it is about. */
const ALWAYS = ['alertname', 'severity', 'priority', 'owner']
const CONDITIONS: readonly string[] = [...CAUSES, ...VERDICTS]

/** Everything that is wrong with a page, by line. `labels`: those of its alert beyond the ones that all have. */
export function lintPage(name: string, text: string, registry: Registry<never>, labels: readonly string[]): PageFault[] {
  const { page, faults } = readPage(text)
  if (page.alert !== '' && page.alert !== name) faults.push({ line: 1, words: `the file is called ${name}.md, the page ${page.alert}` })
  const known = new Set([...ALWAYS, ...labels])
  for (const item of page.diagnosis) faults.push(...lintItem(item, 'read', registry, known))
  for (const item of page.steps) faults.push(...lintItem(item, 'write', registry, known))
  if (page.steps.length > 0 && page.steps.every((item) => item.call !== null))
    faults.push({
      line: page.steps[0]?.line ?? 1,
      words: 'Steps must ask a person for at least one thing: what to do when the machine does not help',
    })
  return faults.toSorted((a, b) => a.line - b.line)
}

function lintItem({ call, line }: Item, wanted: 'read' | 'write', registry: Registry<never>, known: Set<string>): PageFault[] {
  if (!call) return []
  const action = registry.get(call.action)
  if (!action) return [{ line, words: `there is no action ${call.action === '' ? 'in this code' : call.action}` }]
  const faults: string[] = []
  if (action.kind !== wanted)
    faults.push(
      wanted === 'read'
        ? `${action.name} changes something: it belongs under Steps`
        : `${action.name} only looks: it belongs under Diagnosis`,
    )
  const names = Object.keys(action.args.shape)
  for (const key of Object.keys(call.args))
    if (!names.includes(key)) faults.push(`${action.name} takes no ${key}: it takes ${names.join(', ') || 'nothing'}`)
  for (const [key, value] of Object.entries(call.args))
    if (value.kind === 'name' && !known.has(value.name))
      faults.push(`${key}=$${value.name}: neither the alert nor a line above gives ${value.name}`)
  faults.push(...lintLiterals(call.args, action.args))
  for (const one of call.when) if (!CONDITIONS.includes(one)) faults.push(`when=${one} is neither a cause nor a verdict`)
  if (wanted === 'read' && call.when.length > 0) faults.push('when= belongs to steps: every look is made')
  if (action.kind === 'read') for (const name of action.gives) known.add(name)
  return faults.map((words) => ({ line, words }))
}

/** Literals are judged by the action itself; what a label will bring cannot be known yet, only that it will be there. */
function lintLiterals(args: Call['args'], schema: Action['args']): string[] {
  const given = Object.fromEntries(Object.entries(args).flatMap(([key, value]) => (value.kind === 'literal' ? [[key, value.text]] : [])))
  const result = schema.safeParse(given)
  if (result.success) return []
  return result.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return []
    const key = String(issue.path[0] ?? '')
    const value = args[key]
    if (!value) return [`${key} is missing`]
    return value.kind === 'name' ? [] : [`${key}=${value.text} ${issue.message}`]
  })
}
