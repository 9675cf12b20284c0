// Export in the form of OpenSLO v1, for other tools.

import { toNumber } from './decimal.ts'
import { printDuration } from './duration.ts'
import { severityOf } from './fields.ts'
import { badQuery, boundOf, totalQuery } from './query.ts'
import { burnOf } from './refuse-tier.ts'
import type { Slo, Tier } from './spec.ts'

/** One document of kind SLO (github.com/OpenSLO/OpenSLO, "OpenSLO Specification v1"). Alerts with a shifted bound have no form in OpenSLO: they are named in an annotation. */
export function openSlo(slo: Slo): object {
  const plain = slo.tiers.filter((tier) => !tier.slowerThan)
  const shifted = slo.tiers.filter((tier) => tier.slowerThan).map(({ alert }) => alert)
  const source = (query: string) => ({ metricSource: { type: 'Prometheus', spec: { query } } })
  return {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: {
      name: slo.slo,
      displayName: slo.title,
      annotations: { owner: slo.owner, ...(shifted.length > 0 ? { 'alerts-with-a-shifted-bound': shifted.join(', ') } : {}) },
    },
    spec: {
      description: slo.journey,
      service: 'rolewatch',
      indicator: {
        metadata: { name: `${slo.slo}-indicator` },
        spec: {
          ratioMetric: {
            counter: false,
            bad: source(badQuery(slo, slo.period, boundOf(slo), totalQuery(slo, slo.period))),
            total: source(totalQuery(slo, slo.period)),
          },
        },
      },
      timeWindow: [{ duration: printDuration(slo.period), isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ displayName: slo.title, target: toNumber(slo.objective) }],
      ...(plain.length > 0 ? { alertPolicies: plain.map((tier) => alertPolicy(slo, tier)) } : {}),
    },
  }
}

function alertPolicy(slo: Slo, tier: Tier): object {
  return {
    kind: 'AlertPolicy',
    metadata: { name: tier.alert.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase(), displayName: tier.alert },
    spec: {
      description: `${tier.summary}.`,
      alertWhenBreaching: true,
      alertWhenResolved: true,
      alertWhenNoData: false,
      conditions: [
        {
          kind: 'AlertCondition',
          metadata: { name: `${slo.slo}-${severityOf(tier.priority)}-${printDuration(tier.long)}` },
          spec: {
            description: tier.description,
            severity: severityOf(tier.priority),
            condition: {
              kind: 'burnrate',
              op: 'gt',
              threshold: Number(burnOf(slo, tier)),
              lookbackWindow: printDuration(tier.long),
              alertAfter: '0m',
            },
          },
        },
      ],
      notificationTargets: [{ targetRef: severityOf(tier.priority) }],
    },
  }
}
