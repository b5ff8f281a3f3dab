import { html, Icon } from '../html.js'
import { words } from '../words.js'
import { Composer } from './composer.js'

const w = words.intro

/** The photo on offer, above the composer. */
export function Sample({ sample, onSend, onClose }) {
  return html`<div class="offer">
    <img src=${sample.url} alt=${w.sampleAlt} />
    <span>${w.sample}</span>
    <button class="primary small" data-testid="sample-photo" onClick=${() => {
      onClose()
      onSend(sample.file)
    }}>${w.sendSample}</button>
    <button class="round small" aria-label=${w.noSample} onClick=${onClose}><${Icon} name="close" size=${16} /></button>
  </div>`
}

/** The composer, or the one button that comes before it. */
export function Foot({
  person,
  isEmpty,
  start,
  onStarted,
  tray,
  onTray,
  about,
  onAbout,
  moves,
  inline,
  onSay,
  onFiles,
}) {
  if (start !== undefined) {
    const open = async () => {
      if (await moves.open(start)) onStarted()
    }
    return html`<${Instead} testid="start" label=${words.chat.start} onPress=${() => void open()} />`
  }
  if (person.blocked) {
    return html`<${Instead} testid="composer-unblock" label=${words.people.unblock} onPress=${() => void moves.unblock()} />`
  }
  if (isEmpty && !tray) {
    return html`<${Instead} testid="start" label=${words.chat.start} onPress=${() => void moves.open()} />`
  }
  return html`<${Composer} commands=${person.commands} tray=${tray} onTray=${onTray} about=${about} onAbout=${onAbout}
    inline=${inline} onSay=${onSay} onCommand=${text => moves.say(text)} onFiles=${onFiles} />`
}

function Instead({ testid, label, onPress }) {
  return html`<div class="instead"><button class="primary" data-testid=${testid} onClick=${onPress}>${label}</button></div>`
}
