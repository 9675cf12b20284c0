// Companies, boards, postings and runs for tests of reading: written by the product's own writers, in the order of their dates.

import { createHash, randomUUID } from 'node:crypto'
import { uidOf, type Pay, type Place, type Posting } from '../../../services/postings/posting.ts'
import type { Db } from '../../../services/store/database.ts'
import { closePostings, insertPostings, updatePostings, type Writing } from '../../../services/store/postings.ts'

export interface SeededBoard {
  id: number
  source: string
  ident: string
  company_id: number
  company_name: string
}

/** A board with its company; the same slug twice is the same company. */
export async function seedBoard(db: Db, source: string, ident: string, company: string = ident): Promise<SeededBoard> {
  const slug = company.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const [kept] = await db('companies').insert({ slug, name: company }).onConflict('slug').merge(['name']).returning<{ id: number }[]>('id')
  const companyId = Number(kept?.id)
  const [board] = await db('boards').insert({ source, ident, company_id: companyId }).returning<{ id: number }[]>('id')
  return { id: Number(board?.id), source, ident, company_id: companyId, company_name: company }
}

export function place(text: string, country: string | null = null, city: string | null = null): Place {
  return { text, city, region: null, country }
}

/** One yearly band. */
export function pay(currency: string, min: number | null, max: number | null): Pay {
  const minor = (value: number | null) => (value === null ? null : value * 100)
  return {
    min_minor: minor(min),
    max_minor: minor(max),
    currency,
    period: 'year',
    basis: 'base',
    label: null,
    annual_min: min,
    annual_max: max,
    origin: 'structured',
    evidence: `${currency} ${min} to ${max}`,
  }
}

export type Draft = Partial<Omit<Posting, 'uid' | 'source' | 'board' | 'content_hash'>> & { external_id: string }

export function draft(board: SeededBoard, fields: Draft): Posting {
  const posting = {
    title: 'Engineer',
    url: `https://jobs.example/${fields.external_id}`,
    apply_url: null,
    description: 'Build and run things.',
    description_html: '<p>Build and run things.</p>',
    places: [],
    work_mode: null,
    work_mode_origin: null,
    department: null,
    team: null,
    employment_type: null,
    requisition_id: null,
    language: null,
    posted_at: null,
    edited_at: null,
    pay: [],
    level: null,
    track: null,
    skills: [],
    facts: {},
    ...fields,
  }
  const content_hash = createHash('sha256').update(JSON.stringify(posting)).digest('hex')
  return { uid: uidOf(board.source, board.ident, fields.external_id), source: board.source, board: board.ident, ...posting, content_hash }
}

function writing(board: SeededBoard, at: string): Writing {
  return { board, runId: randomUUID(), at: new Date(at) }
}

/** Opens postings at a moment; gives their uids in the order of the drafts. */
export async function seedPostings(db: Db, board: SeededBoard, at: string, drafts: readonly Draft[]): Promise<string[]> {
  const postings = drafts.map((fields) => draft(board, fields))
  await insertPostings(db, writing(board, at), postings)
  return postings.map((posting) => posting.uid)
}

/** Changes postings, or opens them again, at a moment. */
export async function changePostings(db: Db, board: SeededBoard, at: string, drafts: readonly Draft[]): Promise<void> {
  await updatePostings(
    db,
    writing(board, at),
    drafts.map((fields) => draft(board, fields)),
  )
}

export async function closeSeeded(db: Db, board: SeededBoard, at: string, uids: readonly string[]): Promise<void> {
  await closePostings(db, writing(board, at), uids)
}

/** One run of a board; gives its id. */
export async function seedRun(
  db: Db,
  board: SeededBoard,
  fields: { outcome: string; started_at: string; error?: string },
): Promise<string> {
  const id = randomUUID()
  await db('runs').insert({
    id,
    board_id: board.id,
    source: board.source,
    trigger: 'schedule',
    complete: fields.outcome === 'ok',
    seen: 3,
    seconds: 0.25,
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    ...fields,
  })
  await db('boards').where({ id: board.id }).update({ last_run_id: id, last_outcome: fields.outcome, last_run_at: fields.started_at })
  return id
}
