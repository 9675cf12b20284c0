// Waiting for the signal that ends a command.

/** How long a stop may take before the process ends all the same. */
const STOP_MS = 30_000

/** Resolves at the first SIGINT or SIGTERM, or when nobody reads the output any more. The terminal and npm may both deliver the same one; a second one, later, ends at once. */
export function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first = 0
    const hear = (signal: NodeJS.Signals) => {
      if (first === 0) {
        first = Date.now()
        console.error(`\n${signal}: stopping …`)
        setTimeout(() => process.exit(1), STOP_MS).unref()
        resolve()
      } else if (Date.now() - first > 1000) process.exit(1)
    }
    process.on('SIGINT', hear)
    process.on('SIGTERM', hear)
    // Whoever read the output has gone, and with it the one who would end us.
    process.stdout.once('error', () => {
      if (first === 0) hear('SIGPIPE')
    })
  })
}
