// The dashboard Scrapers: what each source does, how it ends, and how good what it brings is.

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Given } from './given.ts'
import { layOut } from './grid.ts'
import { visits, stages, outcomes } from './scrapers-visits.ts'
import { freshness, politeness, quality, refusals } from './scrapers-quality.ts'
import { shell } from './shell.ts'

export function scrapers(given: Given): Dashboard {
  const rows = [
    { title: 'Visits', drafts: visits(given) },
    { title: 'Stages', drafts: stages() },
    { title: 'Outcomes and breakers', drafts: outcomes(given) },
    { title: 'Freshness', drafts: freshness(given) },
    { title: 'Quality', drafts: quality() },
    { title: 'Refused and set aside', drafts: refusals() },
    { title: 'Politeness', drafts: politeness() },
  ]
  const description =
    'Rate, errors and duration of the visits to each source, the state of its breakers, and how fresh and complete what it brings is.'
  return shell({ name: 'scrapers', title: 'Scrapers', description, variables: ['source'] }, layOut('scrapers', rows, given.concerns))
}
