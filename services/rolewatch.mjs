#!/usr/bin/env node
// The `rolewatch` command on any Node 18 or newer: sets the project up and hands over to its own Node.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

await import('../ops/bootstrap.mjs')

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const own = join(root, 'node_modules', '.bin', 'node')
const child = spawn(existsSync(own) ? own : process.execPath, [join(root, 'services', 'cli.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// The terminal tells the whole group; a signal sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0)
})
