import { html, Icon } from '../html.js'
import { words } from '../words.js'

const w = words.groups

/** The group's name, what the bot is doing in it, and who of its members the reader is. */
export function GroupHeader({ group, members, person, action, onActAs, onPane }) {
  return html`<header class="chat-header">
    <button class="round only-narrow" data-testid="open-people" aria-label=${words.people.title} onClick=${() => onPane('people')}><${Icon} name="people" /></button>
    <span class="avatar group" style=${{ '--hue': (-group.id * 47) % 360 }} aria-hidden="true"><${Icon} name="people" size=${20} /></span>
    <div class="who">
      <h1>${group.title}</h1>
      <p><span class=${action ? 'action' : ''} data-testid="action" data-action=${action}>${words.chat.actions[action] ?? w.members(group.members.length)}</span></p>
    </div>
    <label class="act-as"><span>${w.youAre}</span>
      <select data-testid="act-as" value=${person.id} onChange=${event => onActAs(Number(event.target.value))}>
        ${members.map(({ id, firstName }) => html`<option key=${id} value=${id}>${firstName}</option>`)}
      </select>
    </label>
    <button class="round only-medium" data-testid="open-office" aria-label=${words.chat.office} onClick=${() => onPane('office')}><${Icon} name="office" /></button>
  </header>`
}
