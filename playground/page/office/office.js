import { useRef } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { BooksLine, Events, Ledger } from './books.js'
import { TelegramCalls } from './calls.js'
import { Orders } from './orders.js'
import { Upstream } from './upstream.js'

const tabs = [
  { name: 'ledger', label: 'Проводки', view: Ledger },
  { name: 'events', label: 'События', view: Events },
  { name: 'orders', label: 'Заказы', view: Orders },
  { name: 'upstream', label: 'Исполнитель', view: Upstream },
  { name: 'calls', label: 'Вызовы Telegram', view: TelegramCalls },
]

/** What happens behind the chat, live: the ledger, the orders and the switches of both stand-ins. */
export function Office({ tab, onTab, people, current, onClose }) {
  const list = useRef()
  const { view: View } = tabs.find(({ name }) => name === tab)

  function keys(event) {
    const at = tabs.findIndex(({ name }) => name === tab)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const { name } = tabs[(to + tabs.length) % tabs.length]
    onTab(name)
    list.current.querySelector(`[data-testid="tab-${name}"]`).focus()
  }

  return html`<aside class="office" aria-label="Служебная панель" data-testid="office">
    <header class="pane-header">
      <div class="tabs" role="tablist" aria-label="Разделы" ref=${list} onKeyDown=${keys}>
        ${tabs.map(
          ({ name, label }) =>
            html`<button key=${name} role="tab" id=${`tab-${name}`} data-testid=${`tab-${name}`} aria-controls="office-panel" aria-selected=${name === tab}
              tabindex=${name === tab ? 0 : -1} onClick=${() => onTab(name)}>${label}</button>`,
        )}
      </div>
      <button class="round only-medium" aria-label="Закрыть" data-testid="office-close" onClick=${onClose}><${Icon} name="close" /></button>
    </header>
    <${BooksLine} />
    <div class="panel" role="tabpanel" id="office-panel" aria-labelledby=${`tab-${tab}`} tabindex="0" data-testid=${`panel-${tab}`} key=${tab}>
      <${View} people=${people} current=${current} />
    </div>
  </aside>`
}
