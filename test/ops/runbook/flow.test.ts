// The flow of a run: only the moves that are written down, an end that is always reached, and no step unasked that must be asked.

import { expect } from 'chai'
import fc from 'fast-check'
import { checkMove, legOf, MODES, MOVES, RUN_STATES } from '../../../ops/runbook/flow.ts'

describe('ops/runbook/flow', () => {
  it('allows the moves that it names and no other', () => {
    for (const from of RUN_STATES)
      for (const to of RUN_STATES) {
        if (MOVES[from].includes(to)) checkMove(from, to)
        else expect(() => checkMove(from, to), `${from} to ${to}`).to.throw(`a run cannot go from ${from} to ${to}`)
      }
  })

  it('leads from everywhere to the end, and from there nowhere', () => {
    for (const state of RUN_STATES) if (state !== 'done') expect(MOVES[state], state).to.include('done')
    expect(MOVES.done).to.deep.equal([])
  })

  const plans = fc.array(fc.record({ number: fc.integer(), reversible: fc.boolean() }), { maxLength: 8 })

  it('loses no step and changes no order, in whatever mode', () => {
    fc.assert(
      fc.property(plans, fc.constantFrom(...MODES), fc.boolean(), (plan, mode, isApproved) => {
        const { now, later } = legOf(plan, mode, isApproved)
        if (mode === 'suggest') expect([...now, ...later]).to.deep.equal([])
        else expect([...now, ...later]).to.deep.equal(plan)
      }),
    )
  })

  it('does nothing unasked that cannot be taken back, and in the mode approval nothing at all', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const auto = legOf(plan, 'auto', false)
        expect(auto.now.every(({ reversible }) => reversible)).to.equal(true)
        expect(auto.later[0]?.reversible ?? false).to.equal(false)
        expect(legOf(plan, 'approval', false).now).to.deep.equal([])
        expect(legOf(plan, 'approval', true)).to.deep.equal({ now: plan, later: [] })
      }),
    )
  })
})
