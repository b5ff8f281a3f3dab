import { useEffect, useRef, useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { words } from '../words.js'

const w = words.menu
const edge = 8 // what stays free between the menu and the window's border, in pixels

/** The button beside a message and the menu that it opens; `choices` are { name, icon, label, pick() }. */
export function MessageMenu({ choices }) {
  const [open, setOpen] = useState(false)
  const button = useRef()
  return html`<div class="more">
    <button ref=${button} class="round small" data-testid="message-menu" aria-haspopup="menu" aria-expanded=${open} aria-label=${w.open}
      onClick=${() => setOpen(!open)}><${Icon} name="more" size=${18} /></button>
    ${open && html`<${Choices} beside=${button} choices=${choices} onClose=${() => setOpen(false)} />`}
  </div>`
}

/** Lies over everything, so no list cuts it; Escape and a press elsewhere close it. */
function Choices({ beside, choices, onClose }) {
  const list = useRef()
  useEffect(() => {
    const { current } = list
    const toggled = ({ newState }) => newState === 'closed' && onClose()
    current.addEventListener('toggle', toggled)
    current.showPopover()
    place(current, beside.current.getBoundingClientRect())
    current.querySelector('button').focus({ preventScroll: true })
    return () => current.removeEventListener('toggle', toggled)
  }, [])
  function keys(event) {
    const buttons = [...list.current.querySelectorAll('button')]
    const at = buttons.indexOf(document.activeElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    buttons[(to + buttons.length) % buttons.length].focus()
  }
  function pick(choice) {
    list.current.hidePopover()
    choice.pick()
  }
  return html`<ul ref=${list} class="menu popover" role="menu" popover="auto" aria-label=${w.open} data-testid="message-choices" onKeyDown=${keys}>
    ${choices.map(
      choice =>
        html`<li key=${choice.name} role="none"><button role="menuitem" data-testid=${`message-${choice.name}`} onClick=${() => pick(choice)}>
          <${Icon} name=${choice.icon} size=${18} /><span>${choice.label}</span></button></li>`,
    )}
  </ul>`
}

/** Below the button, or above it where there is no room, and never beyond the window. */
function place(menu, { left, right, top, bottom }) {
  const { offsetWidth, offsetHeight } = menu
  const { innerWidth, innerHeight } = window
  const x = left + offsetWidth + edge > innerWidth ? right - offsetWidth : left
  const y = bottom + offsetHeight + edge > innerHeight ? top - offsetHeight : bottom
  menu.style.left = `${Math.max(edge, x)}px`
  menu.style.top = `${Math.max(edge, y)}px`
}
