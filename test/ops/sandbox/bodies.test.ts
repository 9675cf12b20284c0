// Answers kept ready: built once per board and day, packed when asked for, within a budget.

import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { ashby } from '../../../ops/sandbox/ashby.ts'
import { makeBody, openBodies } from '../../../ops/sandbox/bodies.ts'
import { greenhouse } from '../../../ops/sandbox/greenhouse.ts'
import { lever } from '../../../ops/sandbox/lever.ts'
import type { Board, Supply } from '../../../ops/sandbox/wire.ts'

const wires = { greenhouse, lever, ashby }
const variant = greenhouse.variant(new URLSearchParams(), '')

/** Boards of one job of a given size, and a count of how often each was built. */
function supply(names: string[], size: number) {
  const built: string[] = []
  const revisions = new Map<string, number>()
  const boards = names.map((ident, index): Board => ({
    source: 'greenhouse',
    ident,
    slug: ident,
    name: ident,
    region: null,
    careersUrl: '',
    index,
  }))
  const made: Supply = {
    boards,
    day: 0,
    date: '2026-01-01',
    find: (_, ident) => boards.find((board) => board.ident === ident),
    revision: (board) => String(revisions.get(board.ident) ?? 0),
    jobs(board) {
      if (board.ident === 'gone') return null
      built.push(board.ident)
      return [{ id: 1, text: 'x'.repeat(size) }]
    },
    expectedCount: () => 1,
    advance: () => {},
    setDate: () => {},
  }
  const board = (ident: string) => boards.find((one) => one.ident === ident) as Board
  return { supply: made, built, board, change: (ident: string) => revisions.set(ident, (revisions.get(ident) ?? 0) + 1) }
}

describe('bodies', () => {
  it('are built once, and again when the board changed', () => {
    const { supply: boards, built, board, change } = supply(['a'], 10)
    const bodies = openBodies(boards, wires, 1000)
    const first = bodies.get(board('a'), variant)
    expect(bodies.get(board('a'), variant)).to.equal(first)
    change('a')
    expect(bodies.get(board('a'), variant)).to.not.equal(first)
    expect(built).to.deep.equal(['a', 'a'])
  })

  it('differ by what was asked', () => {
    const { supply: boards, built, board } = supply(['a'], 10)
    const bodies = openBodies(boards, wires, 1000)
    bodies.get(board('a'), variant)
    bodies.get(board('a'), { ...variant, key: 'other' })
    expect(built).to.have.length(2)
  })

  it('are null for a board that is not there', () => {
    const { supply: boards, board } = supply(['gone'], 10)
    expect(openBodies(boards, wires, 1000).get(board('gone'), variant)).to.equal(null)
  })

  it('stay within their budget; what was used last stays longest', () => {
    const { supply: boards, built, board } = supply(['a', 'b', 'c'], 400)
    const bodies = openBodies(boards, wires, 1000)
    for (const ident of ['a', 'b', 'a', 'c', 'a']) bodies.get(board(ident), variant)
    expect(bodies.held).to.be.within(800, 1000)
    expect(built).to.deep.equal(['a', 'b', 'c'])
    bodies.get(board('b'), variant)
    expect(built).to.deep.equal(['a', 'b', 'c', 'b'])
  })

  it('keep one that is larger than the whole budget as long as it is the only one', () => {
    const { supply: boards, built, board } = supply(['a'], 5000)
    const bodies = openBodies(boards, wires, 1000)
    bodies.get(board('a'), variant)
    bodies.get(board('a'), variant)
    expect(built).to.have.length(1)
  })

  it('weigh less once they are packed, and can still be had plain', () => {
    const { supply: boards, board } = supply(['a'], 5000)
    const bodies = openBodies(boards, wires, 100_000)
    const body = bodies.get(board('a'), variant)
    const plain = body?.raw.toString()
    const before = bodies.held
    expect(gunzipSync(body?.gzip() ?? '').toString()).to.equal(plain)
    expect(bodies.held).to.be.lessThan(before / 10)
    expect(bodies.held).to.equal(body?.size)
    expect(body?.raw.toString()).to.equal(plain)
    expect(body?.gzip()).to.equal(body?.gzip())
  })

  it('have the kind of ETag their source gives', () => {
    const answer = { type: 'application/json', body: [1] }
    expect(makeBody(greenhouse, answer).etag).to.match(/^"[0-9a-f]{32}"$/)
    expect(makeBody(ashby, answer).etag).to.match(/^W\/"[0-9a-f]{32}"$/)
    expect(makeBody(lever, answer).etag).to.equal(null)
  })
})
