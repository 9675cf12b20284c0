// The generated market: companies with boards from a seed, and the days that pass over their postings.

import { chanceOf, type Chance } from './chance.ts'
import { slugOf } from './text.ts'
import { tellVacancy, type Vacancy } from './vacancy.ts'
import { careersUrlOf, type Board, type SourceName, type Supply, type Wire } from './wire.ts'
import { STEMS, TAILS } from './words.ts'

const DAY_MS = 86_400_000
/** Which source every twentieth board is on: 10 greenhouse, 6 ashby, 4 lever. */
const PATTERN: readonly SourceName[] = Array.from('glagaglgagagglgalgag', (c) => (c === 'g' ? 'greenhouse' : c === 'l' ? 'lever' : 'ashby'))

/** A posting's life on its board; the rest follows from its number. Days count from the market's first. */
interface Slot {
  number: number
  version: number
  opened: number
  edited: number
  open: boolean
}

interface Shelf {
  board: Board
  target: number
  next: number
  changes: number
  slots: Slot[]
}

export interface MarketOptions {
  seed: number
  boards: number
  /** On average; boards differ in size by up to ten times, and every tenth Lever board has at least four times as many. */
  postingsPerBoard: number
  /** Midnight in UTC of the market's first day, in ms since 1970. */
  start: number
}

function companyName(seed: number, index: number): string {
  const all = STEMS.length * TAILS.length
  const place = (index * 1021 + (seed % all) * 37) % all
  const name = `${STEMS[Math.floor(place / TAILS.length)]}${TAILS[place % TAILS.length]}`
  return index < all ? name : `${name} ${Math.floor(index / all) + 1}`
}

function makeBoard(seed: number, index: number, ofItsSource: number): Board {
  const source = PATTERN[index % PATTERN.length] as SourceName
  const name = companyName(seed, index)
  const slug = slugOf(name)
  const spaced = source === 'ashby' && ofItsSource % 6 === 5
  const ident = spaced ? (name.includes(' ') ? name : `${name} Group`) : source === 'ashby' ? slug : slug.replaceAll('-', '')
  const region = source === 'lever' && ofItsSource % 4 === 3 ? 'eu' : null
  return { source, ident, slug, name, region, careersUrl: careersUrlOf(source, ident, region), index }
}

function stock(board: Board, options: MarketOptions, ofItsSource: number): Shelf {
  const chance = chanceOf('shelf', options.seed, board.ident)
  const size = (0.25 + 2.25 * chance() ** 2) * options.postingsPerBoard
  const large = board.source === 'lever' && ofItsSource % 10 === 0
  const target = Math.max(1, Math.round(large ? Math.max(size, options.postingsPerBoard) * 4 : size))
  const slots = Array.from({ length: target }, (_, number): Slot => {
    const opened = -1 - Math.floor(120 * chance() ** 2)
    const edited = chance() < 0.4 ? opened + Math.floor(chance() * -opened) : opened
    return { number, version: 0, opened, edited, open: true }
  })
  return { board, target, next: target, changes: 0, slots }
}

/** One day on one board: some close, some change, some are touched without a change, some come back, some open. */
function passDay(shelf: Shelf, chance: Chance, day: number): void {
  if (chance() < 0.3) return
  for (const slot of shelf.slots) {
    const roll = chance()
    if (!slot.open) {
      if (roll < 0.02) Object.assign(slot, { open: true, edited: day })
    } else if (roll < 0.022) slot.open = false
    else if (roll < 0.04) Object.assign(slot, { version: slot.version + 1, edited: day })
    else if (roll < 0.07) slot.edited = day
  }
  const fresh = Math.floor(shelf.target * 0.02 + chance())
  for (let i = 0; i < fresh; i++) shelf.slots.push({ number: shelf.next++, version: 0, opened: day, edited: day, open: true })
  shelf.changes++
}

/**
 * Makes a market. Its state is a function of the options and the day alone: the same seed, start and day give the same bytes.
 * Building a board's postings is left to the moment when they are asked for; the state itself is a few numbers per posting.
 */
export function openMarket(options: MarketOptions, wires: Readonly<Record<SourceName, Wire>>): Supply {
  const perSource: Record<SourceName, number> = { greenhouse: 0, lever: 0, ashby: 0 }
  const shelves = new Map<string, Shelf>()
  for (let index = 0; index < options.boards; index++) {
    const ofItsSource = perSource[PATTERN[index % PATTERN.length] as SourceName]++
    const board = makeBoard(options.seed, index, ofItsSource)
    shelves.set(`${board.source}/${board.ident}`, stock(board, options, ofItsSource))
  }
  const all = [...shelves.values()]
  let day = 0
  const shelfOf = (board: Board) => shelves.get(`${board.source}/${board.ident}`) as Shelf

  const tell = (shelf: Shelf, slot: Slot): Vacancy => {
    const place = { seed: options.seed, board: `${shelf.board.source}/${shelf.board.ident}`, company: shelf.board.name }
    const minute = chanceOf('minute', place.board, slot.number)() * 10 + 7
    const at = (on: number) => options.start + on * DAY_MS + Math.floor(minute * 3_600_000)
    return tellVacancy(place, slot.number, slot.version, { opened: at(slot.opened), edited: at(slot.edited) })
  }
  const told = (shelf: Shelf) => shelf.slots.filter((slot) => slot.open).map((slot) => tell(shelf, slot))

  return {
    boards: all.map((shelf) => shelf.board),
    get day() {
      return day
    },
    get date() {
      return new Date(options.start + day * DAY_MS).toISOString().slice(0, 10)
    },
    find: (source, ident) => shelves.get(`${source}/${ident}`)?.board,
    revision: (board) => String(shelfOf(board).changes),
    jobs: (board, variant) => told(shelfOf(board)).map((vacancy) => wires[board.source].job(vacancy, board, variant)),
    expectedCount(board) {
      const shelf = shelfOf(board)
      if (board.source !== 'ashby') return shelf.slots.filter((slot) => slot.open).length
      return told(shelf).filter((vacancy) => vacancy.listed).length
    },
    advance(days) {
      for (let i = 0; i < days; i++) {
        day++
        for (const shelf of all) passDay(shelf, chanceOf('day', options.seed, shelf.board.ident, day), day)
      }
    },
    setDate() {
      throw new Error('only a series of captures has dates to choose from; this market counts its days: advance it')
    },
  }
}
