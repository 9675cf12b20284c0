// A PNG of many colours as one of few: a screenshot of lines and words loses nothing that is seen, and most of its bytes.

import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

interface Pixels {
  width: number
  height: number
  /** Red, green and blue of each pixel, one byte each. */
  rgb: Uint8Array
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at)
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) }
    at += length + 12
  }
}

/** Of left, above and left above the one that is nearest to their plane: PNG specification, 9.4. */
function paeth(a: number, b: number, c: number): number {
  const [da, db, dc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  return da <= db && da <= dc ? a : db <= dc ? b : c
}

function unfilter(raw: Buffer, height: number, stride: number, size: number): Uint8Array {
  const out = new Uint8Array(height * stride)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] ?? 0
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x >= size ? (out[at - size] ?? 0) : 0
      const above = y > 0 ? (out[at - stride] ?? 0) : 0
      const corner = x >= size && y > 0 ? (out[at - stride - size] ?? 0) : 0
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter] ?? 0
      out[at] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess
    }
  }
  return out
}

/** Reads what a browser writes: eight bits a channel, not interlaced. @throws for other kinds */
export function readPng(png: Buffer): Pixels {
  const chunks = [...chunksOf(png)]
  const head = chunks.find(({ type }) => type === 'IHDR')?.data
  if (!head || head[8] !== 8 || (head[9] !== 2 && head[9] !== 6) || head[12] !== 0) throw new Error('a kind of PNG that is not known here')
  const [width, height, size] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3]
  const raw = inflateSync(Buffer.concat(chunks.flatMap(({ type, data }) => (type === 'IDAT' ? [data] : []))))
  const bytes = unfilter(raw, height, width * size, size)
  if (size === 3) return { width, height, rgb: bytes }
  return { width, height, rgb: bytes.filter((_, index) => index % 4 !== 3) }
}

const bucketOf = (rgb: Uint8Array, at: number): number =>
  (((rgb[at] ?? 0) >> 3) << 10) | (((rgb[at + 1] ?? 0) >> 3) << 5) | ((rgb[at + 2] ?? 0) >> 3)

/** How far a colour is from grey: few thin lines of it tell more than the many greys around letters. */
const weightOf = ({ count, colour }: { count: number; colour: number[] }): number =>
  count * (1 + (Math.max(...colour) - Math.min(...colour)) / 8)

/** The colours that matter most, neighbours taken together; each as it occurs first. */
function paletteOf(rgb: Uint8Array, most: number): number[][] {
  const counts = new Map<number, { count: number; colour: number[] }>()
  for (let at = 0; at < rgb.length; at += 3) {
    const bucket = counts.get(bucketOf(rgb, at))
    if (bucket) bucket.count++
    else counts.set(bucketOf(rgb, at), { count: 1, colour: [...rgb.subarray(at, at + 3)] })
  }
  return [...counts.values()]
    .toSorted((a, b) => weightOf(b) - weightOf(a))
    .slice(0, most)
    .map(({ colour }) => colour)
}

function nearest(palette: readonly number[][], red: number, green: number, blue: number): number {
  let [best, least] = [0, Infinity]
  for (const [index, [r = 0, g = 0, b = 0]] of palette.entries()) {
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2
    if (distance < least) [best, least] = [index, distance]
  }
  return best
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** The same picture with so many colours at most, 256 being the limit of the format. */
export function shrinkPng(png: Buffer, most = 256): Buffer {
  const { width, height, rgb } = readPng(png)
  const palette = paletteOf(rgb, most)
  const places = new Map<number, number>()
  const rows = Buffer.alloc(height * (width + 1))
  for (let at = 0; at < rgb.length; at += 3) {
    const bucket = bucketOf(rgb, at)
    const place = places.get(bucket) ?? nearest(palette, rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0)
    places.set(bucket, place)
    const pixel = at / 3
    rows[Math.floor(pixel / width) * (width + 1) + 1 + (pixel % width)] = place
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const parts = [
    chunk('IHDR', head),
    chunk('PLTE', Uint8Array.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]
  return Buffer.concat([SIGNATURE, ...parts])
}
