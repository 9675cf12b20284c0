// One posting of the market, all of it from its name: seed, board, number and how often it was changed.

import { between, chanceOf, pick, pickSome, type Chance } from './chance.ts'
import * as words from './words.ts'
import type { Spot, Trade } from './words.ts'

export type Mode = 'onsite' | 'hybrid' | 'remote'
export type Employment = 'full_time' | 'part_time' | 'contract' | 'intern'

export interface Band {
  /** What it is for (a zone); null where there is only one. */
  label: string | null
  /** Major units. */
  min: number
  max: number
  currency: string
  period: 'year' | 'hour' | 'month'
}

export interface Text {
  about: string[]
  role: string[]
  duties: string[]
  wants: string[]
  benefits: string[]
  closing: string[]
}

/** A posting as the market knows it, before a source writes it its own way. */
export interface Vacancy {
  /** Counts up on its board; part of the posting's id. */
  number: number
  /** Unique in the market. */
  name: string
  title: string
  department: string
  team: string
  spots: Spot[]
  mode: Mode | null
  employment: Employment
  bands: Band[]
  equity: boolean
  requisition: string | null
  text: Text
  /** Somebody invented, as Greenhouse's metadata name a recruiter. */
  recruiter: string
  listed: boolean
  /** When it was first published and last touched, in ms since 1970. */
  openedAt: number
  editedAt: number
}

const RANK_WEIGHTS = words.RANKS.reduce((sum, rank) => sum + rank.weight, 0)

function rankOf(chance: Chance) {
  let rest = chance() * RANK_WEIGHTS
  return words.RANKS.find((rank) => (rest -= rank.weight) < 0) ?? { word: '', factor: 1, weight: 0 }
}

function titleOf(chance: Chance, rank: string, role: string, team: string): string {
  const core = rank ? `${rank} ${role}` : role
  const roll = chance()
  if (roll < 0.18) return `${core}, ${team}`
  if (roll < 0.24) return `${core} (m/f/d)`
  if (roll < 0.28) return `${core} - Remote`
  if (roll < 0.3) return ` ${core} `
  return core
}

function spotsOf(chance: Chance): Spot[] {
  const first = pick(chance, words.SPOTS)
  if (chance() > 0.22) return [first]
  const others = words.SPOTS.filter((spot) => spot !== first && (spot.country === first.country || chance() < 0.2))
  return [first, ...pickSome(chance, others, between(chance, 1, 3))]
}

function modeOf(chance: Chance): Mode | null {
  const roll = chance()
  return roll < 0.3 ? 'onsite' : roll < 0.62 ? 'hybrid' : roll < 0.9 ? 'remote' : null
}

function bandsOf(chance: Chance, spots: Spot[], yearly: number, employment: Employment, raise: number): Band[] {
  const first = spots[0] as Spot
  const stated = chance() < (first.iso2 === 'US' ? 0.65 : first.iso2 === 'CA' ? 0.5 : 0.25)
  const spread = 0.1 + chance() * 0.15
  const zoned = chance() < 0.15
  if (!stated) return []
  const hourly = employment === 'part_time' || employment === 'intern'
  const monthly = !hourly && (first.iso2 === 'PL' || first.iso2 === 'JP') && chance() < 0.6
  const divisor = hourly ? 2080 : monthly ? 12 : 1
  const step = hourly ? 0.25 : first.factor > 3 ? 1000 : monthly ? 50 : 500
  const round = (amount: number) => Math.max(step, Math.round(amount / step) * step)
  const band = (label: string | null, spot: Spot, share: number): Band => {
    const middle = (yearly * spot.factor * share * (1 + 0.03 * raise)) / divisor
    return {
      label,
      min: round(middle * (1 - spread)),
      max: round(middle * (1 + spread)),
      currency: spot.currency,
      period: hourly ? 'hour' : monthly ? 'month' : 'year',
    }
  }
  if (!zoned) return [band(null, first, 1)]
  return [band('Zone 1', first, 1.08), band('Zone 2', first, 1), ...(spots.length > 1 ? [band('Zone 3', first, 0.9)] : [])]
}

function fill(sentence: string, gap: (name: string) => string): string {
  return sentence.includes('{') ? sentence.replace(/\{(\w+)\}/g, (_, name: string) => gap(name)) : sentence
}

function textOf(chance: Chance, company: string, trade: Trade, team: string, role: string): Text {
  const skills = pickSome(chance, trade.skills, 6)
  let turn = 0
  const gap = (name: string): string => {
    if (name === 'company') return company
    if (name === 'team') return team
    if (name === 'role') return role
    if (name === 'skill') return skills[turn % skills.length] ?? ''
    if (name === 'skill2') return skills[(turn + 2) % skills.length] ?? ''
    if (name === 'who') return pick(chance, words.WHO)
    if (name === 'good') return pick(chance, words.GOODS)
    if (name === 'thing') return pick(chance, words.THINGS)
    if (name === 'years') return String(between(chance, 1, 10))
    return String(name === 'n' ? between(chance, 40, 900) : between(chance, 3, 20))
  }
  const say = (sentence: string) => {
    turn++
    return fill(sentence, gap)
  }
  return {
    about: pickSome(chance, words.ABOUT, 4).map(say),
    role: pickSome(chance, words.ROLE, 4).map(say),
    duties: pickSome(chance, words.DUTIES, between(chance, 7, 9)).map(say),
    wants: pickSome(chance, words.WANTS, between(chance, 6, 8)).map(say),
    benefits: pickSome(chance, words.BENEFITS, 5).map(say),
    closing: words.CLOSING.map(say),
  }
}

/**
 * Tells a posting from its name alone. `version` counts its changes; each one raises its pay or rewrites a part of its text.
 * @param at times in ms since 1970
 */
export function tellVacancy(
  place: { seed: number; board: string; company: string },
  number: number,
  version: number,
  at: { opened: number; edited: number },
): Vacancy {
  const name = `${place.seed}/${place.board}/${number}`
  const chance = chanceOf('vacancy', name)
  let raises = 0
  for (let v = 1; v <= version; v++) if (chanceOf('change', name, v)() < 0.5) raises++
  const trade = chance() < 0.45 ? (words.TRADES[0] as Trade) : pick(chance, words.TRADES)
  const team = pick(chance, trade.teams)
  const role = pick(chance, trade.roles)
  const rank = rankOf(chance)
  const roll = chance()
  const employment = rank.word === 'Intern,' ? 'intern' : roll < 0.05 ? 'contract' : roll < 0.08 ? 'part_time' : 'full_time'
  const spots = spotsOf(chance)
  const bands = bandsOf(chanceOf('pay', name), spots, trade.pay * rank.factor, employment, raises)
  const text = textOf(chanceOf('text', name), place.company, trade, team, role)
  const rewritten = bands.length > 0 ? version - raises : version
  if (rewritten > 0) text.role = textOf(chanceOf('rewrite', name, rewritten), place.company, trade, team, role).role
  return {
    number,
    name,
    title: titleOf(chance, rank.word, role, team),
    department: trade.department,
    team,
    spots,
    mode: modeOf(chance),
    employment,
    bands,
    equity: chance() < 0.4,
    requisition: chance() < 0.7 ? `R-${between(chance, 1000, 9999)}` : null,
    text,
    recruiter: pick(chance, words.PEOPLE),
    listed: chance() >= 0.04,
    openedAt: at.opened,
    editedAt: at.edited,
  }
}
