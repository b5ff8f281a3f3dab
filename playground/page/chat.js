import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Composer, kindOf } from './composer.js'
import { AlertSheet, Dialog, LinkSheet, Viewer } from './dialog.js'
import { day, price } from './format.js'
import { html, Icon } from './html.js'
import { Message } from './message.js'
import { startPayload } from './rich-text.js'
import { samplePhoto } from './sample.js'
import { call, patch, post, useLive } from './server.js'

const concerns = new Set(['message', 'edit', 'delete'])

/** The chat of one person with the bot. The caller gives it `key=${person.id}`: nothing is kept between people. */
export function Chat({ person, bot, onPane, onTab }) {
  const path = `/api/people/${person.id}`
  const [chat, refresh] = useLive(`${path}/chat`, news => concerns.has(news.type) && news.userId === person.id)
  const messages = chat?.messages ?? []
  const [pressing, setPressing] = useState(null)
  const [sheet, setSheet] = useState(null) // what lies over the chat: { alert } { link } { photos, index } { invoice }
  const [toast, showToast] = useToast()
  const [tray, setTray] = useState(null)
  const [sample, setSample] = useState(null) // { file, url } on offer after «Оживить фото»
  const [dropping, setDropping] = useState(false)
  const scroll = useScroll(messages)

  /** Does one thing as the person; false when it was refused, and then the reason is on the screen. */
  async function act(move) {
    scroll.toEnd()
    try {
      await move()
      return true
    } catch (error) {
      showToast(error.message)
      return false
    } finally {
      refresh()
    }
  }
  const say = text => act(() => post(`${path}/say`, { text }))
  const open = payload => act(() => post(`${path}/open`, payload ? { payload } : {}))
  const sendFiles = async ({ kind, files }, caption) => {
    const form = new FormData()
    form.append('kind', kind)
    form.append('caption', caption)
    for (const file of files) form.append('file', file, file.name)
    const sent = await act(() => call('POST', `${path}/files`, form))
    if (sent) setTray(null)
    return sent
  }

  function follow(url) {
    const payload = startPayload(url, bot.username)
    if (payload === undefined) setSheet({ link: url })
    else void open(payload)
  }

  async function press(message, row, column, button) {
    if (button.url) return follow(button.url)
    const key = `${message.messageId}:${row}:${column}`
    if (pressing === key) return
    setPressing(key)
    try {
      const answer = await post(`${path}/press`, {
        messageId: message.messageId,
        ...(button.data ? { data: button.data } : { text: button.text }),
      })
      if (answer.expired) showToast('Бот не ответил на нажатие')
      else if (answer.text && answer.showAlert) setSheet({ alert: answer.text })
      else if (answer.text) showToast(answer.text)
    } catch (error) {
      showToast(error.message)
    } finally {
      setPressing(current => (current === key ? null : current))
      refresh()
    }
  }

  async function suggest({ payload, photo, breaks }) {
    if (photo) {
      const file = await samplePhoto()
      setSample({ file, url: URL.createObjectURL(file) })
    }
    if (breaks) {
      const ready = await act(() => post('/api/upstream/next', { behaviour: 'fail', times: 1 }))
      if (!ready) return
      onTab('orders')
      showToast(
        'Исполнитель сломается на следующем заказе. Нажмите «Начать», опишите картинку и запустите: деньги спишутся и вернутся',
      )
    }
    await open(payload)
  }

  function drop(event) {
    event.preventDefault()
    setDropping(false)
    const files = [...event.dataTransfer.files]
    if (files.length > 0) setTray({ kind: kindOf(files), files })
  }

  const handlers = {
    press: (...where) => void press(...where),
    pay: message => setSheet({ invoice: message }),
    view: (photos, index) => setSheet({ photos, index }),
    onLink: follow,
    onCommand: text => void say(text),
  }
  const hasFiles = event => event.dataTransfer?.types.includes('Files')
  return html`<main class="chat" aria-label="Чат с ботом" data-testid="chat"
    onDragOver=${event => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setDropping(true)
    }}
    onDragLeave=${event => {
      if (!event.currentTarget.contains(event.relatedTarget)) setDropping(false)
    }}
    onDrop=${drop}>
    <${ChatHeader} person=${person} bot=${bot} onPane=${onPane} onOpen=${open} onWrongLink=${showToast} />
    <${Intro} onSuggest=${suggestion => void suggest(suggestion)} />
    <div class="messages-box">
      <div class="messages" ref=${scroll.box} onScroll=${scroll.onScroll} role="log" aria-live="polite" aria-relevant="additions" aria-label="Сообщения" tabindex="0" data-testid="messages">
        <div class="messages-inner" ref=${scroll.inner}>
          ${chat && messages.length === 0 && html`<p class="empty">Здесь пока пусто. Бот ответит на первое сообщение.</p>`}
          ${bubbles(messages).map(item =>
            item.day
              ? html`<div class="day" key=${item.day}><span>${item.day}</span></div>`
              : html`<${Message} key=${item[0].messageId} messages=${item} act=${handlers} pressing=${pressing} />`,
          )}
        </div>
      </div>
      ${
        scroll.unseen > 0 &&
        html`<button class="pill" data-testid="new-messages" onClick=${scroll.toEnd}><${Icon} name="down" size=${16} /> новые<span class="count">${scroll.unseen}</span></button>`
      }
      ${toast && html`<div class="toast" role="status" data-testid="toast">${toast}</div>`}
      ${dropping && html`<div class="dropzone" data-testid="dropzone">Отпустите, чтобы приложить</div>`}
    </div>
    ${
      sample &&
      html`<div class="offer">
        <img src=${sample.url} alt="Нарисованный маяк у моря" />
        <span>Начните и, когда бот попросит фото, пришлите этот пример</span>
        <button class="primary small" data-testid="sample-photo" onClick=${() => {
          setSample(null)
          void sendFiles({ kind: 'photo', files: [sample.file] }, '')
        }}>Прислать</button>
        <button class="round small" aria-label="Не нужно" onClick=${() => setSample(null)}><${Icon} name="close" size=${16} /></button>
      </div>`
    }
    ${
      person.blocked
        ? html`<div class="instead"><button class="primary" data-testid="composer-unblock" onClick=${() => void act(() => patch(path, { blocked: false }))}>Разблокировать бота</button></div>`
        : chat && messages.length === 0 && !tray
          ? html`<div class="instead"><button class="primary" data-testid="start" onClick=${() => void open()}>Запустить</button></div>`
          : html`<${Composer} commands=${person.commands} tray=${tray} onTray=${setTray} onSay=${say} onFiles=${sendFiles} />`
    }
    ${sheet?.alert && html`<${AlertSheet} text=${sheet.alert} onClose=${() => setSheet(null)} />`}
    ${sheet?.link !== undefined && html`<${LinkSheet} url=${sheet.link} onClose=${() => setSheet(null)} />`}
    ${sheet?.photos && html`<${Viewer} photos=${sheet.photos} index=${sheet.index} onIndex=${index => setSheet({ ...sheet, index })} onClose=${() => setSheet(null)} />`}
    ${
      sheet?.invoice &&
      html`<${PaySheet} message=${sheet.invoice} onClose=${() => setSheet(null)}
        onPay=${async message => {
          const answer = await post(`${path}/pay`, { messageId: message.messageId })
          if (!answer.ok) throw new Error(answer.error ?? 'Бот отклонил оплату')
          scroll.toEnd()
          showToast('Оплачено')
          refresh()
        }} />`
    }
  </main>`
}

