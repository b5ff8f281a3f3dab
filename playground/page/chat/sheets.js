import { AlertSheet, LinkSheet, Viewer } from '../dialog.js'
import { html } from '../html.js'
import { offerDraft } from '../inline/drafts.js'
import { WhereSheet } from '../inline/inline.js'
import { isInvoiceLink, SubscribeSheet } from '../payments/subscriptions.js'
import { RemoveTopic } from '../topics/topics.js'
import { PaySheet } from './pay-sheet.js'

/** What lies over the chat: { alert }, { link }, { photos, index }, { invoice }, { topic } or { switchTo, text }. */
export function Sheets({ path, sheet, setSheet, groups, onGroup, onPay, onRemoveTopic }) {
  const close = () => setSheet(null)
  if (sheet?.alert) return html`<${AlertSheet} text=${sheet.alert} onClose=${close} />`
  if (sheet?.link !== undefined && isInvoiceLink(sheet.link)) {
    return html`<${SubscribeSheet} path=${path} url=${sheet.link} onClose=${close} />`
  }
  if (sheet?.link !== undefined) return html`<${LinkSheet} url=${sheet.link} onClose=${close} />`
  if (sheet?.invoice) return html`<${PaySheet} message=${sheet.invoice} onClose=${close} onPay=${onPay} />`
  if (sheet?.topic) return html`<${RemoveTopic} topic=${sheet.topic} onRemove=${onRemoveTopic} onClose=${close} />`
  if (sheet?.switchTo) {
    const choose = groupId => {
      close()
      offerDraft(groupId, sheet.text)
      onGroup(groupId)
    }
    return html`<${WhereSheet} switchTo=${sheet.switchTo} groups=${groups} onChoose=${choose} onClose=${close} />`
  }
  if (!sheet?.photos) return null
  return html`<${Viewer} photos=${sheet.photos} index=${sheet.index} onIndex=${index => setSheet({ ...sheet, index })} onClose=${close} />`
}
