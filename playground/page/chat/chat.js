import { useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { useLive } from '../server.js'
import { Composer } from './composer.js'
import { useDrop } from './drop-zone.js'
import { ChatHeader } from './header.js'
import { Intro } from './intro.js'
import { MessageList } from './message-list.js'
import { useMoves, usePresses } from './moves.js'
import { samplePhoto } from './sample.js'
import { useScroll } from './scroll.js'
import { Sheets } from './sheets.js'
import { useToast } from './toast.js'

const concerns = new Set(['message', 'edit', 'delete'])

/** The chat of one person with the bot. The caller sets `key=${person.id}`, so nothing is kept between people. */
export function Chat({ person, bot, onPane, onTab }) {
  const path = `/api/people/${person.id}`
  const [chat, refresh] = useLive(`${path}/chat`, news => concerns.has(news.type) && news.userId === person.id)
  const messages = chat?.messages ?? []
  const [sheet, setSheet] = useState(null)
  const [toast, showToast] = useToast()
  const [tray, setTray] = useState(null)
  const [sample, setSample] = useState(null) // { file, url } on offer after «Оживить фото»
  const [dropping, dropHandlers] = useDrop(setTray)
  const scroll = useScroll(messages)
  const moves = useMoves({ path, bot, scroll, refresh, showToast, setSheet })
  const { pressing, press } = usePresses({ path, refresh, showToast, setSheet, follow: moves.follow })

  async function sendFiles(files, caption) {
    const sent = await moves.sendFiles(files, caption)
    if (sent) setTray(null)
    return sent
  }
  async function suggest({ payload, photo, breaks }) {
    if (photo) {
      const file = await samplePhoto()
      setSample({ file, url: URL.createObjectURL(file) })
    }
    if (breaks) {
      if (!(await moves.failNext())) return
      onTab('orders')
      showToast(breaking)
    }
    await moves.open(payload)
  }

  const handlers = {
    press: (...where) => void press(...where),
    pay: message => setSheet({ invoice: message }),
    view: (photos, index) => setSheet({ photos, index }),
    onLink: moves.follow,
    onCommand: text => void moves.say(text),
  }
  return html`<main class="chat" aria-label="Чат с ботом" data-testid="chat" ...${dropHandlers}>
    <${ChatHeader} person=${person} bot=${bot} onPane=${onPane} onOpen=${moves.open} onWrongLink=${showToast} />
    <${Intro} onSuggest=${suggestion => void suggest(suggestion)} />
    <${MessageList} messages=${messages} loaded=${!!chat} scroll=${scroll} act=${handlers} pressing=${pressing}>
      ${toast && html`<div class="toast" role="status" data-testid="toast">${toast}</div>`}
      ${dropping && html`<div class="dropzone" data-testid="dropzone">Отпустите, чтобы приложить</div>`}
    </${MessageList}>
    ${sample && html`<${Sample} sample=${sample} onClose=${() => setSample(null)} onSend=${file => void sendFiles({ kind: 'photo', files: [file] }, '')} />`}
    <${Foot} person=${person} isEmpty=${chat && messages.length === 0} tray=${tray} onTray=${setTray} moves=${moves} onFiles=${sendFiles} />
    <${Sheets} sheet=${sheet} setSheet=${setSheet} onPay=${moves.pay} />
  </main>`
}

const breaking =
  'Исполнитель сломается на следующем заказе. Нажмите «Начать», опишите картинку и запустите: деньги спишутся и вернутся'

function Sample({ sample, onSend, onClose }) {
  return html`<div class="offer">
    <img src=${sample.url} alt="Нарисованный маяк у моря" />
    <span>Начните и, когда бот попросит фото, пришлите этот пример</span>
    <button class="primary small" data-testid="sample-photo" onClick=${() => {
      onClose()
      onSend(sample.file)
    }}>Прислать</button>
    <button class="round small" aria-label="Не нужно" onClick=${onClose}><${Icon} name="close" size=${16} /></button>
  </div>`
}

/** The composer, or the one button that comes before it. */
function Foot({ person, isEmpty, tray, onTray, moves, onFiles }) {
  if (person.blocked) {
    return html`<div class="instead"><button class="primary" data-testid="composer-unblock" onClick=${() => void moves.unblock()}>Разблокировать бота</button></div>`
  }
  if (isEmpty && !tray) {
    return html`<div class="instead"><button class="primary" data-testid="start" onClick=${() => void moves.open()}>Запустить</button></div>`
  }
  return html`<${Composer} commands=${person.commands} tray=${tray} onTray=${onTray} onSay=${moves.say} onFiles=${onFiles} />`
}
