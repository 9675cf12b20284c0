// A description's HTML made safe to put into a page: text, lists, tables and links, and nothing that acts.

import sanitizeHtml from 'sanitize-html'

const OPTIONS: sanitizeHtml.IOptions = {
  allowedTags:
    'p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd strong em b i u s sub sup small blockquote code pre a table thead tbody tr th td'.split(
      ' ',
    ),
  allowedAttributes: { a: ['href', 'rel'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  transformTags: { a: sanitizeHtml.simpleTransform('a', { rel: 'noopener nofollow' }) },
}

/** Keeps an allow list of tags; links lead out without a way back. */
export function safeHtml(html: string): string {
  return sanitizeHtml(html, OPTIONS)
}