function ChatHeader({ person, bot, onPane, onOpen, onWrongLink }) {
  const [linking, setLinking] = useState(false)
  const [link, setLink] = useState('')
  async function submit(event) {
    event.preventDefault()
    const text = link.trim()
    const payload = startPayload(text, bot.username) ?? (/^[A-Za-z0-9_-]{1,64}$/.test(text) ? text : undefined)
    if (payload === undefined) {
      onWrongLink(`Нужна ссылка t.me/${bot.username}?start=… или её конец: латиница, цифры, _ и -, до 64 знаков`)
    } else if (await onOpen(payload)) {
      setLinking(false)
      setLink('')
    }
  }
  return html`<header class="chat-header">
    <button class="round only-narrow" data-testid="open-people" aria-label="Люди" onClick=${() => onPane('people')}><${Icon} name="people" /></button>
    <span class="avatar bot" aria-hidden="true"></span>
    <div class="who">
      <h1>${bot.firstName}</h1>
      <p>бот · вы здесь ${person.firstName}</p>
    </div>
    <button class="round" data-testid="deep-link-toggle" aria-label="Открыть по ссылке" title="Открыть по ссылке" aria-expanded=${linking} onClick=${() => setLinking(!linking)}><${Icon} name="link" /></button>
    <button class="round only-medium" data-testid="open-office" aria-label="Служебная панель" onClick=${() => onPane('office')}><${Icon} name="office" /></button>
    ${
      linking &&
      html`<form class="deep-link" onSubmit=${event => void submit(event)} onKeyDown=${event => event.key === 'Escape' && setLinking(false)}>
        <label>Открыть по ссылке
          <input data-testid="deep-link" value=${link} onInput=${event => setLink(event.target.value)} spellcheck="false" autocapitalize="off"
            placeholder="t.me/…?start=m_z-image" ref=${field => field?.focus()} />
        </label>
        <button class="primary" data-testid="deep-link-open">Открыть</button>
      </form>`
    }
  </header>`
}

