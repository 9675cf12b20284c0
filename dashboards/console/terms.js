// The words of incidents and runbooks: each state, outcome and verdict in a word for people, and a colour that says the same.

import { chip } from './dom.js'

export const INCIDENTS = {
  opened: ['open', 'bad'],
  acknowledged: ['somebody has it', 'warn'],
  mitigated: ['mended, not over', 'good'],
  resolved: ['over', ''],
}

export const OUTCOMES = {
  healthy: ['found well', 'good'],
  suggested: ['only said', 'warn'],
  mended: ['mended', 'good'],
  unmended: ['did not help', 'bad'],
  inconclusive: ['not settled', 'warn'],
  refused: ['held back', 'warn'],
  rejected: ['rejected', 'warn'],
  expired: ['nobody answered', 'warn'],
  failed: ['failed', 'bad'],
  interrupted: ['interrupted', 'bad'],
  dry_run: ['dry run', ''],
}

export const RUN_STATES = {
  queued: ['waits its turn', ''],
  diagnosing: ['looks', 'warn'],
  waiting: ['waits for an answer', 'bad'],
  executing: ['acts', 'warn'],
  verifying: ['sees whether it helped', 'warn'],
  undoing: ['takes back', 'warn'],
  done: ['done', ''],
}

export const VERDICTS = {
  healthy: ['well', 'good'],
  degraded: ['not well', 'warn'],
  broken: ['broken', 'bad'],
  inconclusive: ['unclear', ''],
}

export const STEPS = {
  planned: ['not done', ''],
  started: ['being done', 'warn'],
  done: ['done', 'good'],
  failed: ['failed', 'bad'],
  skipped: ['left out', ''],
  refused: ['held back', 'warn'],
  interrupted: ['interrupted', 'bad'],
  undone: ['taken back', 'warn'],
  person: ['for a person', ''],
}

export const APPROVALS = {
  open: ['waits for an answer', 'bad'],
  approved: ['approved', 'good'],
  rejected: ['rejected', 'warn'],
  expired: ['nobody answered in time', 'warn'],
}

export const MODES = { suggest: 'only says', auto: 'acts by itself', approval: 'asks first' }

/** What a word of one of these lists looks like; one that is not in it stands for itself. */
export const told = (words, name) => chip(...(words[name] ?? [String(name), '']))

/** How far a run is, or what it came to. */
export const course = ({ state, outcome }) => (state === 'done' && outcome ? told(OUTCOMES, outcome) : told(RUN_STATES, state))
