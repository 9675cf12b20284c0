// oncall: who has the shift, who is called next, and the shifts to come.

import type { Config } from '../config.ts'
import { readRota, ROTA_FILE, shiftAt, type Rota, type Shift } from '../runbook/rota.ts'
import { plain, print, utc, type Format } from './print.ts'

export async function oncallCommand(
  config: Config,
  { format, shifts }: { format: Format; shifts: number },
  _args: string[] = [],
  now = new Date(),
): Promise<void> {
  const rota = readRota(config.boards)
  const coming = rota ? shiftsFrom(rota, now, shifts) : []
  print(
    format,
    coming,
    coming,
    {
      '': ({ from, until }) => (from <= now && now < until ? 'now' : ''),
      'on call': ({ first }) => plain(first.name),
      mail: ({ first }) => plain(first.mail),
      'called next': ({ second }) => (second ? plain(second.name) : 'DIGEST_TO'),
      from: ({ from }) => utc(from),
      until: ({ until }) => utc(until),
    },
    `There is no rota: mail about incidents goes to DIGEST_TO. Write ${ROTA_FILE} into ${config.boards}; alerts/ONCALL.md shows how.`,
  )
}

/** Before the first shift nobody has one: the list begins with it. */
function shiftsFrom(rota: Rota, now: Date, count: number): Shift[] {
  const shifts: Shift[] = []
  let at = now < rota.start ? rota.start : now
  while (shifts.length < count) {
    const shift = shiftAt(rota, at)
    if (!shift) break
    shifts.push(shift)
    at = shift.until
  }
  return shifts
}
