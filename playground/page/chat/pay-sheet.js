import { useState } from 'preact/hooks'
import { Dialog } from '../dialog.js'
import { price } from '../format.js'
import { html } from '../html.js'
import { words } from '../words.js'

const w = words.pay

/** Asks before a payment. onPay(message) rejects with the reason of a refusal. */
export function PaySheet({ message, onPay, onClose }) {
  const { invoice } = message
  const [state, setState] = useState({})
  async function pay() {
    setState({ busy: true })
    try {
      await onPay(message)
      onClose()
    } catch (error) {
      setState({ error: error.message })
    }
  }
  const amount = price(invoice.currency, invoice.amount)
  return html`<${Dialog} label=${w.title} testid="pay-sheet" onClose=${onClose}>
    <h2>${invoice.title}</h2>
    <p>${invoice.description}</p>
    <p class="amount">${amount}</p>
    <p class="quiet">${w.pretend}</p>
    ${state.error && html`<p class="error" role="alert" data-testid="pay-error">${state.error}</p>`}
    <div class="choices">
      <button class="plain" data-testid="pay-cancel" onClick=${onClose}>${words.cancel}</button>
      <button class="primary" data-testid="pay-confirm" disabled=${state.busy} onClick=${() => void pay()}>${state.busy ? w.busy : w.pay(amount)}</button>
    </div>
  </>`
}
