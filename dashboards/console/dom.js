// Building the page: elements with text, never markup from data; times and money in words.

/**
 * One element. A property that begins with `on` is a listener, `false` and `undefined` are left out, children are nodes or text.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false || value === null) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  return fill(element, ...children)
}

/** Puts children in the place of what an element has; nothing, null and false are left out. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** A link that leads out; an address that is not of the web stays text. */
export function out(url, text) {
  return /^https?:\/\//i.test(url ?? '')
    ? h('a', { href: url, rel: 'noopener noreferrer nofollow', target: '_blank' }, text)
    : h('span', {}, text)
}

/** Says something to those who do not see the page change. */
export function say(text) {
  document.getElementById('live').textContent = text
}

export function chip(text, kind = '') {
  return h('span', { class: `chip ${kind}` }, text)
}

const OUTCOMES = {
  good: ['ok', 'unchanged', 'empty_verified'],
  warn: ['empty_suspect', 'partial', 'throttled', 'rejected', 'skipped'],
  bad: ['drift', 'blocked', 'gone', 'timeout', 'network', 'server_error'],
}
export const OUTCOME_NAMES = Object.values(OUTCOMES).flat()

/** How a visit ended: in its word, and in a colour that says the same. */
export function outcome(name, count) {
  const kind = Object.keys(OUTCOMES).find((one) => OUTCOMES[one].includes(name)) ?? ''
  return chip(count === undefined ? name.replaceAll('_', ' ') : `${name.replaceAll('_', ' ')} ${count.toLocaleString('en')}`, kind)
}

const STATES = { ok: 'good', degraded: 'warn', down: 'bad' }
export const state = (name) => chip(name, STATES[name])

/** 2025-07-01 10:20 UTC. */
export function moment(iso) {
  return iso ? h('time', { datetime: iso }, `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`) : 'never'
}

/** 2025-07-01 10:20:31 UTC. */
export function exact(iso) {
  return h('time', { datetime: iso }, `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`)
}

const DAY = 86_400
const UNITS = [
  [3600, 'h'],
  [60, 'min'],
]

/** Seconds in the largest unit that fits; a day is 24 hours. */
export function duration(seconds) {
  const [size, unit] = seconds >= 2 * DAY ? [DAY, 'd'] : (UNITS.find(([one]) => seconds >= one) ?? [1, 's'])
  return `${Number((seconds / size).toFixed(1)).toLocaleString('en')}\u00a0${unit}`
}

export function day(iso) {
  return h('time', { datetime: iso, title: `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` }, iso.slice(0, 10))
}

/** How long ago, in the largest unit that fits. */
export function ago(iso) {
  if (!iso) return 'never'
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1000)
  const [size, unit] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ].find(([one]) => seconds >= one) ?? [1, 'second']
  const count = Math.floor(seconds / size)
  return h('time', { datetime: iso, title: `${iso.slice(0, 19).replace('T', ' ')} UTC` }, `${count} ${unit}${count === 1 ? '' : 's'} ago`)
}

/** Minor units of a currency in a major one: 100 for most, 1 for the yen. */
function unitOf(currency) {
  try {
    return 10 ** new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits
  } catch {
    return 100
  }
}

/** One band of pay: "USD 100,000 – 130,000 a year". */
export function pay(band) {
  const unit = unitOf(band.currency)
  const [low, high] = [band.min_minor, band.max_minor].map((minor) =>
    minor === null ? null : Math.round(minor / unit).toLocaleString('en'),
  )
  const range = low === null ? `up to ${high}` : high === null ? `from ${low}` : low === high ? low : `${low} – ${high}`
  return `${band.currency ?? ''} ${range}${band.period ? ` a ${band.period}` : ''}`.trim()
}

/** The places of a posting; of many, the first few. */
export function places(posting, most = 4) {
  const texts = posting.places.map((place) => place.text)
  if (texts.length === 0) return 'no place stated'
  return texts.length > most + 1 ? `${texts.slice(0, most).join(' · ')} and ${texts.length - most} more` : texts.join(' · ')
}

/** What to do when there is nothing. */
export function empty(title, ...advice) {
  return h('div', { class: 'empty' }, h('strong', {}, title), h('span', {}, ...advice))
}

/** The heading of a page; it takes the focus, so that the keyboard and the screen reader are where the eye is. */
export function heading(text) {
  return h('h1', { tabindex: -1 }, text)
}

export function labelled(label, field, className = '') {
  return h('label', { class: className }, label, field)
}

export function select(name, value, options) {
  const field = h(
    'select',
    { name },
    options.map(([key, text]) => h('option', { value: key }, text)),
  )
  field.value = value
  return field
}

/**
 * A button that asks once more on itself before it acts; going elsewhere takes the question back.
 * @param properties of the button, with the listener of what it does as `act`
 */
export function confirming(text, question, { act, ...properties }) {
  const button = h('button', { type: 'button', ...properties }, text)
  button.addEventListener('click', async () => {
    // Not disabled meanwhile: that would take the focus away from it.
    if (button.ariaBusy === 'true') return
    if (button.dataset.asked === undefined) {
      button.dataset.asked = ''
      button.textContent = question
      say(question)
      return
    }
    calm(button, text)
    button.ariaBusy = 'true'
    try {
      await act()
    } finally {
      button.ariaBusy = 'false'
    }
  })
  button.addEventListener('blur', () => calm(button, text))
  return button
}

function calm(button, text) {
  delete button.dataset.asked
  button.textContent = text
}

/**
 * Looks again and again while the page is the one that is seen, but not while somebody is asked something on it.
 * @param look gives the seconds until the next time, or nothing when there is no more to see
 */
export function keepLooking(box, look, seconds) {
  if (seconds === undefined) return
  setTimeout(async () => {
    if (!box.isConnected) return
    const isBusy = document.hidden || box.querySelector('[data-asked]') !== null
    const next = isBusy ? seconds : await look().catch(() => seconds)
    keepLooking(box, look, next)
  }, seconds * 1000)
}

/** Puts new children in the place of what an element has; what had the focus has it again, found by its id. */
export function redraw(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.id : ''
  fill(element, ...children)
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
}
