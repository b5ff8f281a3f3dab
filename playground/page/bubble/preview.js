import { html } from '../html.js'
import { words } from '../words.js'

/** What Telegram shows of a link; here, where no page is fetched, its address. */
export function Preview({ preview, onLink }) {
  const { hostname, pathname } = new URL(preview.url)
  return html`<button class=${preview.large ? 'preview large' : 'preview'} data-testid="preview" aria-label=${words.chat.preview(preview.url)} onClick=${() => onLink(preview.url)}>
    <b>${hostname.replace(/^www\./, '')}</b><span>${pathname === '/' ? preview.url : decoded(pathname)}</span>
  </button>`
}

function decoded(path) {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
