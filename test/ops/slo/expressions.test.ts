// What alerts fire on, read back from the generated rules: every alert has its expression, and labels that its runbook may use.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createMetrics } from '../../../ops/metrics.ts'
import { labelsOf, readExpressions } from '../../../ops/slo/expressions.ts'
import { ROOT } from '../../../services/config.ts'
import { readSlos } from '../../../services/slo/specs.ts'

const RULES = `
groups:
  - name: one
    rules:
      - record: some:series
        expr: sum(x)
      - alert: Fast
        expr: max by (source) (a) > 1
        labels: { severity: page, slo: freshness, host: "{{ $labels.host }}" }
      - alert: Fast
        expr: 2
        labels: { severity: ticket }
  - name: empty
`

describe('ops/slo/expressions', () => {
  it('reads each alerting rule with the labels that are its own, templates left out', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolewatch-rules-'))
    try {
      writeFileSync(join(folder, 'a.rules.yml'), RULES)
      writeFileSync(join(folder, 'b.yml'), '')
      writeFileSync(join(folder, 'README.md'), '# not: [a rule')
      const rules = readExpressions(folder)
      expect([...rules]).to.deep.equal([
        [
          'Fast',
          [
            { expression: 'max by (source) (a) > 1', labels: { severity: 'page', slo: 'freshness' } },
            { expression: '2', labels: { severity: 'ticket' } },
          ],
        ],
      ])
      expect(labelsOf(rules.get('Fast') ?? [], [])).to.have.members(['severity', 'slo', 'source', 'job', 'instance'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('knows the alerts of the house, and the slices of their objectives', async () => {
    const rules = readExpressions(join(ROOT, 'alerts', 'rules'))
    const slos = await readSlos(createMetrics({ sources: ['ashby'], queues: ['visit'], version: '0' }))
    expect(rules.size).to.be.above(30)
    expect(labelsOf(rules.get('SourceStale') ?? [], slos)).to.include('source')
    expect(labelsOf(rules.get('BreakerOpen') ?? [], slos)).to.include('source')
    expect(labelsOf(rules.get('DeadLetters') ?? [], slos)).not.to.include('source')
    expect(rules.get('DeadLetters')?.[0]?.expression).to.contain('rolewatch_dead_letters')
  })
})
