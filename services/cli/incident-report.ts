// incident report: the draft of a post-mortem, printed or written to a file.

import { writeFile } from 'node:fs/promises'
import { redactText } from '../../ops/log.ts'
import type { Config } from '../config.ts'
import { refusal, troubleOf } from '../refusal.ts'
import { postmortemOf } from '../runbook/postmortem.ts'
import { gatherStory } from '../runbook/story.ts'
import { readSlos } from '../slo/specs.ts'
import { getIncident } from '../store/incidents.ts'
import { openHouse } from '../works.ts'

export async function reportCommand(config: Config, { out }: { out?: string }, args: string[]): Promise<void> {
  const house = await openHouse(config, { quiet: true })
  try {
    const { db } = house.database
    const incident = await getIncident(db, args[0] ?? '')
    if (!incident) throw refusal(`There is no incident ${args[0] ?? ''}: "rolewatch incident list --all" shows them.`)
    const story = await gatherStory(db, incident, await readSlos(house.watch.metrics), new Date())
    const text = redactText(postmortemOf(story), config.secrets)
    if (out === undefined) {
      console.log(text.trimEnd())
      return
    }
    await writeFile(out, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw refusal(`${out} is there already: somebody may have written answers into it.`)
      throw refusal(troubleOf(error) ?? `${out} cannot be written (${error.code ?? 'unknown'}).`)
    })
    console.log(`The draft is in ${out}: what is in italics is for people to answer.`)
  } finally {
    await house.close()
  }
}
