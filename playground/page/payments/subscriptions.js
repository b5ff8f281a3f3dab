import { useState } from 'preact/hooks'
import { Dialog } from '../dialog.js'
import { locale, price } from '../format.js'
import { html } from '../html.js'
import { post, useLive } from '../server.js'
import { words } from '../words.js'

const w = words.subscription

/** A link to an invoice of the bot; such links begin subscriptions. */
export const isInvoiceLink = url => /^https:\/\/t\.me\/\$/.test(url)

/** What was done last: `{ busy }` while it is done, `{ error }` when it was refused. */
function useActs(path, refresh) {
  const [state, setState] = useState({})
  async function act(way, body) {
    setState({ busy: true })
    try {
      const { ok, error } = await post(`${path}/subscriptions/${way}`, body)
      setState(ok ? {} : { error: error ?? words.pay.refused })
    } catch (error) {
      setState({ error: error.message })
    } finally {
      refresh()
    }
  }
  return [state, act]
}

/** Telegram's settings of subscriptions: what the person has, and that a month passes. */
export function SubscriptionsSheet({ path, onClose }) {
  const [answer, refresh] = useLive(`${path}/subscriptions`, () => true)
  const [state, act] = useActs(path, refresh)
  return html`<${Dialog} label=${w.title} testid="subscriptions-sheet" onClose=${onClose}>
    <h2>${w.title}</h2>
    ${answer?.subscriptions.length === 0 && html`<p class="quiet">${w.none}</p>`}
    ${state.error && html`<p class="error" role="alert" data-testid="subscriptions-error">${state.error}</p>`}
    ${answer?.subscriptions.map(one => html`<${Subscription} key=${one.id} subscription=${one} busy=${state.busy} act=${act} />`)}
    <div class="choices"><button class="plain" data-testid="subscriptions-close" onClick=${onClose}>${words.close}</button></div>
  </>`
}

/** Pays by a link; below it what the person has subscribed to. */
export function SubscribeSheet({ path, url, onClose }) {
  const [answer, refresh] = useLive(`${path}/subscriptions?url=${encodeURIComponent(url)}`, () => true)
  const [state, act] = useActs(path, refresh)
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
    ${
      state !== 'ended' &&
      html`<div class="choices">
      ${
        state === 'canceled'
          ? html`<button class="plain" data-testid="subscription-lapse" disabled=${busy} onClick=${turn('lapse')}>${w.renew}</button>
            <button class="plain" data-testid="subscription-resume" disabled=${busy || byBot} title=${byBot ? w.byBot : ''} onClick=${turn('resume')}>${w.resume}</button>`
          : html`<button class="plain" data-testid="subscription-renew" disabled=${busy} onClick=${turn('renew')}>${w.renew}</button>
            <button class="plain" data-testid="subscription-fail" disabled=${busy} onClick=${turn('fail')}>${w.fail}</button>
            <button class="plain" data-testid="subscription-cancel" disabled=${busy} onClick=${turn('cancel')}>${w.cancel}</button>`
      }
    </div>`
    }
  </section>`
}
