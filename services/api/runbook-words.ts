// A runbook's page in words: what it means, which labels it needs, and of each line whether the machine does it and what that is.

import { z } from 'zod'
import { REACHES, type Registry } from '../../ops/runbook/action.ts'
import type { Call, Item, Page } from '../../ops/runbook/page.ts'
import { texts } from './runbook-shapes.ts'

export const pageLine = z.strictObject({
  part: z.enum(['diagnosis', 'steps']),
  number: z.int(),
  line: z.int().describe('In the file'),
  text: z.string().describe('Without its number and its code'),
  call: z
    .strictObject({
      action: z.string(),
      args: texts.describe('As they are written: $source stands for a label, or for what a line above found'),
      when: z.array(z.string()).describe('For which verdicts and causes; empty: whenever something is not well'),
      summary: z.string().describe('What the action does'),
      reach: z.enum(REACHES).nullable().describe('How much it can touch; null: it only looks'),
      reversible: z.boolean().nullable(),
    })
    .nullable()
    .describe('What the machine runs; null: it is asked of a person'),
})

/** The lines of a page, diagnosis first. */
export function linesOf(page: Page, registry: Registry<never>): z.output<typeof pageLine>[] {
  return (['diagnosis', 'steps'] as const).flatMap((part) =>
    page[part].map(({ number, line, text, call }) => ({ part, number, line, text, call: call && callOf(call, registry) })),
  )
}

function callOf({ action: name, args, when }: Call, registry: Registry<never>): NonNullable<z.output<typeof pageLine>['call']> {
  const action = registry.get(name)
  const written = Object.entries(args).map(([key, value]) => [key, value.kind === 'name' ? `$${value.name}` : value.text] as const)
  return {
    action: name,
    args: Object.fromEntries(written),
    when: [...when],
    summary: action?.summary ?? '',
    reach: action?.kind === 'write' ? action.reach : null,
    reversible: action?.kind === 'write' ? action.reversible : null,
  }
}

/** The labels that a page needs of its alert: what it names and no line above has found. */
export function labelsOf({ diagnosis, steps }: Page, registry: Registry<never>): string[] {
  const found = new Set<string>()
  const needed = new Set<string>()
  for (const { call } of [...diagnosis, ...steps] satisfies Item[]) {
    for (const value of Object.values(call?.args ?? {})) if (value.kind === 'name' && !found.has(value.name)) needed.add(value.name)
    const action = call && registry.get(call.action)
    if (action?.kind === 'read') for (const name of action.gives) found.add(name)
  }
  return [...needed]
}

/** The first paragraph under Meaning, on one line. */
export function meaningOf(text: string): string {
  const [, section = ''] = /^## Meaning$(.*?)(?=^## )/ms.exec(text.replaceAll('\r', '')) ?? []
  return (section.trim().split(/\n\s*\n/)[0] ?? '').replaceAll(/\s+/g, ' ')
}
