import { useEffect, useState } from 'preact/hooks'
import { size } from '../format.js'
import { html, Icon } from '../html.js'
import { words } from '../words.js'
import { kinds } from './kinds.js'

/** Files that wait to be sent: { kind, files }; onTray changes it. */
export function Tray({ tray, onTray }) {
  const { kind, files } = tray
  const [previews, setPreviews] = useState([])
  useEffect(() => {
    const urls = files.map(file => (file.type.startsWith('image/') ? URL.createObjectURL(file) : null))
    setPreviews(urls)
    return () => {
      for (const url of urls) if (url) URL.revokeObjectURL(url)
    }
  }, [files])
  const drop = index => {
    const rest = files.filter((_, at) => at !== index)
    onTray(rest.length > 0 ? { kind, files: rest } : null)
  }
  return html`<div class="tray" data-testid="tray">
    <div class="tray-files">
      ${files.map(
        (file, index) =>
          html`<div class="tray-file" key=${`${file.name}:${file.size}:${index}`}>
            ${previews[index] ? html`<img src=${previews[index]} alt="" />` : html`<span class="badge"><${Icon} name="file" /></span>`}
            <span class="file-name">${file.name}<small>${size(file.size)}</small></span>
            <button class="round small" aria-label=${words.composer.remove(file.name)} onClick=${() => drop(index)}><${Icon} name="close" size=${16} /></button>
          </div>`,
      )}
    </div>
    <label class="inline">${words.composer.sendAs}
      <select data-testid="tray-kind" value=${kind} onChange=${event => onTray({ kind: event.target.value, files })}>
        ${kinds.map(choice => html`<option key=${choice.kind} value=${choice.kind}>${choice.label.toLowerCase()}</option>`)}
      </select>
    </label>
  </div>`
}