const introKey = 'intro-closed'
const paidPicture = 'm_flux-2-pro-text-to-image' // has no free runs, so the ledger moves
const suggestions = [
  { text: 'Создать картинку', payload: paidPicture },
  { text: 'Оживить фото', payload: 'm_kling-2-6-image-to-video', photo: true },
  { text: 'Сломать исполнителя и вернуть деньги', payload: paidPicture, breaks: true },
]

function Intro({ onSuggest }) {
  const [closed, setClosed] = useState(() => localStorage.getItem(introKey) === 'yes')
  function close() {
    localStorage.setItem(introKey, 'yes')
    setClosed(true)
  }
  return html`<section class=${closed ? 'intro brief' : 'intro'} aria-label="С чего начать">
    ${
      !closed &&
      html`<p>Бот настоящий, понарошку здесь только Telegram, исполнитель и деньги.
        <button class="round small" aria-label="Убрать пояснение" data-testid="intro-close" onClick=${close}><${Icon} name="close" size=${14} /></button></p>`
    }
    <div class="suggestions">
      ${suggestions.map(
        (suggestion, index) =>
          html`<button key=${index} class="suggestion" data-testid=${`suggestion-${index + 1}`} onClick=${() => onSuggest(suggestion)}>${suggestion.text}</button>`,
      )}
    </div>
  </section>`
}

function PaySheet({ message, onPay, onClose }) {
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

function useToast() {
  const [toast, setToast] = useState(null)
  useEffect(() => {
    if (!toast) return
    // Long enough to read at 15 characters a second. Milliseconds.
    const timer = setTimeout(() => setToast(null), Math.max(3_000, toast.text.length * 65))
    return () => clearTimeout(timer)
  }, [toast])
  return [toast?.text, text => setToast({ text })]
}

/** Follows the newest message only while the reader is at the end; `unseen` counts what came meanwhile. */
function useScroll(messages) {
  const box = useRef()
  const inner = useRef()
  const atEnd = useRef(true)
  const seen = useRef()
  const [unseen, setUnseen] = useState(0)

  function settle() {
    // Gone while an answer was on its way: another person's chat stands here now.
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight
  }
  function onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = box.current
    atEnd.current = scrollHeight - scrollTop - clientHeight < 40
    if (atEnd.current) setUnseen(0)
  }
  function toEnd() {
    atEnd.current = true
    setUnseen(0)
    settle()
  }
  useEffect(() => {
    const observer = new ResizeObserver(settle) // pictures and players take their height later
    observer.observe(inner.current)
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    const last = messages.at(-1)?.messageId ?? 0
    const before = seen.current ?? last
    seen.current = last
    if (atEnd.current) settle()
    else if (last > before) setUnseen(n => n + messages.filter(m => m.messageId > before).length)
  }, [messages])
  return { box, inner, onScroll, toEnd, unseen }
}
