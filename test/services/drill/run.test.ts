// Which drill may begin: one that needs nothing that is taken, and nothing that an earlier one waits for.

import { expect } from 'chai'
import type { Drill, GuardDrill, Need } from '../../../services/drill/drill.ts'
import { runDrills, nextOf } from '../../../services/drill/run.ts'
import type { Ground } from '../../../services/drill/ground.ts'

const GROUND = {} as Ground

function drill(name: string, needs: Need[], prove: () => Promise<string> = async () => name): GuardDrill {
  const nothing = async () => {}
  return { name, kind: 'guard', alert: null, about: name, needs, inject: nothing, repair: nothing, prove }
}

describe('the order of drills', () => {
  const slack = drill('slack', ['slack'])
  const both = drill('both', ['slack', 'lever'])
  const lever = drill('lever', ['lever'])
  const none = drill('none', [])

  it('is that of the list', () => {
    expect(nextOf([slack, none], new Set())).to.equal(slack)
    expect(nextOf([], new Set())).to.equal(undefined)
  })

  it('passes over what needs something that is taken', () => {
    expect(nextOf([slack, none], new Set<Need>(['slack']))).to.equal(none)
    expect(nextOf([slack], new Set<Need>(['slack']))).to.equal(undefined)
  })

  it('lets nobody overtake one that waits for the same', () => {
    expect(nextOf([both, lever, none], new Set<Need>(['slack']))).to.equal(none)
    expect(nextOf([both, lever], new Set<Need>(['slack']))).to.equal(undefined)
  })

  it('has no two of the same need at once, and all of them in the end', async () => {
    let going = 0
    let most = 0
    const busy = async () => {
      most = Math.max(most, ++going)
      await new Promise((resolve) => setImmediate(resolve))
      going--
      return 'held'
    }
    const list: Drill[] = ['a', 'b', 'c'].map((name) => drill(name, ['slack'], busy))
    const told: string[] = []
    const reports = await runDrills(GROUND, list, ({ name }) => told.push(name))
    expect(most).to.equal(1)
    expect(told).to.deep.equal(['a', 'b', 'c'])
    expect(reports.map(({ name, passed, words }) => [name, passed, words])).to.deep.equal([
      ['a', true, 'held'],
      ['b', true, 'held'],
      ['c', true, 'held'],
    ])
  })

  it('goes on after one that failed, repairs what it broke, and says why', async () => {
    let repaired = false
    const failing: GuardDrill = {
      ...drill('failing', ['slack'], () => Promise.reject(new Error('it fell over'))),
      repair: async () => void (repaired = true),
    }
    const [first, second] = await runDrills(GROUND, [failing, slack], () => {})
    expect([first?.passed, first?.faults, repaired]).to.deep.equal([false, ['it fell over'], true])
    expect(second?.passed).to.equal(true)
  })
})
