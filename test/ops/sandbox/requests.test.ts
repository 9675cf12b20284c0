// The log keeps the newest requests, in their order.

import { expect } from 'chai'
import { openRequestLog } from '../../../ops/sandbox/requests.ts'

const entry = (at: string) => ({
  at,
  method: 'GET',
  host: 'h',
  path: '/',
  query: '',
  source: null,
  board: null,
  status: null,
  ms: null,
  fault: null,
  user_agent: null,
  if_none_match: null,
})

describe('the log of requests', () => {
  it('keeps the newest, oldest first', () => {
    const log = openRequestLog(3)
    for (let i = 1; i <= 7; i++) log.add(entry(`2026-01-0${i}T00:00:00Z`))
    expect(log.list().map(({ seq }) => seq)).to.deep.equal([5, 6, 7])
  })

  it('goes on counting after it was cleared', () => {
    const log = openRequestLog(3)
    for (let i = 1; i <= 4; i++) log.add(entry('2026-01-01T00:00:00Z'))
    log.clear()
    expect(log.list()).to.deep.equal([])
    log.add(entry('2026-01-01T00:00:00Z'))
    expect(log.list().map(({ seq }) => seq)).to.deep.equal([5])
  })

  it('gives entries that can be completed later', () => {
    const log = openRequestLog(3)
    log.add(entry('2026-01-01T00:00:00Z')).status = 200
    expect(log.list()[0]?.status).to.equal(200)
  })
})
