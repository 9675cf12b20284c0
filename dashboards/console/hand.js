// Running a runbook by hand: the labels that its alert would have, and a dry run before anything else.

import { ask } from './api.js'
import { confirming, h, labelled } from './dom.js'

/** @param follow called with the id of the run that was begun */
export function handCard({ alert, labels, changes }, follow) {
  const answer = h('p', { class: 'small', role: 'alert' })
  const fields = labels.map((name) =>
    h('input', { name, required: true, maxlength: 500, autocomplete: 'off', list: name === 'source' ? 'sources' : undefined }),
  )
  const begin = async (isDry) => {
    answer.textContent = ''
    const given = Object.fromEntries(fields.map(({ name, value }) => [name, value.trim()]))
    try {
      const { id } = await ask(`api/v1/runbooks/${alert}/runs`, { method: 'POST', body: { labels: given, dry_run: isDry } })
      await follow(id)
    } catch (error) {
      answer.textContent = error.message
    }
  }
  const form = h(
    'form',
    {
      class: 'stacked',
      onsubmit(event) {
        event.preventDefault()
        void begin(true)
      },
    },
    fields.map((field) => labelled(`Label ${field.name}`, field)),
    labels.includes('source') && sourceList(),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'main', id: 'dry-run' }, 'Dry run'),
      changes > 0 &&
        confirming('Run', 'Really run it?', {
          class: 'danger',
          id: 'run-now',
          act: async () => form.reportValidity() && (await begin(false)),
        }),
    ),
    answer,
  )
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'hand' },
    h('h2', { id: 'hand' }, 'By hand'),
    h(
      'p',
      { class: 'soft small' },
      'A dry run looks, says exactly what would be done, and changes nothing.',
      changes > 0 && ' A run does what the runbook may do.',
    ),
    form,
  )
}

/** Sources to choose from, once they are known, for a field with the list `sources`. */
export function sourceList() {
  const list = h('datalist', { id: 'sources' })
  ask('api/v1/sources').then(
    ({ items }) => list.append(...items.map(({ source }) => h('option', { value: source }))),
    () => {},
  )
  return list
}
