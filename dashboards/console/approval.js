// What a run asks before it changes something: exactly what it would do, and the buttons that answer.

import { ask } from './api.js'
import { ago, chip, confirming, duration, fill, h, heading, keepLooking, moment, redraw, say } from './dom.js'
import { APPROVALS, told } from './terms.js'

/** The page that a message leads to. */
export async function approvalPage(main, id) {
  const box = h('div', {})
  const words = { current: '' }
  const show = async () => {
    const approval = await ask(`api/v1/approvals/${encodeURIComponent(id)}`)
    const now = JSON.stringify(approval)
    if (now !== words.current) redraw(box, approvalBox(approval, show))
    words.current = now
    return approval.state === 'open' ? 15 : undefined
  }
  fill(main, h('p', {}, h('a', { href: '#/incidents' }, '← To the incidents')), heading('May it do this?'), box)
  keepLooking(box, show, await show())
}

/**
 * The plan, and while it is open the answers to it.
 * @param decided called when somebody has answered, here or elsewhere
 */
export function approvalBox(approval, decided) {
  const title = `asked-${approval.id}`
  const isOpen = approval.state === 'open'
  return h(
    'section',
    { class: `card approval${isOpen ? ' open' : ''}`, 'aria-labelledby': title },
    h('header', {}, h('h2', { id: title }, whose(approval)), told(APPROVALS, approval.state)),
    h('ol', { class: 'plan' }, approval.plan.map(planned)),
    isOpen ? answers(approval, decided) : h('p', { class: 'soft small' }, ending(approval)),
  )
}

function whose({ alertname, incident, plan }) {
  const what = plan.length === 1 ? 'one change' : `${plan.length} changes`
  if (!alertname) return `It asks for ${what}`
  return [
    h('a', { href: `#/runbook/${alertname}` }, alertname),
    ` asks for ${what}`,
    incident && [', for ', h('a', { href: `#/incidents/${incident}` }, incident)],
  ]
}

function planned({ number, action, given, words, reversible }) {
  return h(
    'li',
    { value: number },
    h('p', {}, words),
    h(
      'p',
      { class: 'small' },
      h('code', {}, [action, ...Object.entries(given).map(([name, value]) => `${name}=${value}`)].join(' ')),
      ' ',
      reversible ? chip('can be taken back') : chip('cannot be taken back', 'warn'),
    ),
  )
}

function ending({ state, decided_by: by, decided_at: at, expires_at: until }) {
  if (state === 'expired' || !by) return ['It was open until ', moment(until), '. Nothing of it was done.']
  return [`${state === 'approved' ? 'Approved' : 'Rejected'} by ${by} `, ago(at), '.']
}

/** Until then, in whole minutes while there are some. */
export function timeLeft(until) {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000))
  return duration(seconds < 90 ? seconds : Math.round(seconds / 60) * 60)
}

function answers(approval, decided) {
  const answer = h('p', { class: 'small', role: 'alert' })
  const decide = (verdict, done) => async () => {
    try {
      await ask(`api/v1/approvals/${approval.id}`, { method: 'POST', body: { verdict } })
      say(done)
    } catch (error) {
      // Somebody else was first, or it was too late: the box says how it stands.
      if (error.status !== 409 && error.status !== 410) {
        answer.textContent = error.message
        return
      }
      say(error.message)
    }
    await decided()
  }
  const many = approval.plan.length === 1 ? 'Really do this?' : `Really do all ${approval.plan.length}?`
  return [
    h(
      'p',
      { class: 'actions' },
      confirming('Approve', many, {
        class: 'main',
        id: `approve-${approval.id}`,
        act: decide('approved', 'Approved: the run goes on.'),
      }),
      confirming('Reject', 'Really reject?', {
        class: 'danger',
        id: `reject-${approval.id}`,
        act: decide('rejected', 'Rejected: nothing of it is done.'),
      }),
      h('span', { class: 'soft small' }, 'Open until ', moment(approval.expires_at), `, ${timeLeft(approval.expires_at)} more.`),
    ),
    answer,
  ]
}
