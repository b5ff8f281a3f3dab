import { useState } from 'preact/hooks'
import { Dialog } from '../dialog.js'
import { locale, price } from '../format.js'
import { html } from '../html.js'
import { post, useLive } from '../server.js'
import { words } from '../words.js'

const w = words.subscription

/** A link to an invoice of the bot; such links begin subscriptions. */
export const isInvoiceLink = url => /^https:\/\/t\.me\/\$/.test(url)

/** Pays by a link, and stands in for Telegram's settings of subscriptions: a month passes, cancel, resume. */
export function SubscribeSheet({ path, url, onClose }) {
  const [answer] = useLive(`${path}/subscriptions?url=${encodeURIComponent(url)}`, () => true)
  const [state, setState] = useState({})
  async function act(way, body) {
    setState({ busy: true })
    try {
      const { ok, error } = await post(`${path}/subscriptions/${way}`, body)
      setState(ok ? {} : { error: error ?? words.pay.refused })
    } catch (error) {
      setState({ error: error.message })
    }
  }
  if (!answer) return null
  const { invoice, subscriptions } = answer
  const amount = price(invoice.currency, invoice.amount)
  return html`<${Dialog} label=${words.pay.title} testid="subscribe-sheet" onClose=${onClose}>
    <h2>${invoice.title}</h2>
    <p>${invoice.description}</p>
    <p class="amount">${invoice.isMonthly ? w.monthly(amount) : amount}</p>
    <p class="quiet">${words.pay.pretend}</p>
    ${state.error && html`<p class="error" role="alert" data-testid="subscribe-error">${state.error}</p>`}
    ${subscriptions.map(one => html`<${Subscription} key=${one.id} subscription=${one} busy=${state.busy} act=${act} />`)}
    <div class="choices">
      <button class="plain" data-testid="subscribe-close" onClick=${onClose}>${words.close}</button>
      <button class="primary" data-testid="subscribe-confirm" disabled=${state.busy} onClick=${() => void act('begin', { url })}>${state.busy ? words.pay.busy : w.begin(amount)}</button>
    </div>
  </>`
}

/** One of the person's subscriptions, as the settings of Telegram list them. */
function Subscription({ subscription, busy, act }) {
  const { id, title, amount, until, state, byBot } = subscription
  const turn = way => () => void act(way, { id })
  const end = new Date(until * 1000).toLocaleDateString(locale)
  return html`<section class="subscription" data-testid="subscription" data-state=${state}>
    <p><b>${title}</b> · ${price('XTR', amount)}<br /><span class="quiet">${w.states[state](end)}</span></p>
    <div class="choices">
      ${
        state === 'canceled'
          ? html`<button class="plain" data-testid="subscription-resume" disabled=${busy || byBot} title=${byBot ? w.byBot : ''} onClick=${turn('resume')}>${w.resume}</button>`
          : html`<button class="plain" data-testid="subscription-renew" disabled=${busy} onClick=${turn('renew')}>${w.renew}</button>
            <button class="plain" data-testid="subscription-fail" disabled=${busy} onClick=${turn('fail')}>${w.fail}</button>
            <button class="plain" data-testid="subscription-cancel" disabled=${busy} onClick=${turn('cancel')}>${w.cancel}</button>`
      }
    </div>
  </section>`
}
