// The rules of the house: each is shown to bite on a small bad tree, then all of them are held against the real one.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { ROOT } from '../services/config.ts'
import { checkHouse, findCircles, roomOf, type Tree } from './house.ts'
import { codeOf, importsOf } from './source-text.ts'

const HEAD = '// A file of a test.\n'

/** Breaches as `file: rule`, of files that all begin as they must. */
function breaches(tree: Tree): string[] {
  const whole = Object.fromEntries(Object.entries(tree).map(([file, text]) => [file, HEAD + text]))
  return checkHouse(whole).map(({ file, rule }) => `${file}: ${rule}`)
}

function readTree(): Tree {
  const tree: Record<string, string> = { 'package.json': readFileSync(join(ROOT, 'package.json'), 'utf8') }
  for (const room of ['migrations', 'ops', 'scrapers', 'services', 'test'])
    for (const name of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })) {
      const path = `${room}/${name.replaceAll('\\', '/')}`
      if (/\.(ts|mjs)$/.test(name) && !path.startsWith('test/fixtures/')) tree[path] = readFileSync(join(ROOT, path), 'utf8')
    }
  return tree
}

describe('source-text', () => {
  it('takes comments and what is in strings out, and keeps every line where it was', () => {
    const text = `a // x any\n/* any\n any */ b 'any' "a\\"ny" \`any \${c} any\`+/any['"]/ d\ne / f / g`
    expect(codeOf(text)).to.equal(
      `a ${' '.repeat(8)}\n${' '.repeat(6)}\n${' '.repeat(7)} b '   ' "     " \`    \${c}    \`+          d\ne / f / g`,
    )
  })

  it('is not led astray by quotes in comments, comments in strings, templates in templates', () => {
    expect(codeOf(`'//' + x // it's\ny`).replace(/ +/g, ' ')).to.equal(`' ' + x \ny`)
    expect(codeOf('`a${`b${c}` + {d: 1}.d}e` + f').replace(/ +/g, ' ')).to.equal('` ${` ${c}` + {d: 1}.d} ` + f')
    expect(codeOf(`x.replace(/'/g, "") + y`).replace(/ +/g, ' ')).to.equal('x.replace( g, "") + y')
  })

  it('never changes the length of a text or its lines', () => {
    const piece = fc.constantFrom("'", '"', '`', '${', '}', '{', '/*', '*/', '//', '\n', '\\', '/', 'a', ' ', '(', '[', ']', 'import')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('')
        const code = codeOf(text)
        expect(code.length).to.equal(text.length)
        expect(code.split('\n').length).to.equal(text.split('\n').length)
      }),
      { numRuns: 2000 },
    )
  })

  it('finds every kind of import, whether it is of types alone, and its line', () => {
    const text = `
import a from 'a'
import type { B } from './b.ts'
import {
  type C,
  type D,
} from './c.ts'
import { type E, f } from './e.ts'
import './g.ts'
import type from './type.ts'
import * as h from "h"
export { i } from './i.ts'
export type { J } from './j.ts'
const k = await import('./k.ts')
type L = import('./l.ts').L
import M, { type N } from './m.ts'
`
    expect(importsOf(text)).to.deep.equal([
      { from: 'a', typeOnly: false, line: 2 },
      { from: './b.ts', typeOnly: true, line: 3 },
      { from: './c.ts', typeOnly: true, line: 7 },
      { from: './e.ts', typeOnly: false, line: 8 },
      { from: './g.ts', typeOnly: false, line: 9 },
      { from: './type.ts', typeOnly: false, line: 10 },
      { from: 'h', typeOnly: false, line: 11 },
      { from: './i.ts', typeOnly: false, line: 12 },
      { from: './j.ts', typeOnly: true, line: 13 },
      { from: './k.ts', typeOnly: false, line: 14 },
      { from: './l.ts', typeOnly: false, line: 15 },
      { from: './m.ts', typeOnly: false, line: 16 },
    ])
  })

  it('finds no import in comments, strings and programs inside strings', () => {
    expect(
      importsOf(
        `// import a from 'a'\n/*\nimport b from 'b'\n*/\nconst t = \`\nimport c from 'c'\n\`\nconst s = "import('d')"\nconst from = 'e'`,
      ),
    ).to.deep.equal([])
  })
})

