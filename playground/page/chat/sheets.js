import { AlertSheet, LinkSheet, Viewer } from '../dialog.js'
import { html } from '../html.js'
import { RemoveTopic } from '../topics/topics.js'
import { PaySheet } from './pay-sheet.js'

/** What lies over the chat: { alert }, { link }, { photos, index }, { invoice } or { topic }. */
export function Sheets({ sheet, setSheet, onPay, onRemoveTopic }) {
  const close = () => setSheet(null)
  if (sheet?.alert) return html`<${AlertSheet} text=${sheet.alert} onClose=${close} />`
  if (sheet?.link !== undefined) return html`<${LinkSheet} url=${sheet.link} onClose=${close} />`
  if (sheet?.invoice) return html`<${PaySheet} message=${sheet.invoice} onClose=${close} onPay=${onPay} />`
  if (sheet?.topic) return html`<${RemoveTopic} topic=${sheet.topic} onRemove=${onRemoveTopic} onClose=${close} />`
  if (!sheet?.photos) return null
  return html`<${Viewer} photos=${sheet.photos} index=${sheet.index} onIndex=${index => setSheet({ ...sheet, index })} onClose=${close} />`
}
