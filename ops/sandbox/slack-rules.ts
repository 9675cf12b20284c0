// What Slack's incoming webhooks refuse in a message, by the rules of Block Kit.

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

function textIssue(value: unknown, longest: number, kinds: readonly string[], at: string): string | null {
  if (!isObject(value)) return `${at} must be a text object`
  if (!kinds.includes(String(value['type']))) return `${at}.type must be ${kinds.join(' or ')}`
  const text = value['text']
  if (typeof text !== 'string' || text.length === 0) return `${at}.text must not be empty`
  return text.length > longest ? `${at}.text has ${text.length} characters of ${longest}` : null
}

const ANY_TEXT = ['plain_text', 'mrkdwn']

function sectionIssue(block: Fields, at: string): string | null {
  const fields = block['fields']
  if (block['text'] === undefined && fields === undefined) return `${at} needs text or fields`
  const issue = block['text'] === undefined ? null : textIssue(block['text'], 3000, ANY_TEXT, `${at}.text`)
  if (issue || fields === undefined) return issue
  if (!Array.isArray(fields) || fields.length === 0 || fields.length > 10) return `${at}.fields must be 1 to 10`
  return fields.map((field: unknown, i) => textIssue(field, 2000, ANY_TEXT, `${at}.fields[${i}]`)).find(Boolean) ?? null
}

function contextIssue(block: Fields, at: string): string | null {
  const elements = block['elements']
  if (!Array.isArray(elements) || elements.length === 0 || elements.length > 10) return `${at}.elements must be 1 to 10`
  const issues = elements.map((element: unknown, i) => {
    if (isObject(element) && element['type'] === 'image') return typeof element['image_url'] === 'string' ? null : `${at}.image_url`
    return textIssue(element, 3000, ANY_TEXT, `${at}.elements[${i}]`)
  })
  return issues.find(Boolean) ?? null
}

function actionsIssue(block: Fields, at: string): string | null {
  const elements = block['elements']
  if (!Array.isArray(elements) || elements.length === 0 || elements.length > 25) return `${at}.elements must be 1 to 25`
  const issues = elements.map((element: unknown, i) => {
    if (!isObject(element) || typeof element['type'] !== 'string') return `${at}.elements[${i}] must have a type`
    if (element['type'] !== 'button') return null
    const url = element['url']
    if (url !== undefined && (typeof url !== 'string' || url.length > 3000)) return `${at}.elements[${i}].url`
    return textIssue(element['text'], 75, ['plain_text'], `${at}.elements[${i}].text`)
  })
  return issues.find(Boolean) ?? null
}

function blockIssue(block: unknown, at: string): string | null {
  if (!isObject(block)) return `${at} must be an object`
  const id = block['block_id']
  if (id !== undefined && (typeof id !== 'string' || id.length > 255)) return `${at}.block_id`
  switch (block['type']) {
    case 'header':
      return textIssue(block['text'], 150, ['plain_text'], `${at}.text`)
    case 'section':
      return sectionIssue(block, at)
    case 'context':
      return contextIssue(block, at)
    case 'actions':
      return actionsIssue(block, at)
    case 'image':
      return typeof block['alt_text'] === 'string' && typeof block['image_url'] === 'string' ? null : `${at} needs image_url and alt_text`
    case 'divider':
    case 'rich_text':
    case 'markdown':
      return null
    default:
      return `${at}.type ${String(block['type'])} is not known`
  }
}

/**
 * The error word Slack answers to a message, with our reason for it; null when it is accepted.
 * https://docs.slack.dev/reference/block-kit/blocks and "Sending messages using incoming webhooks".
 */
export function messageIssue(payload: unknown): { error: string; reason: string } | null {
  if (!isObject(payload)) return { error: 'invalid_payload', reason: 'the body must be a JSON object' }
  const { text, blocks, attachments } = payload
  if (text !== undefined && typeof text !== 'string') return { error: 'invalid_payload', reason: 'text must be a text' }
  if (blocks !== undefined) {
    if (!Array.isArray(blocks)) return { error: 'invalid_blocks_format', reason: 'blocks must be a list' }
    if (blocks.length > 50) return { error: 'invalid_blocks', reason: `${blocks.length} blocks of 50` }
    const reason = blocks.map((block: unknown, i) => blockIssue(block, `blocks[${i}]`)).find(Boolean)
    if (reason) return { error: 'invalid_blocks', reason }
  }
  const some = (list: unknown) => Array.isArray(list) && list.length > 0
  if (!text?.trim() && !some(blocks) && !some(attachments)) return { error: 'no_text', reason: 'there is neither text nor blocks' }
  return null
}
