import { useEffect, useRef } from 'preact/hooks'
import { html, Icon } from './html.js'
import { words } from './words.js'

const { link: linkWords, alert, viewer } = words

/** A modal sheet: the browser keeps the focus inside, Escape and a press beside it close it. */
export function Dialog({ label, testid, kind = 'sheet', onClose, children }) {
  const dialog = useRef()
  useEffect(() => {
    const { current } = dialog
    const before = document.activeElement
    current.showModal()
    return () => {
      current.close()
      before?.focus?.({ preventScroll: true })
    }
  }, [])
  const beside = event => {
    if (event.target === dialog.current) onClose()
  }
  const cancel = event => {
    event.preventDefault()
    onClose()
  }
  return html`<dialog ref=${dialog} class=${kind} aria-label=${label} data-testid=${testid} onCancel=${cancel} onClick=${beside}>
    ${children}
  </dialog>`
}

/** An address leaves the playground only when the person says so. */
export function LinkSheet({ url, onClose }) {
  const safe = /^https?:\/\//.test(url)
  return html`<${Dialog} label=${linkWords.title} testid="link-sheet" onClose=${onClose}>
    <h2>${linkWords.ask}</h2>
    <p class="address">${url}</p>
    <p class="quiet">${safe ? linkWords.newTab : linkWords.telegramOnly}</p>
    <div class="choices">
      <button class="plain" onClick=${onClose}>${words.close}</button>
      ${safe && html`<a class="primary" href=${url} target="_blank" rel="noopener noreferrer" data-testid="link-open" onClick=${onClose}>${linkWords.open}</a>`}
    </div>
  </>`
}

export function AlertSheet({ text, onClose }) {
  return html`<${Dialog} label=${alert.title} testid="alert" onClose=${onClose}>
    <p class="alert-text">${text}</p>
    <div class="choices"><button class="primary" data-testid="alert-ok" onClick=${onClose}>${alert.ok}</button></div>
  </>`
}

/** Photos of one message or album, large; arrows lead through them. */
export function Viewer({ photos, index, onIndex, onClose }) {
  const photo = photos[index]
  const many = photos.length > 1
  const turn = by => onIndex((index + by + photos.length) % photos.length)
  const keys = event => {
    if (many && event.key === 'ArrowRight') turn(1)
    if (many && event.key === 'ArrowLeft') turn(-1)
  }
  return html`<${Dialog} label=${viewer.title} testid="viewer" kind="viewer" onClose=${onClose}>
    <figure onKeyDown=${keys}>
      <img src=${fileUrl(photo.fileId)} alt=${photo.fileName || words.media.photo} data-testid="viewer-photo" />
      <figcaption>
        ${many && html`<button class="round" aria-label=${viewer.previous} onClick=${() => turn(-1)}><${Icon} name="back" /></button>`}
        <span class="viewer-name">${many ? viewer.of(index + 1, photos.length) : photo.fileName || words.media.photo}</span>
        ${many && html`<button class="round" aria-label=${viewer.next} onClick=${() => turn(1)}><${Icon} name="next" /></button>`}
        <a class="round" href=${fileUrl(photo.fileId, true)} download aria-label=${viewer.download}><${Icon} name="download" /></a>
        <button class="round" aria-label=${words.close} data-testid="viewer-close" onClick=${onClose}><${Icon} name="close" /></button>
      </figcaption>
    </figure>
  </>`
}

export const fileUrl = (fileId, download = false) =>
  `/api/files/${encodeURIComponent(fileId)}${download ? '?download=1' : ''}`
