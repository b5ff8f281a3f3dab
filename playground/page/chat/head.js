import { GroupHeader } from '../groups/header.js'
import { html } from '../html.js'
import { Topics } from '../topics/topics.js'
import { ChatHeader } from './header.js'
import { Intro } from './intro.js'

/** What is above the messages: the header of the bot's chat or of a group, the topics, the hints. */
export function Head({
  group,
  members,
  person,
  bot,
  action,
  actions,
  view,
  moves,
  intro,
  onIntro,
  onPane,
  onActAs,
  onChoose,
  onRemove,
  onSuggest,
  showToast,
}) {
  if (group) {
    return html`<${GroupHeader} group=${group} members=${members} person=${person} action=${action} onActAs=${onActAs} onPane=${onPane} />`
  }
  return html`<${ChatHeader} person=${person} bot=${bot} action=${action} intro=${intro} onIntro=${onIntro} onPane=${onPane} onOpen=${moves.open} onWrongLink=${showToast} />
    ${view.isShown && html`<${Topics} view=${view} actions=${actions} onChoose=${onChoose} onAdd=${moves.addTopic} onRemove=${onRemove} />`}
    ${intro && html`<${Intro} onSuggest=${onSuggest} onClose=${() => onIntro(false)} />`}`
}
