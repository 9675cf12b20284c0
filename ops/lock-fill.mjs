// Completes package-lock.json after an install, so that npm ci accepts it on every platform.
//
// Optional platform packages that could not be resolved where the lock was written are left out of it, and npm ci refuses such a lock.
import { readFileSync, writeFileSync } from 'node:fs'

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const PROCESSORS = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'arm']

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
let added = 0
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (lock.packages[key] || !/^\d/.test(version)) continue
    const words = name.split(/[/-]/)
    const os = words.find((word) => SYSTEMS.includes(word))
    const cpu = PROCESSORS.find((word) => words.includes(word))
    if (!os || !cpu) continue
    const libc = name.endsWith('-musl') ? { libc: ['musl'] } : {}
    lock.packages[key] = { version, cpu: [cpu], dev: entry.dev, optional: true, os: [os], ...libc }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.error(`lock-fill: ${added} platform packages added`)
