import { useEffect, useRef, useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { AttachMenu, CommandMenu } from './composer-menus.js'
import { kindOf } from './kinds.js'
import { Tray } from './tray.js'

/**
 * The field for a message. `tray` holds files that wait to be sent: { kind, files }; onTray changes it.
 * onSay(text) and onFiles(tray, caption) resolve to false when nothing was sent, and the text stays.
 */
export function Composer({ commands, tray, onTray, onSay, onFiles }) {
  const { text, setText, busy, send } = useDraft({ tray, onSay, onFiles })
  const { box, open, setOpen } = useMenu()
  const field = useGrowingField(text, tray)
  const picker = useFilePicker(onTray)
  const typed = /^\/([a-z0-9_]*)$/.exec(text)?.[1]
  const fitting =
    open === 'commands' ? commands : typed === undefined ? [] : commands.filter(c => c.command.startsWith(typed))

  async function submit() {
    if (!(await send())) return
    setOpen(null)
    field.current?.focus()
  }
  function command(name) {
    setText('')
    setOpen(null)
    void onSay(`/${name}`)
    field.current.focus()
  }
  function keys(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    void submit()
  }
  function closeMenu(event) {
    if (event.key !== 'Escape' || !open) return
    event.stopPropagation()
    setOpen(null)
    field.current.focus()
  }
  function pick(choice) {
    picker.pick(choice)
    setOpen(null)
  }
  function paste(event) {
    const files = [...event.clipboardData.files]
    if (files.length === 0) return
    event.preventDefault()
    onTray({ kind: kindOf(files), files })
  }

  const label = tray ? 'Подпись' : 'Сообщение'
  return html`<div class="composer-box" ref=${box} onKeyDown=${closeMenu}>
    ${tray && html`<${Tray} tray=${tray} onTray=${onTray} />`}
    ${fitting.length > 0 && html`<${CommandMenu} commands=${fitting} onPick=${command} />`}
    ${open === 'attach' && html`<${AttachMenu} onPick=${pick} />`}
    <form class="composer" onSubmit=${event => event.preventDefault()}>
      <${MenuButtons} open=${open} setOpen=${setOpen} />
      <textarea ref=${field} rows="1" data-testid="composer" placeholder=${label} aria-label=${label}
        value=${text} onInput=${event => setText(event.target.value)} onKeyDown=${keys} onPaste=${paste}></textarea>
      <button type="button" class="round send" data-testid="send" aria-label="Отправить" disabled=${busy || (!tray && text.trim() === '')}
        onClick=${() => void submit()}>${busy ? html`<i class="spinner"></i>` : html`<${Icon} name="send" />`}</button>
    </form>
    <input ref=${picker.input} type="file" multiple hidden data-testid="file-input" onChange=${picker.chosen} />
  </div>`
}

function MenuButtons({ open, setOpen }) {
  const toggle = menu => setOpen(open === menu ? null : menu)
  return html`<button type="button" class="commands" data-testid="commands" aria-expanded=${open === 'commands'} aria-label="Команды бота"
      onClick=${() => toggle('commands')}><${Icon} name="menu" size=${20} /><span>Меню</span></button>
    <button type="button" class="round" data-testid="attach" aria-expanded=${open === 'attach'} aria-label="Приложить файл"
      onClick=${() => toggle('attach')}><${Icon} name="attach" /></button>`
}

/** The text in the field; `send` resolves to true once it was sent, and the text is gone then. */
function useDraft({ tray, onSay, onFiles }) {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  async function send() {
    if (busy || (!tray && text.trim() === '')) return false
    setBusy(true)
    const sent = tray ? await onFiles(tray, text.trim()) : await onSay(text)
    setBusy(false)
    if (sent === false) return false
    setText('')
    return true
  }
  return { text, setText, busy, send }
}

/** The open menu ('commands', 'attach' or null), which a press outside of `box` closes. */
function useMenu() {
  const [open, setOpen] = useState(null)
  const box = useRef()
  useEffect(() => {
    if (!open) return
    const outside = event => {
      if (!box.current.contains(event.target)) setOpen(null)
    }
    document.addEventListener('pointerdown', outside)
    return () => document.removeEventListener('pointerdown', outside)
  }, [open])
  return { box, open, setOpen }
}

/** A text field that grows with its text, and gets the focus with the first file. */
function useGrowingField(text, tray) {
  const field = useRef()
  useEffect(() => {
    const { current } = field
    current.style.height = 'auto'
    current.style.height = `${Math.min(current.scrollHeight, 160)}px`
  }, [text])
  useEffect(() => {
    if (tray) field.current.focus()
  }, [tray])
  return field
}

function useFilePicker(onTray) {
  const input = useRef()
  const kind = useRef('document')
  return {
    input,
    pick(choice) {
      kind.current = choice.kind
      input.current.accept = choice.accept
      input.current.click()
    },
    chosen() {
      const files = [...input.current.files]
      input.current.value = ''
      if (files.length > 0) onTray({ kind: kind.current, files })
    },
  }
}
