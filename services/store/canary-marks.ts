// What the canary's rows are known by, so that everything people read can leave them out.

/** The source of its postings and runs, and the name of its one board: no source of people's is called so. */
export const CANARY = 'canary'

/** Its company's slug. */
export const CANARY_COMPANY = 'rolewatch-canary'

/** Its saved search, the only one that its postings are compared with. */
export const CANARY_SEARCH = 'ca0a7100-0000-4000-8000-000000000001'
