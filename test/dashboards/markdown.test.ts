// Reading the Markdown of runbooks: every page keeps all its words, and no text becomes more than text.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import fc from 'fast-check'
import { ROOT } from '../../services/config.ts'

interface Block {
  kind: 'heading' | 'text' | 'list' | 'code'
  level?: number
  text?: string
  ordered?: boolean
  start?: number
  items?: string[]
}
interface Part {
  kind: 'text' | 'code' | 'strong' | 'link'
  text: string
  href?: string
}
interface Reader {
  readBlocks: (markdown: string) => Block[]
  readParts: (text: string) => Part[]
}

describe('dashboards/console/markdown', () => {
  let readBlocks: Reader['readBlocks']
  let readParts: Reader['readParts']
  before(async () => {
    const file = pathToFileURL(join(ROOT, 'dashboards', 'console', 'markdown.js')).href
    ;({ readBlocks, readParts } = (await import(file)) as Reader)
  })
  const words = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? []
  const said = (blocks: readonly Block[]) =>
    blocks
      .flatMap(({ text, items }) => [...(items ?? []), text ?? ''])
      .flatMap((text) =>
        readParts(text)
          .map((part) => part.text)
          .join(' '),
      )

  it('finds the headings and the numbered steps of a runbook', () => {
    const blocks = readBlocks(readFileSync(join(ROOT, 'runbooks', 'ScrapeOutage.md'), 'utf8'))
    expect(blocks.filter(({ kind }) => kind === 'heading').map(({ level, text }) => [level, text])).to.deep.equal([
      [1, 'ScrapeOutage'],
      [2, 'Meaning'],
      [2, 'Impact'],
      [2, 'Diagnosis'],
      [2, 'Steps'],
      [2, 'Escalation'],
    ])
    const steps = blocks[blocks.findIndex(({ text }) => text === 'Steps') + 1]
    expect(steps).to.include({ kind: 'list', ordered: true, start: 1 })
    expect(steps?.items).to.have.length.above(3)
    expect(steps?.items?.[0]).to.match(/^`[a-z.]+ .*` .*\.$/)
  })

  it('keeps every word of every page', () => {
    for (const name of readdirSync(join(ROOT, 'runbooks')).filter((one) => one.endsWith('.md'))) {
      const text = readFileSync(join(ROOT, 'runbooks', name), 'utf8')
      // The numbers of steps are the list's.
      expect(words(said(readBlocks(text)).join(' ')), name).to.deep.equal(words(text.replaceAll(/^\d+\. /gm, '')))
    }
  })

  it('knows lists that begin later, lists without numbers, code and paragraphs over several lines', () => {
    const text = [
      '3. three',
      '   goes on',
      '',
      '4. four',
      'one',
      'two',
      '',
      '- a',
      '* b',
      '```sh',
      '# no heading',
      '- no item',
      '```',
      'end',
      '## h ##',
    ].join('\n')
    expect(readBlocks(text)).to.deep.equal([
      { kind: 'list', ordered: true, start: 3, items: ['three goes on', 'four'] },
      { kind: 'text', text: 'one two' },
      { kind: 'list', ordered: false, start: 1, items: ['a', 'b'] },
      { kind: 'code', text: '# no heading\n- no item\n' },
      { kind: 'text', text: 'end' },
      { kind: 'heading', level: 2, text: 'h' },
    ])
  })

  it('parts a line into text, code, what is strong, and links', () => {
    expect(readParts('Run `a **b**` and **see** [the page](ScrapeOutage.md).')).to.deep.equal([
      { kind: 'text', text: 'Run ' },
      { kind: 'code', text: 'a **b**' },
      { kind: 'text', text: ' and ' },
      { kind: 'strong', text: 'see' },
      { kind: 'text', text: ' ' },
      { kind: 'link', text: 'the page', href: 'ScrapeOutage.md' },
      { kind: 'text', text: '.' },
    ])
  })

  it('reads anything, and makes nothing of markup', () => {
    const unit = fc.constantFrom('a', ' ', '\n', '`', '*', '#', '-', '1', '.', '[', ']', '(', ')', '<', '>', '"', '&')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 80 }), (text) => {
        for (const block of readBlocks(text)) {
          expect(block.kind).to.be.oneOf(['heading', 'text', 'list', 'code'])
          for (const part of readParts(block.text ?? '')) expect(part.text).to.be.a('string')
        }
        const line = text.replaceAll('\n', ' ')
        const back = readParts(line).map(({ kind, text: inner, href }) =>
          kind === 'code' ? `\`${inner}\`` : kind === 'strong' ? `**${inner}**` : kind === 'link' ? `[${inner}](${href})` : inner,
        )
        expect(back.join('')).to.equal(line)
      }),
    )
    expect(readParts('<img src=x onerror=alert(1)>')).to.deep.equal([{ kind: 'text', text: '<img src=x onerror=alert(1)>' }])
  })
})
