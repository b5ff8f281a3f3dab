import { useState } from 'preact/hooks'
import { html } from '../html.js'
import { useLive } from '../server.js'
import { Topics } from '../topics/topics.js'
import { useTopics } from '../topics/use-topics.js'
import { words } from '../words.js'
import { useActions } from './actions.js'
import { useChoices } from './choices.js'
import { useDrop } from './drop-zone.js'
import { Foot, Sample } from './foot.js'
import { ChatHeader } from './header.js'
import { Intro, useIntro } from './intro.js'
import { MessageList } from './message-list.js'
import { useMoves, usePresses } from './moves.js'
import { samplePhoto } from './sample.js'
import { useScroll } from './scroll.js'
import { Sheets } from './sheets.js'
import { useToast } from './toast.js'

// A delivery to the bot is news too: it turns one tick into two.
const concerns = ({ type, userId }, id) =>
  type === 'webhook' || (['message', 'edit', 'delete', 'person'].includes(type) && userId === id)

/**
 * The chat of one person with the bot. The caller sets `key=${person.id}`, so nothing is kept between people. `start` is
 * what a link that opened the page carries, until onStarted is called.
 */
export function Chat({ person, bot, start, onStarted, onPane, onTab }) {
  const path = `/api/people/${person.id}`
  const [chat, refresh] = useLive(`${path}/chat`, news => concerns(news, person.id))
  const view = useTopics({ person, chat })
  const { messages, all, threadId } = view
  const [sheet, setSheet] = useState(null)
  const [toast, showToast] = useToast()
  const [tray, setTray] = useState(null)
  const [sample, setSample] = useState(null) // { file, url } on offer after the hint about a photo
  const [intro, showIntro] = useIntro()
  const [dropping, dropHandlers] = useDrop(setTray)
  const scroll = useScroll(messages)
  const moves = useMoves({ path, bot, view, scroll, refresh, showToast, setSheet })
  const { pressing, press } = usePresses({ path, bot, refresh, showToast, setSheet, follow: moves.follow })
  const { about, setAbout, choicesOf, say, sendFiles } = useChoices({ messages, moves, showToast, setTray })
  const actions = useActions(person.id, chat?.messages)
  const action = view.isShown ? actions[threadId ?? 0] : Object.values(actions)[0]

  function choose(next) {
    setAbout(null)
    view.choose(next)
    scroll.toEnd()
  }

  async function suggest({ payload, photo, breaks }) {
    if (photo) {
      const file = await samplePhoto()
      setSample({ file, url: URL.createObjectURL(file) })
    }
    if (breaks) {
      if (!(await moves.failNext())) return
      onTab('orders')
      showToast(words.intro.breaking)
    }
    await moves.open(payload)
  }

  const handlers = {
    press: (...where) => void press(...where),
    pay: message => setSheet({ invoice: message }),
    view: (photos, index) => setSheet({ photos, index }),
    onLink: moves.follow,
    onCommand: text => void moves.say(text),
    choicesOf,
    show: scroll.show,
  }
  return html`<main class="chat" aria-label=${words.chat.title} data-testid="chat" ...${dropHandlers}>
    <${ChatHeader} person=${person} bot=${bot} action=${action} intro=${intro} onIntro=${showIntro} onPane=${onPane} onOpen=${moves.open} onWrongLink=${showToast} />
    ${view.isShown && html`<${Topics} view=${view} actions=${actions} onChoose=${choose} onAdd=${moves.addTopic} onRemove=${topic => setSheet({ topic })} />`}
    ${intro && html`<${Intro} onSuggest=${suggestion => void suggest(suggestion)} onClose=${() => showIntro(false)} />`}
    <${MessageList} messages=${messages} all=${all} unread=${chat?.unread ?? []} loaded=${!!chat} scroll=${scroll} act=${handlers} pressing=${pressing}>
      ${toast && html`<div class="toast" role="status" data-testid="toast">${toast}</div>`}
      ${dropping && html`<div class="dropzone" data-testid="dropzone">${words.chat.drop}</div>`}
    </${MessageList}>
    ${sample && html`<${Sample} sample=${sample} onClose=${() => setSample(null)} onSend=${file => void sendFiles({ kind: 'photo', files: [file] }, '')} />`}
    <${Foot} person=${person} isEmpty=${chat && all.length === 0} start=${start} onStarted=${onStarted} tray=${tray} onTray=${setTray}
      about=${about} onAbout=${setAbout} moves=${moves} onSay=${say} onFiles=${sendFiles} />
    <${Sheets} sheet=${sheet} setSheet=${setSheet} onPay=${moves.pay} onRemoveTopic=${topic => void moves.removeTopic(topic)} />
  </main>`
}
