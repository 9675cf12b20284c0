// A look at pages: the last one that could not be read, beside the last one of the same source that could.

import { z } from 'zod'
import type { Finding, Read } from '../../../ops/runbook/action.ts'
import { lastGoodPage, lastSetAside, type SetAside } from '../../store/page-pair.ts'
import type { ActionParts } from '../parts.ts'
import { diffForms, formOf, type Form, type FormDiff } from '../structure.ts'
import { source } from '../values.ts'
import { counted } from '../words.ts'

/** Paths that a message names. */
const TOLD = 5
/** Paths that are kept. */
const KEPT = 50

export function pageLooks({ database, archive }: Pick<ActionParts, 'database' | 'archive'>): Read[] {
  return [
    {
      kind: 'read',
      name: 'page.diff',
      summary: 'What changed in the form of the pages of a source: the last that could not be read beside the last that could',
      args: z.strictObject({ source }),
      timeoutSeconds: 20,
      gives: ['board'],
      async look(args) {
        const bad = await lastSetAside(database.db, String(args['source']))
        if (!bad)
          return {
            verdict: 'healthy',
            causes: [],
            words: 'No page of this source is set aside, but for those of boards that were read since.',
          }
        const good = bad.hash === null ? undefined : await lastGoodPage(database.db, bad.source, bad.ident)
        return {
          // Where some of the board could still be read, its form is not lost.
          verdict: bad.last_outcome === 'drift' ? 'broken' : 'degraded',
          causes: ['drift'],
          values: { board: `${bad.source}/${bad.ident}` },
          ...(good && bad.hash !== null ? compare(tell(bad), await archive.read(good.hash), await archive.read(bad.hash)) : alone(bad)),
        }
      },
    },
  ]
}

type Told = Pick<Finding, 'words' | 'facts'>

function tell({ source: name, ident, reason, path, boards }: SetAside): string {
  const more = boards > 1 ? `${counted(boards, 'board')} have pages set aside, the newest ` : ''
  return `${more}${name}/${ident}: ${reason}${path === null ? '' : ` at ${path}`}.`
}

const alone = (bad: SetAside): Told => ({ words: `${tell(bad)} There is no page to compare it with.` })

function compare(why: string, good: string, bad: string): Told {
  const before = readForm(good)
  const after = readForm(bad)
  if (!before) return { words: `${why} Pages of this source are no JSON, and not compared.` }
  if (!after) return { words: `${why} It is not JSON any more.` }
  const diff = diffForms(before, after)
  const { vanished, appeared, changed } = diff
  return {
    words: `${why} ${tellDiff(diff)}`,
    facts: { vanished: vanished.slice(0, KEPT), appeared: appeared.slice(0, KEPT), changed: changed.slice(0, KEPT) },
  }
}

function readForm(text: string): Form | undefined {
  try {
    return formOf(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

function tellDiff({ vanished, appeared, changed }: FormDiff): string {
  const parts = [
    vanished.length > 0 ? `${counted(vanished.length, 'path')} vanished (${few(vanished)})` : '',
    appeared.length > 0 ? `${counted(appeared.length, 'path')} appeared (${few(appeared)})` : '',
    changed.length > 0 ? `${counted(changed.length, 'type')} changed (${few(changed)})` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'Its form is the same: a value is at fault, or some of many entries.' : `${parts.join('; ')}.`
}

const few = (paths: readonly string[]): string => `${paths.slice(0, TOLD).join(', ')}${paths.length > TOLD ? ', …' : ''}`
