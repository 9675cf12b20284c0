// try: one polite visit to one board, printed and not stored; how a source is written and looked into.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readBoard } from '../scrape/reading.ts'
import { normalise } from '../postings/normalise.ts'
import { ROOT, type Config } from '../config.ts'
import { openHouse, openHouseDoor } from '../works.ts'
import { refusal } from '../refusal.ts'
import { readSource } from './given.ts'
import { print, type Format } from './print.ts'

export async function tryCommand(config: Config, options: { save?: boolean; format: Format }, args: string[]): Promise<void> {
  const [name = '', ident = ''] = args
  const source = readSource(name)
  const house = await openHouse(config, { quiet: true })
  const { watch } = house
  const door = openHouseDoor(house, `try:${process.pid}`)
  try {
    const board = { ident, region: null, reader: null, open_count: 0, pages: null }
    const reading = await readBoard({ watch, door }, source, board, '')
    if (reading.failure) throw refusal(`${name}/${ident}: ${reading.failure.kind}: ${reading.failure.message}`)
    const raw = reading.parsed.flatMap((page) => page.postings)
    const postings = raw.map((one) => normalise(one, { source: name, ident, country: null }))
    print(
      options.format,
      postings,
      postings,
      {
        id: (p) => p.external_id,
        title: (p) => p.title,
        places: (p) => p.places.map((place) => place.text).join(' · '),
        mode: (p) => p.work_mode,
        pay: (p) => p.pay.map((band) => band.evidence).join(' · '),
        posted: (p) => p.posted_at?.slice(0, 10),
      },
      'The board has no postings.',
    )
    const rejected = reading.parsed.flatMap((page) => page.rejected)
    console.error(`${postings.length} postings in ${reading.pages.length} pages, ${rejected.length} unreadable`)
    for (const failure of rejected.slice(0, 10)) console.error(`  ${failure.path ?? ''}: ${failure.message}`)
    if (options.save) await save(name, reading.pages[0]?.page.body ?? '')
  } finally {
    await door.close()
    await house.close()
  }
}

/** Writes the page beside the source's test. People's names and the employer's own words do not belong there: shorten it by hand. */
async function save(source: string, body: string): Promise<void> {
  const file = join(ROOT, 'test', 'fixtures', source, 'saved.json')
  await writeFile(file, JSON.stringify(JSON.parse(body), null, 2))
  console.error(`Saved as ${file}. Replace texts, names and ids by invented ones before you commit it, then UPDATE=1 npm test.`)
}
