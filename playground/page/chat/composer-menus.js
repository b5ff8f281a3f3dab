import { html, Icon } from '../html.js'
import { words } from '../words.js'
import { kinds } from './kinds.js'

export function CommandMenu({ commands, onPick }) {
  return html`<ul class="menu" role="menu" aria-label=${words.composer.commands} data-testid="command-list">
    ${commands.map(
      ({ command: name, description }) =>
        html`<li key=${name} role="none"><button role="menuitem" data-testid=${`command-${name}`} onClick=${() => onPick(name)}><b>/${name}</b><span>${description}</span></button></li>`,
    )}
  </ul>`
}

export function AttachMenu({ onPick }) {
  return html`<ul class="menu attach" role="menu" aria-label=${words.composer.attachWhat}>
    ${kinds.map(
      choice =>
        html`<li key=${choice.kind} role="none"><button role="menuitem" data-testid=${`attach-${choice.kind}`} onClick=${() => onPick(choice)}>
          <${Icon} name=${choice.kind === 'document' ? 'file' : choice.kind} /><span>${choice.label}</span></button></li>`,
    )}
  </ul>`
}
