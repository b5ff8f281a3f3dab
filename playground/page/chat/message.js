import { useEffect, useRef, useState } from 'preact/hooks'
import { Effect } from '../bubble/effect.js'
import { Preview } from '../bubble/preview.js'
import { RichBlocks } from '../bubble/rich.js'
import { fileUrl } from '../dialog.js'
import { clock, price, size } from '../format.js'
import { Author, isMine, OnlyYou, Reactions } from '../groups/marks.js'
import { html, Icon } from '../html.js'
import { words } from '../words.js'
import { Replied } from './about.js'
import { Keyboard } from './keyboard.js'
import { MessageMenu } from './message-menu.js'
import { RichText } from './rich-text.js'

const w = words.chat

/**
 * One bubble: a message, or the messages of one album. `act` holds what a person can do with it:
 * press(message, row, column, button), pay(message), view(photos, index), onLink(url), onCommand(text),
 * choicesOf(messages), show(messageId). `replied` is the message that it answers, unless that was deleted.
 */
export function Message({ messages, replied, isRead, act, pressing }) {
  const [first] = messages
  const flash = useFlash(messages.map(({ editedAt }) => editedAt ?? 0).join())
  const about = { 'data-testid': 'message', 'data-message-id': first.messageId, 'data-from': first.from }
  if (first.service) {
    return html`<div class="service" ...${about}><span>${first.service}</span></div>`
  }
  const worded = messages.find(({ html, text }) => html || text)
  const said =
    worded &&
    html`<${RichText} source=${worded.byLink ? '/start' : (worded.html ?? escaped(worded.text))} onLink=${act.onLink} onCommand=${act.onCommand} />`
  const { preview } = first
  const last = messages.at(-1)
  const edited = messages.some(message => message.edited)
  const wide = first.invoice || first.rich || messages.length > 1
  const bare = first.media && isPicture(first.media) && !worded && !first.replyTo
  const mine = isMine(first, act.viewerId)
  const classes = [
    'message',
    `from-${mine ? 'person' : 'bot'}`,
    first.onlyYou && 'is-for-you',
    wide && 'wide',
    bare && 'bare',
    flash && 'flash',
  ]
  return html`<article class=${classes.filter(Boolean).join(' ')} ...${about} aria-label=${w.from[first.from]}>
    <div class="bubble">
      <${Author} message=${first} viewerId=${act.viewerId} />
      <${OnlyYou} message=${first} />
      ${first.replyTo && html`<${Replied} message=${replied} viewerId=${act.viewerId} onShow=${() => act.show(first.replyTo)} />`}
      ${preview?.above && html`<${Preview} preview=${preview} onLink=${act.onLink} />`}
      ${first.captionAbove && html`<div class="above">${said}</div>`}
      <${Attachments} messages=${messages} view=${act.view} />
      ${first.invoice && html`<${Invoice} invoice=${first.invoice} />`}
      ${first.rich && html`<${RichBlocks} rich=${first.rich} message=${first} act=${act} />`}
      ${!first.captionAbove && !worded?.rich && said}
      ${preview && !preview.above && html`<${Preview} preview=${preview} onLink=${act.onLink} />`}
      <${Reactions} message=${first} />
      <span class="meta">
        ${first.effect && html`<${Effect} message=${first} />`}
        ${edited && html`<span data-testid="edited">${w.edited}</span>`}
        <time datetime=${new Date(last.date * 1000).toISOString()}>${clock(last.date)}</time>
        ${mine && html`<${Ticks} isRead=${isRead} />`}
      </span>
    </div>
    <${MessageMenu} choices=${act.choicesOf(messages)} />
    <${Keyboard} message=${last} act=${act} pressing=${pressing} />
  </article>`
}

/** One tick once it is sent, two once the bot has it. */
function Ticks({ isRead }) {
  const label = isRead ? w.read : w.sent
  return html`<span class="ticks" role="img" data-testid="ticks" data-read=${isRead} aria-label=${label} title=${label}>${isRead ? '✓✓' : '✓'}</span>`
}

/** True for a moment after `value` has changed, so that an edit in place is seen. */
function useFlash(value) {
  const before = useRef(value)
  const [flash, setFlash] = useState(false)
  useEffect(() => {
    if (before.current === value) return
    before.current = value
    setFlash(true)
    const timer = setTimeout(() => setFlash(false), 900)
    return () => clearTimeout(timer)
  }, [value])
  return flash
}

const isPicture = ({ kind }) => kind === 'photo' || kind === 'animation' || kind === 'video'
const escaped = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function Attachments({ messages, view }) {
  const media = messages.flatMap(({ media, messageId }) => (media ? [{ ...media, messageId }] : []))
  if (media.length === 0) return null
  const photos = media.filter(({ kind }) => kind === 'photo')
  if (media.length > 1 && media.every(isPicture)) {
    return html`<div class="album" data-count=${media.length} data-testid="album">
      ${media.map(one => html`<${Picture} key=${one.messageId} media=${one} photos=${photos} view=${view} tile />`)}
    </div>`
  }
  return media.map(
    one =>
      html`<div key=${one.messageId} class="attachment">
        ${isPicture(one) ? html`<${Picture} media=${one} photos=${photos} view=${view} />` : html`<${Track} media=${one} />`}
      </div>`,
  )
}

function Picture({ media, photos, view, tile }) {
  const shape = !tile && media.width && media.height ? { aspectRatio: `${media.width} / ${media.height}` } : undefined
  const url = fileUrl(media.fileId)
  if (media.kind === 'photo') {
    const open = () => view(photos, photos.indexOf(media))
    return html`<button class="picture" style=${shape} data-testid="photo" data-message-id=${media.messageId} onClick=${open} aria-label=${w.openPhoto}>
      <img src=${url} alt="" loading="lazy" />
    </button>`
  }
  const loop = media.kind === 'animation'
  return html`<video class="picture" style=${shape} data-testid="video" data-message-id=${media.messageId} src=${url}
    controls playsinline preload="metadata" loop=${loop} muted=${loop} aria-label=${media.fileName || words.media.video}></video>`
}

function Track({ media }) {
  if (media.kind === 'audio' || media.kind === 'voice') {
    return html`<div class="track" data-message-id=${media.messageId}>
      <span class="file-name"><${Icon} name=${media.kind} size=${18} /> ${media.kind === 'voice' ? w.voice : media.fileName}</span>
      <audio data-testid="audio" src=${fileUrl(media.fileId)} controls preload="metadata" aria-label=${media.fileName || words.media.audio}></audio>
    </div>`
  }
  return html`<a class="document" data-testid="document" data-message-id=${media.messageId} href=${fileUrl(media.fileId, true)} download=${media.fileName}>
    <span class="badge"><${Icon} name="download" /></span>
    <span class="file-name">${media.fileName}<small>${size(media.bytes)} · ${extension(media)}</small></span>
  </a>`
}

const extension = ({ fileName, mime }) => {
  const dot = fileName.lastIndexOf('.')
  return dot > 0 ? fileName.slice(dot + 1).toUpperCase() : mime
}

function Invoice({ invoice }) {
  return html`<div class="invoice" data-testid="invoice">
    <h3>${invoice.title}</h3>
    <p>${invoice.description}</p>
    <strong>${price(invoice.currency, invoice.amount)}</strong>
    ${invoice.paid && html`<span class="chip good" data-testid="invoice-paid">${words.pay.paid}</span>`}
  </div>`
}
