// What is wrong with a specification, in a sentence, with the file and the place in it.

export interface Fault {
  readonly file: string
  /** `tiers.0.short`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** All faults at once. */
export class SpecError extends Error {
  override readonly name = 'SpecError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const heading = faults.length === 1 ? 'The specifications have a fault' : `The specifications have ${faults.length} faults`
    super(`${heading}:\n${faults.map((fault) => `  - ${printFault(fault)}`).join('\n')}`)
    this.faults = faults
  }
}

export const printFault = ({ file, path, message }: Fault): string => [file, path, message].filter((part) => part !== '').join(': ')
