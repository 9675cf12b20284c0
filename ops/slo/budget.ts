// The arithmetic of error budgets: plain numbers in, plain numbers out.

/** What may go wrong: 0.95 → 0.05, up to the last bits of a double. */
export const budgetOf = (objective: number): number => 1 - objective

/** How many times faster than allowed the budget is spent; 1 spends it exactly in one period, 0 is a quiet or faultless time. */
export function burnRate(ratio: number, objective: number): number {
  return ratio / budgetOf(objective)
}

/** The share of bad among all; a time without events is a good time. */
export function errorRatio(bad: number, total: number): number {
  return total > 0 ? bad / total : 0
}

/** What is left of the budget after a whole period with this error ratio: 1 untouched, 0 spent, below 0 overdrawn. */
export function budgetLeft(periodErrorRatio: number, objective: number): number {
  return 1 - burnRate(periodErrorRatio, objective)
}

/** Seconds until what is left is spent at this burn; 0 when it is spent already, Infinity when nothing burns. */
export function timeToExhaustion(left: number, burn: number, periodSeconds: number): number {
  if (left <= 0) return 0
  return burn > 0 ? (left * periodSeconds) / burn : Infinity
}

/** The share of the budget that is gone when an error ratio has lasted for a window. */
export function budgetSpent(errorRatioInWindow: number, objective: number, windowSeconds: number, periodSeconds: number): number {
  return (burnRate(errorRatioInWindow, objective) * windowSeconds) / periodSeconds
}

/** The highest burn there is: everything fails. */
export const highestBurn = (objective: number): number => burnRate(1, objective)