describe('the rules of the house', () => {
  it('know the room of a file', () => {
    expect(
      [
        'services/config.ts',
        'services/main.ts',
        'services/cli.ts',
        'services/cli/x.ts',
        'services/store/embedded/lock.ts',
        'ops/sandbox/a.ts',
      ].map(roomOf),
    ).to.deep.equal(['config', 'top', 'cli', 'cli', 'store', 'ops'])
  })

  const imports = (from: string, to: string): string[] => {
    const up = '../'.repeat(from.split('/').length - 1)
    return breaches({ [from]: `import { x } from '${up}${to}'`, [to]: 'export const x = 1' })
  }

  const down = [
    ['services/scrape/run.ts', 'scrapers/index.ts'],
    ['services/scrape/run.ts', 'services/match/match.ts'],
    ['services/store/a.ts', 'services/postings/posting.ts'],
    ['services/postings/a.ts', 'scrapers/source.ts'],
    ['services/main.ts', 'services/api/app.ts'],
    ['services/cli/start.ts', 'services/main.ts'],
    ['test/ops/a.test.ts', 'services/store/a.ts'],
    ['ops/a.ts', 'ops/b.ts'],
  ]
  for (const [from = '', to = ''] of down)
    it(`let ${from} import ${to}`, () => {
      expect(imports(from, to)).to.deep.equal([])
    })

  const up = [
    ['ops/a.ts', 'services/config.ts'],
    ['ops/a.ts', 'scrapers/source.ts'],
    ['scrapers/a.ts', 'ops/log.ts'],
    ['scrapers/a.ts', 'services/postings/posting.ts'],
    ['services/postings/a.ts', 'ops/log.ts'],
    ['services/postings/a.ts', 'services/store/a.ts'],
    ['services/store/a.ts', 'services/scrape/run.ts'],
    ['services/store/a.ts', 'services/boards.ts'],
    ['services/match/a.ts', 'services/scrape/run.ts'],
    ['services/scrape/a.ts', 'services/api/app.ts'],
    ['services/scrape/a.ts', 'services/notify/slack.ts'],
    ['services/api/a.ts', 'services/main.ts'],
    ['services/main.ts', 'services/cli/start.ts'],
    ['services/main.ts', 'test/world.ts'],
    ['migrations/0001_a.ts', 'services/config.ts'],
  ]
  for (const [from = '', to = ''] of up)
    it(`do not let ${from} import ${to}`, () => {
      expect(imports(from, to)).to.deep.equal([`${from}: imports run down`])
    })

  it('count an import of a type alone as an import', () => {
    expect(breaches({ 'ops/a.ts': `import type { X } from '../services/x.ts'`, 'services/x.ts': '' })).to.deep.equal([
      'ops/a.ts: imports run down',
    ])
  })

  it('name an import of a file that is not there', () => {
    expect(breaches({ 'ops/a.ts': `import { x } from './b.ts'` })).to.deep.equal(['ops/a.ts: imports exist'])
  })

  it('keep every package behind its door', () => {
    const wrong: [string, string][] = [
      ['express', 'services/main.ts'],
      ['helmet', 'services/cli/start.ts'],
      ['express-rate-limit', 'ops/a.ts'],
      ['knex', 'services/scrape/run.ts'],
      ['pg', 'services/notify/notifier.ts'],
      ['opossum', 'services/scrape/fetch.ts'],
      ['bottleneck', 'services/scrape/pace.ts'],
      ['undici', 'services/notify/slack.ts'],
      ['prom-client', 'services/gauges.ts'],
      ['@opentelemetry/api', 'services/scrape/run.ts'],
      ['@opentelemetry/sdk-node', 'ops/log.ts'],
      ['winston', 'services/main.ts'],
      ['@slack/webhook', 'services/notify/digest.ts'],
      ['pg-boss', 'services/store/queue.ts'],
      ['left-pad', 'services/main.ts'],
    ]
    for (const [name, file] of wrong) {
      expect(breaches({ [file]: `import { x } from '${name}'` }), name).to.deep.equal([`${file}: one package, one door`])
      expect(breaches({ [file]: `import type { X } from '${name}/deeper'` }), name).to.deep.equal([`${file}: one package, one door`])
    }
    const right: [string, string][] = [
      ['express', 'services/api/app.ts'],
      ['knex', 'services/store/a.ts'],
      ['opossum', 'ops/breaker.ts'],
      ['@opentelemetry/api', 'ops/log.ts'],
      ['@opentelemetry/sdk-node', 'ops/telemetry.ts'],
      ['pg-boss', 'ops/queue.ts'],
      ['node:fs', 'scrapers/a.ts'],
      ['chai', 'test/a.test.ts'],
    ]
    for (const [name, file] of right) expect(breaches({ [file]: `import { x } from '${name}'` }), name).to.deep.equal([])
  })

  it('want every package declared, and those of tests where tests alone may have them', () => {
    const manifest = JSON.stringify({ dependencies: { express: '5.3.0' }, devDependencies: { chai: '6.3.0' } })
    const undeclared = (file: string, name: string) =>
      checkHouse({ 'package.json': manifest, [file]: `${HEAD}import { x } from '${name}'` }).map((breach) => breach.rule)
    expect(undeclared('services/api/app.ts', 'express/deeper')).to.deep.equal([])
    expect(undeclared('services/api/app.ts', 'helmet')).to.deep.equal(['packages are declared'])
    expect(undeclared('test/a.test.ts', 'chai')).to.deep.equal([])
    expect(undeclared('test/a.test.ts', 'mocha')).to.deep.equal(['packages are declared'])
    expect(undeclared('services/api/app.ts', 'node:fs')).to.deep.equal([])
  })

  it('let migrations know the type of knex and nothing more', () => {
    expect(breaches({ 'migrations/0001_a.ts': `import type { Knex } from 'knex'` })).to.deep.equal([])
    expect(breaches({ 'migrations/0001_a.ts': `import knex from 'knex'` })).to.deep.equal(['migrations/0001_a.ts: one package, one door'])
    expect(breaches({ 'migrations/0001_a.ts': `import type { Client } from 'pg'` })).to.deep.equal([
      'migrations/0001_a.ts: one package, one door',
    ])
  })

  it('find circles, of types too, and tell each once', () => {
    const tree = {
      'ops/a.ts': `import { b } from './b.ts'`,
      'ops/b.ts': `import type { C } from './c.ts'`,
      'ops/c.ts': `export type A = import('./a.ts').A`,
      'ops/d.ts': `import { a } from './a.ts'`,
    }
    expect(breaches(tree)).to.deep.equal(['ops/a.ts: no circles'])
    expect(checkHouse(tree).find((breach) => breach.rule === 'no circles')?.detail).to.equal('ops/a.ts → ops/b.ts → ops/c.ts → ops/a.ts')
    expect(findCircles(new Map([['x', ['x']]]))).to.deep.equal([['x']])
    expect(
      findCircles(
        new Map([
          ['x', ['y', 'z']],
          ['y', ['z']],
          ['z', []],
        ]),
      ),
    ).to.deep.equal([])
  })

  it('find a circle in any graph that has one, and none in any that has none', () => {
    const edge = fc.tuple(fc.nat(6), fc.nat(6))
    const graph = (edges: [number, number][]) =>
      new Map(Array.from({ length: 7 }, (_, n) => [`${n}`, edges.filter(([from]) => from === n).map(([, to]) => `${to}`)]))
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 12 }), fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }), (edges, ring) => {
        const acyclic = edges.filter(([from, to]) => from < to)
        expect(findCircles(graph(acyclic))).to.deep.equal([])
        const closed: [number, number][] = ring.map((n, index) => [n, ring[(index + 1) % ring.length] ?? n])
        const circles = findCircles(graph([...acyclic, ...closed]))
        expect(circles).to.not.deep.equal([])
        const all = graph([...acyclic, ...closed])
        for (const circle of circles)
          for (const [index, file] of circle.entries()) expect(all.get(file)).to.include(circle[(index + 1) % circle.length])
      }),
    )
  })

  it('want one sentence in the first line', () => {
    const rule = 'the first line says in one sentence what the file is'
    const first = (line: string) => checkHouse({ 'ops/a.ts': `${line}\nexport const a = 1\n` }).map((breach) => breach.rule)
    for (const line of [
      '// One thing.',
      '// companies.yaml: what is taken.',
      '#!/usr/bin/env node\n// A program.',
      '// Node 24.1, pg 8.2 and more.',
    ])
      expect(first(line), line).to.deep.equal([])
    for (const line of ['', 'export {}', '/* A block. */', '// No full stop', '//No space.', '// Two. Sentences.', '#!/usr/bin/env node'])
      expect(first(line), line).to.deep.equal([rule])
  })

  it('let services/config.ts alone read the environment', () => {
    const rule = 'the environment is read in services/config.ts alone'
    for (const text of [
      'process.env.HOME',
      `process.env['HOME']`,
      'const { env } = process\nprocess . env',
      `process['env']`,
      `import { env } from 'node:process'`,
      `import e from 'process'`,
    ])
      expect(breaches({ 'services/main.ts': text }), text).to.include(`services/main.ts: ${rule}`)
    expect(breaches({ 'services/config.ts': 'process.env', 'test/a.ts': 'process.env', 'ops/bootstrap.mjs': 'process.env' })).to.deep.equal(
      [],
    )
    expect(breaches({ 'services/main.ts': `// process.env\nconst a = 'process.env'\nprocess.environment` })).to.deep.equal([])
    expect(breaches({ 'ops/telemetry.ts': `process.env['OTEL_A'] = 'none'\nprocess.env['OTEL_B'] ??= 'x'` })).to.deep.equal([])
    expect(breaches({ 'ops/telemetry.ts': `const a = process.env['OTEL_A']` })).to.deep.equal([`ops/telemetry.ts: ${rule}`])
    expect(breaches({ 'ops/telemetry.ts': `process.env['HOME'] = 'x'` })).to.deep.equal([`ops/telemetry.ts: ${rule}`])
  })

  it('want named exports and no barrels', () => {
    for (const text of ['export default 1', 'export default function f() {}', 'const a = 1\nexport { a as default }', 'export = a'])
      expect(breaches({ 'ops/a.ts': text }), text).to.deep.equal(['ops/a.ts: named exports only'])
    for (const text of [`export * from './a.ts'`, `export type * from './a.ts'`])
      expect(breaches({ 'ops/b.ts': text, 'ops/a.ts': '' }), text).to.deep.equal(['ops/b.ts: no barrels'])
    expect(
      breaches({ 'test/reporter.ts': 'export default class {}', 'ops/a.ts': 'export const a = 1\nexport { b }\nconst b = 2' }),
    ).to.deep.equal([])
  })

  it('want no any, and take the word for what it is elsewhere', () => {
    for (const text of [
      'let a: any',
      'x as any',
      'let a: any[]',
      'Map<string, any>',
      'f<any>()',
      'type A = any',
      'let a: string | any',
      '(a: any, b: any) => 1',
      '() => any',
    ])
      expect(breaches({ 'ops/a.ts': text })[0], text).to.equal('ops/a.ts: no any')
    for (const text of [
      'AbortSignal.any([a])',
      'const any = 1',
      `'as any'`,
      '// as any',
      '`x = any(${y})`',
      'anything: anyone',
      'fc.anything()',
      'f(any(1))',
    ])
      expect(breaches({ 'ops/a.ts': text }), text).to.deep.equal([])
  })

  it('are kept by the whole house', () => {
    const tree = readTree()
    expect(Object.keys(tree)).to.include.members([
      'services/config.ts',
      'ops/log.ts',
      'ops/bootstrap.mjs',
      'migrations/0001_boards.ts',
      'test/house.ts',
    ])
    expect(checkHouse(tree).map(({ file, rule, detail }) => `${file}: ${rule} (${detail})`)).to.deep.equal([])
  })
})
