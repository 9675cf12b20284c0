// A dashboard asked of live data sources and drawn as a page.

import type { Asking } from '../../ops/dashboard/expand.ts'
import { askAnnotations, askExemplars, askPanel, askVariable, type Backend } from './ask.ts'
import type { Span } from './charts.ts'
import type { Dashboard, Panel } from './dashboard.ts'
import { drawPage, placeOf, type Answer, type Picture } from './page.ts'
import type { Theme } from './palette.ts'

export interface Viewing {
  backend: Backend
  sources: readonly string[]
  span: Span
  /** Seconds between two scrapes. */
  scrape: number
}

/** What Grafana rounds intervals up to, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800]
const LETTERS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds between two points of a panel so many pixels wide. `least`: as a panel has it, `5m`. */
export function intervalOf(span: Span, pixels: number, scrape: number, least?: string): number {
  const [, count = '0', letter = 's'] = /^(\d+)([smhd])$/.exec(least ?? '') ?? []
  const wanted = Math.max((span.to - span.from) / 1000 / pixels, scrape, Number(count) * (LETTERS[letter] ?? 1))
  return STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted)
}

/** How a query is asked for a panel of this width. */
export function askingOf(viewing: Viewing, pixels: number, currency: string, least?: string): Asking {
  const { span, scrape, sources } = viewing
  const interval = intervalOf(span, pixels, scrape, least)
  return { from: new Date(span.from), to: new Date(span.to), interval, source: sources, currency, scrape }
}

/** The first of the currencies that the dashboard offers; dollars where it offers none. */
export async function currencyOf(dashboard: Dashboard, viewing: Viewing): Promise<string> {
  const variable = dashboard.templating?.list.find((one) => one.name === 'currency')
  if (typeof variable?.query !== 'string') return 'USD'
  const [first] = await askVariable(viewing.backend, variable.query, askingOf(viewing, 1, 'USD'))
  return first ?? 'USD'
}

async function answerOf(viewing: Viewing, panel: Panel, width: number, currency: string): Promise<Answer | undefined> {
  if (panel.type === 'row') return undefined
  const pixels = placeOf(panel.gridPos ?? { x: 0, y: 0, w: 12, h: 8 }, width).width
  const asking = askingOf(viewing, pixels, currency, panel.interval)
  try {
    const [frames, exemplars] = await Promise.all([askPanel(viewing.backend, panel, asking), askExemplars(viewing.backend, panel, asking)])
    return { frames, exemplars }
  } catch (error) {
    return { frames: [], exemplars: [], error: error instanceof Error ? error.message : String(error) }
  }
}

function choicesOf(dashboard: Dashboard, currency: string): Picture['choices'] {
  const all = dashboard.templating?.list ?? []
  const words: Readonly<Record<string, string>> = { currency, prometheus_datasource: 'Prometheus', postgres_datasource: 'PostgreSQL' }
  return all
    .filter(({ hide }) => hide !== 2)
    .map(({ name, label, current }) => {
      const text = current?.text
      return {
        label: label ?? name,
        value:
          words[name] ??
          [text]
            .flat()
            .filter((one) => typeof one === 'string')
            .join(', '),
      }
    })
}

/** Asks everything once, and gives the page for each theme. */
export async function pictureOf(dashboard: Dashboard, viewing: Viewing, width: number, note?: string): Promise<(theme: Theme) => string> {
  const currency = await currencyOf(dashboard, viewing)
  const answers: (Answer | undefined)[] = []
  // One after the other: PostgreSQL and Prometheus share the machine with what they measure.
  for (const panel of dashboard.panels) answers.push(await answerOf(viewing, panel, width, currency))
  const marks = await askAnnotations(viewing.backend, dashboard, askingOf(viewing, width, currency, '60s'))
  const picture = { dashboard, answers, marks, span: viewing.span, width, choices: choicesOf(dashboard, currency) }
  return (theme) => drawPage({ ...picture, theme, ...(note === undefined ? {} : { note }) })
}
