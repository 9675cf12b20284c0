// The pages that alerts link to: Markdown for programs, and for a browser the console's page of it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from '../config.ts'
import { Problem } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { alertName } from './runbook-shapes.ts'

export function runbookRoutes(folder: string = join(ROOT, 'runbooks')): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/runbooks/{alert}.md',
      name: 'getRunbook',
      summary: 'What to do about an alert',
      // Whoever is woken by an alert has its link, and no token at hand.
      scope: null,
      params: z.strictObject({ alert: alertName }),
      answers: {
        200: { description: 'The page', types: ['text/markdown'] },
        303: { description: 'A browser is led to the page of the console' },
      },
      async handle({ params, accept }) {
        const text = await readFile(join(folder, `${params.alert}.md`), 'utf8').catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error
          throw new Problem(404, `There is no page for ${params.alert}.`)
        })
        const headers = { vary: 'Accept' }
        // Relative, since there may be a path before ours.
        if (accept?.includes('text/html')) return { status: 303, headers: { ...headers, location: `../#/runbook/${params.alert}` } }
        return { text, type: 'text/markdown', headers }
      },
    }),
  ]
}
