import { useState } from 'preact/hooks'
import { Dialog } from '../dialog.js'
import { price } from '../format.js'
import { html } from '../html.js'

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
  return html`<${Dialog} label="Подтверждение оплаты" testid="pay-sheet" onClose=${onClose}>
    <h2>${invoice.title}</h2>
    <p>${invoice.description}</p>
    <p class="amount">${amount}</p>
    <p class="quiet">Звёзды здесь понарошку, их хватит на всё. Бот проверит счёт, как при настоящей оплате.</p>
    ${state.error && html`<p class="error" role="alert" data-testid="pay-error">${state.error}</p>`}
    <div class="choices">
      <button class="plain" data-testid="pay-cancel" onClick=${onClose}>Отмена</button>
      <button class="primary" data-testid="pay-confirm" disabled=${state.busy} onClick=${() => void pay()}>${state.busy ? 'Ждём ответа бота…' : `Заплатить ${amount}`}</button>
    </div>
  </>`
}
