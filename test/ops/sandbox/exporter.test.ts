// The exporter of made-up metrics: what it serves, how counters grow, and that keys are taken away whole.

import { expect } from 'chai'
import { openExporter, type Exporter } from '../../../ops/sandbox/exporter.ts'

describe('the exporter of made-up metrics', () => {
  let now = 0
  let exporter: Exporter
  before(async () => {
    exporter = await openExporter(() => now)
  })
  after(() => exporter.close())

  const read = async () => {
    const answer = await fetch(`http://${exporter.address}/metrics`)
    expect(answer.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/)
    return (await answer.text()).trim().split('\n')
  }

  it('serves nothing at first', async () => {
    expect(await read()).to.deep.equal([''])
  })

  it('serves gauges as they are, and counters as they have grown', async () => {
    exporter.put('a', [
      { name: 'level{volume="x"}', value: 0.5 },
      { name: 'requests_total', value: 7, perSecond: 10 },
    ])
    expect(await read()).to.deep.equal(['level{volume="x"} 0.5', 'requests_total 7'])
    now = 1500
    expect(await read()).to.deep.equal(['level{volume="x"} 0.5', 'requests_total 22'])
  })

  it('takes away what a key has put, and no other', async () => {
    exporter.put('b', [{ name: 'other', value: 1 }])
    exporter.take('a')
    expect(await read()).to.deep.equal(['other 1'])
    exporter.take('nobody')
    expect(await read()).to.deep.equal(['other 1'])
  })
})
