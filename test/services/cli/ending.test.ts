// How commands end: exit codes, words, and a stack for bugs alone.

import { CommanderError } from 'commander'
import { expect } from 'chai'
import { explain } from '../../../services/cli/ending.ts'
import { ConfigError } from '../../../services/config.ts'
import { misuse, refusal } from '../../../services/refusal.ts'
import { caught } from './desk.ts'

const told = async (error: unknown, secrets: string[] = []) => {
  const { value, out, err } = await caught(() => explain(error, secrets))
  expect(out).to.equal('')
  return { code: value, err }
}

describe('the end of a command', () => {
  it('is 1 and a sentence when it could not be done', async () => {
    expect(await told(refusal('There is no run 7.'))).to.deep.equal({ code: 1, err: 'There is no run 7.' })
  })

  it('is 2 and a sentence for a slip and for a bad configuration', async () => {
    expect(await told(misuse('What?'))).to.deep.equal({ code: 2, err: 'What?' })
    expect(await told(new ConfigError(['A', 'B']))).to.deep.equal({ code: 2, err: 'The configuration has 2 faults:\n  - A\n  - B' })
  })

  it('is what commander says, which it has said already', async () => {
    expect(await told(new CommanderError(0, 'commander.help', 'help'))).to.deep.equal({ code: 0, err: '' })
    expect(await told(new CommanderError(1, 'commander.unknownOption', 'no'))).to.deep.equal({ code: 2, err: '' })
  })

  it("is 1 and words for the machine's trouble", async () => {
    const trouble = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' })
    const { code, err } = await told(trouble)
    expect(code).to.equal(1)
    expect(err).to.match(/^The database does not answer \(connect ECONNREFUSED 10\.0\.0\.7:5432\)/)
    expect(err.split('\n')).to.have.length(1)
  })

  it('keeps the stack of a bug, and no secret in it', async () => {
    const bug = Object.assign(new TypeError('at postgres://me:open-sesame@db/x with hush-hush'), { input: 'hush-hush' })
    const { code, err } = await told(bug, ['hush-hush'])
    expect(code).to.equal(1)
    expect(err)
      .to.match(/^TypeError: /)
      .and.to.contain('ending.test.ts')
    expect(err).not.to.match(/open-sesame|hush-hush/)
    expect(await told('thrown text')).to.deep.equal({ code: 1, err: "'thrown text'" })
  })
})
