// Pictures of few colours: what goes in comes out, as near as the colours allow.

import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { readPng, shrinkPng } from './small-png.ts'

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}

/** Filters of each row are given; `kind` 2 is RGB, 6 is RGBA. */
function pngOf(width: number, rows: readonly number[][], kind: 2 | 6 = 2, depth = 8): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(rows.length, 4)
  head.set([depth, kind, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const data = deflateSync(Buffer.from(rows.flat()))
  // Split, as large ones are.
  const middle = Math.floor(data.length / 2)
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', data.subarray(0, middle)),
    chunk('IDAT', data.subarray(middle)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe('pictures of few colours', () => {
  it('all filters of the format are read', () => {
    const png = pngOf(2, [
      [0, 10, 20, 30, 40, 50, 60],
      [1, 10, 20, 30, 5, 5, 5],
      [2, 1, 1, 1, 1, 1, 1],
      [3, 10, 10, 10, 10, 10, 10],
      [4, 1, 2, 3, 4, 5, 6],
    ])
    const { width, height, rgb } = readPng(png)
    expect([width, height]).to.deep.equal([2, 5])
    expect([...rgb]).to.deep.equal([
      10, 20, 30, 40, 50, 60, 10, 20, 30, 15, 25, 35, 11, 21, 31, 16, 26, 36, 15, 20, 25, 25, 33, 40, 16, 22, 28, 29, 38, 46,
    ])
  })

  it('what shines through is left out', () => {
    expect([...readPng(pngOf(1, [[0, 1, 2, 3, 255]], 6)).rgb]).to.deep.equal([1, 2, 3])
  })

  it('other kinds are refused', () => {
    expect(() => readPng(pngOf(1, [[0, 1, 2, 3]], 2, 16))).to.throw('not known')
  })

  it('with colours enough every pixel stays what it was, within the width of a bucket', () => {
    const pixel = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255))
    fc.assert(
      fc.property(fc.array(pixel, { minLength: 1, maxLength: 40 }), (pixels) => {
        const png = pngOf(pixels.length, [[0, ...pixels.flat()]])
        const small = colours(shrinkPng(png, 256))
        for (const [index, [r, g, b]] of pixels.entries()) {
          const [red = 0, green = 0, blue = 0] = small[index] ?? []
          expect(Math.max(Math.abs(red - r), Math.abs(green - g), Math.abs(blue - b))).to.be.below(8)
        }
      }),
    )
  })

  it('with few colours the rare ones become their nearest neighbour', () => {
    const row = [...Array.from({ length: 5 }, () => [255, 0, 0]), ...Array.from({ length: 4 }, () => [0, 0, 255]), [200, 10, 10]].flat()
    expect(colours(shrinkPng(pngOf(10, [[0, ...row]]), 2)).at(-1)).to.deep.equal([255, 0, 0])
  })
})

/** The pixels of a picture with a palette and one row. */
function colours(png: Buffer): number[][] {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    expect(png.readUInt32BE(at + 8 + length), 'check sum').to.equal(crc32(png.subarray(at + 4, at + 8 + length)))
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const palette = chunks.get('PLTE') ?? Buffer.alloc(0)
  const places = [...inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0))].slice(1)
  return places.map((place) => [...palette.subarray(place * 3, place * 3 + 3)])
}
