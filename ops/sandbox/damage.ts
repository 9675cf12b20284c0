// What a fault does to an answer that would have been good: fields renamed or gone, postings missing, pages made for people.

import type { Fault } from './faults.ts'
import type { Board, Job, Variant, Wire } from './wire.ts'

function rename(job: Job, from: string, to: string): Job {
  return Object.fromEntries(Object.entries(job).map(([key, value]) => [key === from ? to : key, value]))
}

function without(job: Job, field: string): Job {
  return Object.fromEntries(Object.entries(job).filter(([key]) => key !== field))
}

/** Whether the i-th of many belongs to a share of them, spread evenly. */
const inShare = (i: number, share: number) => Math.floor((i + 1) * share) > Math.floor(i * share)

/** The answer as the fault leaves it, or null when this kind of fault does not touch what the answer says. */
export function damage(
  fault: Fault,
  wire: Wire,
  jobs: readonly Job[],
  variant: Variant,
  board: Board,
): { type: string; body: unknown } | null {
  const [title, alias] = wire.titleField
  const field = fault.field ?? title
  const changed = (change: (job: Job, i: number) => Job) => wire.answer(jobs.map(change), variant, board)
  if (fault.kind === 'empty_board') return wire.answer([], variant, board)
  if (fault.kind === 'repeated_page') return wire.answer(jobs, { ...variant, skip: 0 }, board)
  if (fault.kind === 'half_board') {
    const half = jobs.filter((_, i) => i % 2 === 0)
    return wire.answer(half, variant, board)
  }
  if (fault.kind === 'dropped_field') return changed((job, i) => (inShare(i, fault.share ?? 0.5) ? without(job, field) : job))
  if (fault.kind !== 'renamed_field') return null
  if (field !== wire.listField) return changed((job) => rename(job, field, fault.name ?? (field === title ? alias : `${field}_v2`)))
  const { type, body } = wire.answer(jobs, variant, board)
  return { type, body: rename(body as Job, field, fault.name ?? 'positions') }
}

const page = (title: string, body: string) =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>\n<body>${body}</body></html>\n`

/** The pages that stand where data should be. */
export const PAGES = {
  html: page('Careers', '<h1>Work with us</h1><p>Our open positions will be back soon.</p>'),
  login_wall: page(
    'Sign in',
    '<h1>Sign in to continue</h1><form action="/login" method="post"><label>Email <input name="email" type="email"></label><label>Password <input name="password" type="password"></label><button>Sign in</button></form>',
  ),
  captcha: page(
    'Just a moment...',
    '<h1>Checking your browser</h1><p>Please complete the security check to prove that you are human.</p><div id="captcha" class="g-recaptcha" data-sitekey="none"></div>',
  ),
  marketing: page('Welcome', '<h1>Hire better</h1><p>The page you looked for has moved on, and so have we.</p>'),
} as const
