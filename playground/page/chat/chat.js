import { useState } from 'preact/hooks'
import { leave } from '../groups/links.js'
import { html } from '../html.js'
import { switcher } from '../inline/drafts.js'
import { useLive } from '../server.js'
import { useTopics } from '../topics/use-topics.js'
import { words } from '../words.js'
import { useActions } from './actions.js'
import { useChoices } from './choices.js'
import { useDrop } from './drop-zone.js'
import { Foot, Sample } from './foot.js'
import { Head } from './head.js'
import { useIntro } from './intro.js'
import { MessageList } from './message-list.js'
import { useMoves, usePresses } from './moves.js'
import { useScroll } from './scroll.js'
import { Sheets } from './sheets.js'
import { useSuggestions } from './suggestions.js'
import { useToast } from './toast.js'

// A delivery to the bot is news too: it turns one tick into two.
const concerns = ({ type, userId }, id) =>
  type === 'webhook' || (['message', 'edit', 'delete', 'person'].includes(type) && userId === id)

/**
 * The chat of one person with the bot, or a `group` as this person sees it, who is one of its `members`. The caller sets
 * a `key` of both, so nothing is kept between people. `start` is what a link that opened the chat carries, until
 * onStarted is called. `ways` lead to other chats: { groups, onGroup(id), onPrivate(payload) }, see leave.
 */
export function Chat({ person, group, members, ways, onActAs, bot, start, onStarted, onPane, onTab }) {
  const chatId = group?.id ?? person.id
  const path = group ? `/api/groups/${group.id}/as/${person.id}` : `/api/people/${person.id}`
  const [chat, refresh] = useLive(`${path}/chat`, news => concerns(news, chatId))
  const view = useTopics({ person: group ? {} : person, chat })
  const { messages, all, threadId } = view
  const [sheet, setSheet] = useState(null)
  const [toast, showToast] = useToast()
  const [tray, setTray] = useState(null)
  const [intro, showIntro] = useIntro()
  const [dropping, dropHandlers] = useDrop(setTray)
  const scroll = useScroll(messages)
  const leaves = url => leave(url, { group, bot, ...ways })
  const moves = useMoves({ path, bot, view, scroll, refresh, showToast, setSheet, leaves })
  const switchTo = switcher({ chatId, bot, setSheet })
  const { pressing, press } = usePresses({ path, refresh, showToast, setSheet, follow: moves.follow, switchTo })
  const { sample, setSample, suggest } = useSuggestions({ moves, onTab, showToast })
  const { about, setAbout, choicesOf, say, sendFiles } = useChoices({
    messages,
    moves,
    showToast,
    setTray,
    mayEdit: !group,
  })
  const actions = useActions(chatId, chat?.messages)
  const action = view.isShown ? actions[threadId ?? 0] : Object.values(actions)[0]

  function choose(next) {
    setAbout(null)
    view.choose(next)
    scroll.toEnd()
  }

  const handlers = {
    press: (...where) => void press(...where),
    pay: message => setSheet({ invoice: message }),
    view: (photos, index) => setSheet({ photos, index }),
    onLink: moves.follow,
    onCommand: text => void moves.say(text),
    choicesOf,
    show: scroll.show,
    viewerId: group && person.id,
  }
  return html`<main class="chat" aria-label=${words.chat.title} data-testid="chat" ...${dropHandlers}>
    <${Head} group=${group} members=${members} person=${person} bot=${bot} action=${action} actions=${actions} view=${view} moves=${moves} intro=${intro} onIntro=${showIntro}
      onPane=${onPane} onActAs=${onActAs} onChoose=${choose} onRemove=${topic => setSheet({ topic })} onSuggest=${suggestion => void suggest(suggestion)} showToast=${showToast} />
    <${MessageList} messages=${messages} all=${all} unread=${chat?.unread ?? []} loaded=${!!chat} profile=${!group && person.profile} scroll=${scroll} act=${handlers} pressing=${pressing}>
      ${toast && html`<div class="toast" role="status" data-testid="toast">${toast}</div>`}
      ${dropping && html`<div class="dropzone" data-testid="dropzone">${words.chat.drop}</div>`}
    </${MessageList}>
    ${sample && html`<${Sample} sample=${sample} onClose=${() => setSample(null)} onSend=${file => void sendFiles({ kind: 'photo', files: [file] }, '')} />`}
    <${Foot} person=${group ? { ...person, blocked: false, commands: group.commands } : person} isEmpty=${!group && chat && all.length === 0} start=${group ? undefined : start} onStarted=${onStarted} tray=${tray} onTray=${setTray}
      about=${about} onAbout=${setAbout} moves=${moves} inline=${{ userId: person.id, chatId, username: bot.username }} onSay=${say} onFiles=${sendFiles} />
    <${Sheets} path=${path} groups=${ways.groups} onGroup=${ways.onGroup} sheet=${sheet} setSheet=${setSheet} onPay=${moves.pay} onRemoveTopic=${topic => void moves.removeTopic(topic)} />
  </main>`
}
