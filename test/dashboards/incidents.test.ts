// The pages of incidents and runbooks in a real browser: what people see and press when something is wrong, by keyboard too.

import type { Browser, Page } from 'playwright'
import { expect } from 'chai'
import { launchBrowser } from '../browser.ts'
import { ALERT } from '../services/runbook/stand.ts'
import { openDesk, type Desk } from '../services/api/desk.ts'

const HOSTILE = '<img src=x onerror=alert(1)> $(reboot) "quoted" and long, '.repeat(6)

/** What of a page can be held against it. */
interface Survey {
  /** Pixels that it is wider than the window. */
  over: number
  headings: number
  /** Things to press or fill in that say nothing of themselves. */
  nameless: string[]
  ids: string[]
}
const SURVEY = `({
  over: document.documentElement.scrollWidth - innerWidth,
  headings: document.querySelectorAll('h1').length,
  nameless: [...document.querySelectorAll('button, a, input, select, summary')]
    .filter((one) => !one.textContent.trim() && !one.ariaLabel && !one.labels?.length)
    .map((one) => one.outerHTML),
  ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
})`

describe('dashboards/console, incidents and runbooks', function () {
  this.timeout(60_000)
  let browser: Browser
  let desk: Desk
  let page: Page
  /** What the browser complains of: errors of scripts, what the policy refuses, dialogs. */
  const complaints: string[] = []
  before(async () => {
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
  })
  beforeEach(async () => {
    desk = await openDesk()
    page = await open('admin')
    complaints.length = 0
  })
  afterEach(async () => {
    await page.context().close()
    await desk.close()
  })

  const open = async (scope?: 'read' | 'write' | 'admin', width = 1280): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'en' })
    const made = await context.newPage()
    await made.clock.setFixedTime(desk.clock.now)
    made.on('pageerror', (error) => complaints.push(error.message))
    // That something was refused is said by the page; Chromium says it again.
    made.on(
      'console',
      (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && complaints.push(message.text()),
    )
    made.on('dialog', (dialog) => complaints.push(dialog.message()))
    if (scope)
      await made.addInitScript(`if (location.protocol === 'http:') sessionStorage.setItem('rolewatch-token', '${desk.tokens[scope]}')`)
    return made
  }
  const go = async (at: string, where: Page = page): Promise<void> => {
    // A change of the fragment alone would load nothing anew.
    await where.goto('about:blank')
    await where.goto(`http://127.0.0.1:${desk.api.port}/#/${at}`)
    await where.locator('main h1').waitFor()
  }
  const main = (where: Page = page) => where.locator('main')
  const banner = () => page.locator('#banner')
  const see = (text: string | RegExp, where: Page = page) => main(where).getByText(text).first().waitFor()
  const button = (name: string, where: Page = page) => main(where).getByRole('button', { name, exact: true })
  /** A question waits for an answer. */
  const asked = async (): Promise<string> => {
    await desk.setMode(ALERT, 'approval')
    await desk.tell({ labels: { odd: HOSTILE }, annotations: { summary: HOSTILE } })
    await desk.work()
    return String((await desk.db('approvals').first('id'))?.id)
  }

  it('asks for a token, and shows the page then', async () => {
    await desk.tell({})
    const fresh = await open()
    await go('incidents', fresh)
    await fresh.getByLabel(/^Token/).fill(desk.tokens.read)
    await fresh.keyboard.press('Enter')
    await fresh.getByRole('link', { name: `INC-1 ${ALERT}` }).waitFor()
    await fresh.context().close()
  })

  it('lists what is open before what is over, and what waits for an answer before both', async () => {
    await asked()
    await desk.tell({ fingerprint: 'f2' })
    await desk.tell({ fingerprint: 'f2', status: 'resolved' })
    await go('incidents')
    await main()
      .getByRole('link', { name: `INC-2 ${ALERT}` })
      .waitFor()
    expect(await main().getByRole('heading', { level: 2 }).allTextContents()).to.deep.equal(['Open', 'Over'])
    expect(await main().getByRole('rowheader').locator('a').allTextContents()).to.deep.equal([`INC-1 ${ALERT}`, `INC-2 ${ALERT}`])
    await main().getByRole('link', { name: 'Look and answer' }).click()
    await page.getByRole('heading', { level: 1, name: 'May it do this?' }).waitFor()
    expect(await page.locator('nav a[aria-current=page]').textContent()).to.equal('Incidents')
  })

  it('tells the story of an incident, shows hostile text as text, and keeps telling it while the run goes on', async () => {
    await asked()
    await go('incidents/INC-1')
    for (const text of [
      'The alert fired',
      'The host refuses us.',
      'source.hold will act on greenhouse.',
      'Ask the host what is the matter.',
    ])
      await see(text)
    await see('It asked for 2 changes')
    expect(await main().textContent()).to.contain('<img src=x onerror=alert(1)> $(reboot) "quoted"')
    expect(await main().locator('img').count()).to.equal(0)
    await see('runbook.diagnose')
    // Somebody else answers; this page is not touched.
    const id = String((await desk.db('approvals').first('id'))?.id)
    await desk.as('admin', `/api/v1/approvals/${id}`, { method: 'POST', body: { verdict: 'approved' } })
    await desk.work()
    await see('sees whether it helped')
    desk.clock.pass(10)
    await desk.work()
    await see('What was done helped')
    expect(await button('Approve').count()).to.equal(0)
    expect(complaints).to.deep.equal([])
  })

  it('approves by keyboard alone, once it was confirmed; going elsewhere takes the question back', async () => {
    const id = await asked()
    await go(`approvals/${id}`)
    await main().locator('.plan > li').first().waitFor()
    expect(await main().locator('.plan > li').count()).to.equal(2)
    await button('Approve').focus()
    await page.keyboard.press('Enter')
    await button('Really do all 2?').waitFor()
    expect(await page.locator('#live').textContent()).to.equal('Really do all 2?')
    await page.keyboard.press('Tab')
    await button('Approve').waitFor()
    expect((await desk.db('approvals').first('state'))?.state).to.equal('open')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await see(/^Approved by token:admin/)
    await desk.work()
    expect((await desk.effects()).map(({ done }) => done)).to.deep.equal([1, 1])
    expect(complaints).to.deep.equal([])
  })

  it('says who was first when somebody else has answered meanwhile, and why a token may not answer', async () => {
    const id = await asked()
    await go(`approvals/${id}`)
    const reader = await open('write')
    await go(`approvals/${id}`, reader)
    await button('Reject', reader).click()
    await button('Really reject?', reader).click()
    await see('The token "write" lacks the scope admin.', reader)
    await reader.context().close()
    await desk.as('admin', `/api/v1/approvals/${id}`, { method: 'POST', body: { verdict: 'rejected' } })
    await button('Approve').click()
    await button('Really do all 2?').click()
    await see(/^Rejected by token:admin/)
    expect(await page.locator('#live').textContent()).to.equal('It is rejected already, by token:admin.')
  })

  it('acknowledges an incident', async () => {
    await desk.tell({})
    await go('incidents/1')
    await button('I have it').click()
    await see('token:admin has it')
    expect(await button('I have it').count()).to.equal(0)
    expect((await desk.db('incidents').first('acknowledged_by'))?.acknowledged_by).to.equal('token:admin')
  })

  it('shows nothing of the audit to a token that may not see it, and all the rest', async () => {
    await desk.tell({})
    const reader = await open('read')
    await go('incidents/1', reader)
    await see('It is seen with a token that has the scope admin.', reader)
    await see('The alert fired', reader)
    await reader.context().close()
  })

  it('finds runbooks by their words, and sets what one may do once it was confirmed', async () => {
    await go('runbooks')
    await main().getByLabel('With these words').fill('idle')
    await see(/^1 runbook\./)
    expect(await main().getByRole('rowheader').locator('a').allTextContents()).to.deep.equal(['Idle'])
    await main().getByLabel('What Idle may do', { exact: true }).selectOption('acts by itself')
    await button('Set what Idle may do').click()
    expect(await desk.db('runbook_modes').pluck('mode')).to.deep.equal([])
    await main().getByText('Really let it act by itself?').click()
    await main().getByText('Set.', { exact: true }).waitFor()
    expect(await desk.db('runbook_modes').select('alertname', 'mode', 'set_by')).to.deep.equal([
      { alertname: 'Idle', mode: 'auto', set_by: 'token:admin' },
    ])
  })

  it('marks the lines that the machine runs, and makes a dry run with the labels that it asks for', async () => {
    await go('runbooks')
    await main()
      .getByRole('link', { name: `Dry run of ${ALERT}` })
      .click()
    await page.getByLabel('Label source').waitFor()
    expect(await main().locator('li.machine').allTextContents()).to.have.length(3)
    await see('Only when found blocked. It cannot be taken back.')
    await main().locator('input[name=source]:focus').waitFor()
    await page.keyboard.type('lever')
    await page.keyboard.press('Enter')
    await see('It waits for a worker to take it.')
    await desk.work()
    await see(/^The verdict is broken\. What would be done: 1\. source\.hold will act on lever\./)
    expect(await desk.effects()).to.deep.equal([])
    expect((await desk.run()).actor).to.equal('token:admin')
    expect(complaints).to.deep.equal([])
  })

  it('shows a page to whoever was woken and has no token, without what the machine does', async () => {
    const fresh = await open()
    await fresh.route('**/runbooks/*.md', (route) =>
      route.fulfill({ contentType: 'text/markdown', body: '# Idle\n\n## Steps\n\n1. `source.hold` it.\n' }),
    )
    await go('runbook/Idle', fresh)
    await see('source.hold', fresh)
    expect(await main(fresh).locator('li.machine').count()).to.equal(0)
    await fresh.context().close()
  })

  it('says on every page that automation is off, by whom and why, until it is on again', async () => {
    await go('runbooks')
    await main().getByText('Stop everything that runbooks change').click()
    await main()
      .getByLabel(/^Why; whoever is paged/)
      .fill('boards <b>move</b>')
    await button('Switch off').click()
    await banner().getByText('Automation is off').waitFor()
    await main().getByText('Announce maintenance').click()
    await main().getByLabel('Source', { exact: true }).fill('lever')
    await main().getByLabel('Why', { exact: true }).fill('they move')
    await button('Announce').click()
    await banner().getByText('Maintenance of lever').waitFor()
    for (const at of ['', 'boards', 'incidents', 'runbook/Idle']) {
      await page.goto(`http://127.0.0.1:${desk.api.port}/#/${at}`)
      const words = await banner().textContent()
      expect(words, at).to.contain('“boards <b>move</b>”, says token:admin')
      expect(words, at).to.contain('“they move”, says token:admin')
    }
    await go('runbooks')
    await button('Switch on').click()
    await button('Really switch on?').click()
    await button('End the maintenance of lever').click()
    await main().getByText('Really end?').click()
    await page.locator('#banner:empty').waitFor({ state: 'attached' })
    expect(await desk.db('audit').orderBy('id').pluck('action')).to.deep.equal([
      'automation.off',
      'maintenance.add',
      'automation.on',
      'maintenance.remove',
    ])
    expect(complaints).to.deep.equal([])
  })

  it('fits a telephone, has one heading of the first rank a page, and a name for everything that can be pressed', async () => {
    const id = await asked()
    await desk.tell({ fingerprint: 'f2' })
    const narrow = await open('admin', 390)
    for (const at of ['incidents', 'incidents/1', `approvals/${id}`, 'runbooks', `runbook/${ALERT}`]) {
      await go(at, narrow)
      await narrow.locator('main section, main article').first().waitFor()
      const found = await narrow.evaluate<Survey>(SURVEY)
      expect(found.over, at).to.be.at.most(0)
      expect(found.headings, at).to.equal(1)
      expect(found.nameless, at).to.deep.equal([])
      expect(new Set(found.ids).size, at).to.equal(found.ids.length)
    }
    await narrow.context().close()
  })
})
