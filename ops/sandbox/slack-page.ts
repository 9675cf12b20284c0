// Received messages as a plain page that reads like a Slack channel; nothing on it can run.

import { escapeHtml } from './text.ts'

type Fields = Record<string, unknown>

const STYLE = `
:root{color-scheme:light dark;--line:#ddd;--ink:#1d1c1d;--soft:#616061;--back:#fff;--link:#1264a3;--code:#f4f4f4}
@media(prefers-color-scheme:dark){:root{--line:#383a3f;--ink:#e8e8e8;--soft:#a5a6a8;--back:#1a1d21;--link:#4ca6e0;--code:#26292e}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.46 system-ui,sans-serif}
header,main{max-width:46rem;margin:0 auto;padding:.75rem 1rem}header{border-bottom:1px solid var(--line);font-weight:700}
header span{color:var(--soft);font-weight:400;font-size:13px}article{display:grid;grid-template-columns:36px 1fr;gap:.6rem;padding:.7rem 0}
.face{width:36px;height:36px;border-radius:6px;background:#1f6f54;color:#fff;display:grid;place-items:center;font-weight:700}
.who{font-weight:700}.who time{color:var(--soft);font-weight:400;font-size:12px;margin-left:.5rem}
.body{min-width:0;overflow-wrap:anywhere}.body>*{margin:.25rem 0}h2{font-size:18px;line-height:1.3}
.context{color:var(--soft);font-size:13px}hr{border:0;border-top:1px solid var(--line);margin:.6rem 0}a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}code{background:var(--code);border-radius:3px;padding:0 3px}
.fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.25rem 1rem}
.button{display:inline-block;border:1px solid var(--line);border-radius:4px;padding:.2rem .7rem;color:var(--ink);font-weight:600;margin-right:.4rem}
.none{color:var(--soft)}`

/** Slack's three entities back to their characters (senders escape &, < and > alone). */
const unescapeSlack = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
const safe = (text: string) => escapeHtml(unescapeSlack(text))

function styled(text: string): string {
  return safe(text)
    .replace(/(^|[\s(])\*([^*\n]+)\*(?=$|[\s).,:;!?·•-])/g, '$1<strong>$2</strong>')
    .replace(/(^|[\s(])_([^_\n]+)_(?=$|[\s).,:;!?])/g, '$1<em>$2</em>')
    .replace(/(^|[\s(])~([^~\n]+)~(?=$|[\s).,:;!?])/g, '$1<s>$2</s>')
    .replace(/`([^`\n]+)`/g, '<code>$1</code>')
    .replaceAll('\n', '<br>')
}

function link(inner: string): string {
  const bar = inner.indexOf('|')
  const url = unescapeSlack(bar < 0 ? inner : inner.slice(0, bar))
  const label = bar < 0 ? inner : inner.slice(bar + 1)
  if (!/^https?:\/\//i.test(url)) return safe(label)
  return `<a href="${escapeHtml(url)}" rel="noreferrer noopener">${safe(label)}</a>`
}

/** Holds a link's place while the text around it is styled: a character of the private use area, taken out of messages before. */
const MARK = '\ue000'
const MARKED = /\ue000(\d+)\ue000/g

/** Slack's mrkdwn → HTML: links, bold, italic, struck, code, line ends. Bold may span links: `*<url|text>*`. */
export function renderMrkdwn(text: string): string {
  const links: string[] = []
  const marked = text.replaceAll(MARK, '').replace(/<([^<>]+)>/g, (_, inner: string) => `${MARK}${links.push(link(inner)) - 1}${MARK}`)
  return styled(marked).replace(MARKED, (_, i: string) => links[Number(i)] ?? '')
}

function renderText(value: unknown): string {
  const { type, text } = (value ?? {}) as Fields
  if (typeof text !== 'string') return ''
  return type === 'mrkdwn' ? renderMrkdwn(text) : escapeHtml(text).replaceAll('\n', '<br>')
}

function renderBlock(block: unknown): string {
  const { type, text, fields, elements } = (block ?? {}) as Fields
  const all = (list: unknown) => (Array.isArray(list) ? (list as unknown[]) : [])
  switch (type) {
    case 'header':
      return `<h2>${renderText(text)}</h2>`
    case 'section': {
      const pairs = all(fields).map((field) => `<div>${renderText(field)}</div>`)
      return `${text ? `<div>${renderText(text)}</div>` : ''}${pairs.length > 0 ? `<div class="fields">${pairs.join('')}</div>` : ''}`
    }
    case 'context':
      return `<div class="context">${all(elements).map(renderText).join(' ')}</div>`
    case 'divider':
      return '<hr>'
    case 'actions':
      return `<div>${all(elements)
        .map((element) => `<span class="button">${renderText((element as Fields)['text'])}</span>`)
        .join('')}</div>`
    default:
      return `<div class="context">[${escapeHtml(String(type))}]</div>`
  }
}

function renderMessage(message: { at: string; payload: unknown }): string {
  const { text, blocks } = (message.payload ?? {}) as Fields
  const body =
    Array.isArray(blocks) && blocks.length > 0
      ? blocks.map(renderBlock).join('\n')
      : `<div>${renderMrkdwn(typeof text === 'string' ? text : '')}</div>`
  const time = `<time datetime="${escapeHtml(message.at)}">${escapeHtml(message.at.slice(0, 19).replace('T', ' '))}</time>`
  return `<article><div class="face" aria-hidden="true">R</div><div class="body"><div class="who">Rolewatch${time}</div>\n${body}</div></article>`
}

/** The whole channel, newest last, as a page that refreshes itself. */
export function renderChannel(messages: readonly { at: string; payload: unknown }[], name = 'job-alerts'): string {
  const shown = messages.slice(-200)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><title>#${name}</title><style>${STYLE}</style></head>
<body><header># ${name} <span>${messages.length} messages</span></header>
<main>${shown.length > 0 ? shown.map(renderMessage).join('\n') : '<p class="none">No messages yet.</p>'}</main></body></html>
`
}
