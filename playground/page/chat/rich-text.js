import { useState } from 'preact/hooks'
import { Moment } from '../bubble/moment.js'
import { LongQuote } from '../bubble/quote.js'
import { html } from '../html.js'
import { words } from '../words.js'

/**
 * A message's text. `source` holds Telegram's own tags only; even so it becomes elements one by one from this list,
 * and never goes into the page as markup.
 */
export function RichText({ source, onLink, onCommand }) {
  const { body } = new DOMParser().parseFromString(source, 'text/html')
  return html`<div class="rich">${children(body, { onLink, onCommand })}</div>`
}

const plain = { b: 'b', strong: 'b', i: 'i', em: 'i', u: 'u', ins: 'u', s: 's', strike: 's', del: 's' }

function children(node, act, within = '') {
  return [...node.childNodes].map(child => {
    if (child.nodeType === Node.TEXT_NODE) {
      const text = besideBlocks(child)
      return within ? text : linked(text, act)
    }
    if (child.nodeType !== Node.ELEMENT_NODE) return null
    const tag = child.localName
    if (plain[tag]) return html`<${plain[tag]}>${children(child, act, within)}</>`
    if (tag === 'br') return '\n'
    if (tag === 'code') return html`<code>${children(child, act, 'code')}</code>`
    if (tag === 'pre') return html`<pre>${children(child, act, 'pre')}</pre>`
    if (tag === 'blockquote') {
      const kind = child.hasAttribute('expandable') ? LongQuote : 'blockquote'
      return html`<${kind}>${children(child, act, within)}</>`
    }
    if (tag === 'tg-time') {
      const [unix, format] = ['unix', 'format'].map(name => child.getAttribute(name) ?? '')
      return html`<${Moment} unix=${Number(unix)} format=${format}>${children(child, act, 'time')}</>`
    }
    if (tag === 'tg-spoiler' || child.classList.contains('tg-spoiler')) {
      return html`<${Spoiler}>${children(child, act, within)}</>`
    }
    if (tag === 'a')
      return html`<${Link} url=${child.getAttribute('href') ?? ''} act=${act}>${children(child, act, 'a')}</>`
    return children(child, act, within)
  })
}

/** A quotation or a listing begins its own line: the line feed beside it would make an empty one. */
function besideBlocks({ data, previousSibling, nextSibling }) {
  const after = isBlock(previousSibling) ? data.replace(/^\n/, '') : data
  return isBlock(nextSibling) ? after.replace(/\n$/, '') : after
}

const isBlock = node => node?.localName === 'pre' || node?.localName === 'blockquote'

export function Spoiler({ children }) {
  const [open, setOpen] = useState(false)
  if (open) return html`<span class="spoiler open">${children}</span>`
  return html`<button class="spoiler" onClick=${() => setOpen(true)} aria-label=${words.chat.hidden}>${children}</button>`
}

export function Link({ url, act, children }) {
  const follow = event => {
    event.preventDefault()
    act.onLink(url)
  }
  return html`<a href=${/^(https?|tg|mailto):/.test(url) ? url : '#'} onClick=${follow}>${children}</a>`
}

// Telegram itself makes links of addresses and commands in plain text.
const live =
  /(?<url>(?:https?:\/\/|t\.me\/)[^\s<>"«»]*[^\s<>"«».,;:!?)])|(?<=^|[\s(«])(?<command>\/[a-z][a-z0-9_]{0,31})\b/g

export function linked(text, act) {
  const parts = []
  let from = 0
  for (const found of text.matchAll(live)) {
    const { url, command } = found.groups
    parts.push(text.slice(from, found.index))
    if (url) parts.push(html`<${Link} url=${url.startsWith('http') ? url : `https://${url}`} act=${act}>${url}</>`)
    else parts.push(html`<button class="command" onClick=${() => act.onCommand(command)}>${command}</button>`)
    from = found.index + found[0].length
  }
  parts.push(text.slice(from))
  return parts
}

/** The payload of a link to this bot's start (`''` for none), or undefined for any other address. */
export function startPayload(url, username) {
  const found = /^(?:https?:\/\/)?(?:t\.me|telegram\.me)\/([A-Za-z0-9_]+)\/?(?:\?(.*))?$/.exec(url.trim())
  if (!found || found[1].toLowerCase() !== username.toLowerCase()) return undefined
  return new URLSearchParams(found[2] ?? '').get('start') ?? ''
}
