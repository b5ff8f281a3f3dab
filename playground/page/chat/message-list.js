import { day } from '../format.js'
import { html, Icon } from '../html.js'
import { words } from '../words.js'
import { Message } from './message.js'

/** The messages of a chat or a topic, of `all` in the chat; the bot has not received those of `unread` (their ids); `loaded` is false before the first answer. `children` lie over the list. */
export function MessageList({ messages, all, unread, loaded, scroll, act, pressing, children }) {
  const byId = new Map(all.map(message => [message.messageId, message]))
  return html`<div class="messages-box">
    <div class="messages" ref=${scroll.box} onScroll=${scroll.onScroll} role="log" aria-live="polite" aria-relevant="additions" aria-label=${words.chat.messages} tabindex="0" data-testid="messages">
      <div class="messages-inner" ref=${scroll.inner}>
        ${loaded && messages.length === 0 && html`<p class="empty">${words.chat.empty}</p>`}
        ${bubbles(messages).map(item =>
          item.day
            ? html`<div class="day" key=${item.day}><span>${item.day}</span></div>`
            : html`<${Message} key=${item[0].messageId} messages=${item} replied=${byId.get(item[0].replyTo)} isRead=${!unread.includes(item.at(-1).messageId)} act=${act} pressing=${pressing} />`,
        )}
      </div>
    </div>
    ${
      scroll.unseen > 0 &&
      html`<button class="pill" data-testid="new-messages" onClick=${scroll.toEnd}><${Icon} name="down" size=${16} /> ${words.chat.fresh}<span class="count">${scroll.unseen}</span></button>`
    }
    ${children}
  </div>`
}

/** Messages as the list shows them: a day's name before its first, and the parts of one album together. */
function bubbles(messages) {
  const items = []
  let today
  for (const message of messages) {
    const name = day(message.date)
    if (name !== today) items.push({ day: name })
    today = name
    const before = items.at(-1)
    if (message.albumId && Array.isArray(before) && before[0].albumId === message.albumId) before.push(message)
    else items.push([message])
  }
  return items
}
