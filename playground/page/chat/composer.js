import { useEffect, useRef, useState } from 'preact/hooks'
import { html, Icon } from '../html.js'
import { useOffers } from '../inline/drafts.js'
import { InlineResults, useInline } from '../inline/inline.js'
import { words } from '../words.js'
import { About } from './about.js'
import { AttachMenu, CommandMenu } from './composer-menus.js'
import { kindOf } from './kinds.js'
import { Tray } from './tray.js'

const w = words.composer

/**
 * The field for a message. `tray` holds files that wait to be sent: { kind, files }; onTray changes it.
 * `inline` is where «@bot words» are typed, see useInline. onSay(text) and onFiles(tray, caption) resolve to false when nothing was sent, and the text stays. `about` is the
 * message that is answered or edited, see useChoices; onAbout changes it.
 */
export function Composer({ commands, tray, onTray, about, onAbout, inline, onSay, onCommand, onFiles }) {
  const { text, setText, busy, isEmpty, send } = useDraft({ tray, about, onSay, onFiles })
  const { box, open, setOpen } = useMenu()
  const offered = useInline(inline, text)
  useOffers(inline.chatId, setText)
  const field = useGrowingField(text, tray ?? about)
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
    void onCommand(`/${name}`)
    field.current.focus()
  }
  function keys(event) {
    if (event.key === 'ArrowUp' && text === '' && !tray && !about) onAbout('last')
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    void submit()
  }
  function closeMenu(event) {
    if (event.key !== 'Escape' || !(open || about)) return
    event.stopPropagation()
    if (open) setOpen(null)
    else onAbout(null)
    field.current.focus()
  }
  function pick(choice) {
    picker.pick(choice)
    setOpen(null)
  }

  const label = tray || (about?.what === 'edit' && about.message.media) ? w.caption : w.message
  return html`<div class="composer-box" ref=${box} onKeyDown=${closeMenu}>
    ${about && html`<${About} about=${about} onStop=${() => onAbout(null)} />`}
    ${tray && html`<${Tray} tray=${tray} onTray=${onTray} />`}
    ${fitting.length > 0 && html`<${CommandMenu} commands=${fitting} onPick=${command} />`}
    ${offered && html`<${InlineResults} answer=${offered} userId=${inline.userId} onSent=${() => setText('')} />`}
    ${open === 'attach' && html`<${AttachMenu} onPick=${pick} />`}
    <form class="composer" onSubmit=${event => event.preventDefault()}>
      <${MenuButtons} open=${open} setOpen=${setOpen} />
      <textarea ref=${field} rows="1" data-testid="composer" placeholder=${label} aria-label=${label}
        value=${text} onInput=${event => setText(event.target.value)} onKeyDown=${keys} onPaste=${event => paste(event, onTray)}></textarea>
      <button type="button" class="round send" data-testid="send" aria-label=${about?.what === 'edit' ? w.save : w.send} disabled=${busy || isEmpty}
        onClick=${() => void submit()}>${busy ? html`<i class="spinner"></i>` : html`<${Icon} name="send" />`}</button>
    </form>
    <input ref=${picker.input} type="file" multiple hidden data-testid="file-input" onChange=${picker.chosen} />
  </div>`
}

/** Files in the clipboard wait to be sent. */
function paste(event, onTray) {
  const files = [...event.clipboardData.files]
  if (files.length === 0) return
  event.preventDefault()
  onTray({ kind: kindOf(files), files })
}

function MenuButtons({ open, setOpen }) {
  const toggle = menu => setOpen(open === menu ? null : menu)
  return html`<button type="button" class="commands" data-testid="commands" aria-expanded=${open === 'commands'} aria-label=${w.commands}
      onClick=${() => toggle('commands')}><${Icon} name="menu" size=${20} /><span>${w.menu}</span></button>
    <button type="button" class="round" data-testid="attach" aria-expanded=${open === 'attach'} aria-label=${w.attach}
      onClick=${() => toggle('attach')}><${Icon} name="attach" /></button>`
}

/** The text in the field; `send` resolves to true once it was sent, and the text is gone then. */
function useDraft({ tray, about, onSay, onFiles }) {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const edited = about?.what === 'edit' ? about.message : undefined
  // A caption may be taken away; anything else needs words.
  const isEmpty = !tray && !edited?.media && text.trim() === ''
  useEffect(() => {
    if (!edited) return
    setText(edited.text ?? '')
    return () => setText('')
  }, [edited?.messageId])
  async function send() {
    if (busy || isEmpty) return false
    setBusy(true)
    setText('') // what is typed meanwhile is the next message
    const sent = tray ? await onFiles(tray, text.trim()) : await onSay(text)
    setBusy(false)
    if (sent === false) setText(typed => (typed === '' ? text : typed))
    return sent !== false
  }
  return { text, setText, busy, isEmpty, send }
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

/** A text field that grows with its text, and gets the focus with a file, a reply or an edit. */
function useGrowingField(text, subject) {
  const field = useRef()
  useEffect(() => {
    const { current } = field
    current.style.height = 'auto'
    current.style.height = `${Math.min(current.scrollHeight, 160)}px`
  }, [text])
  useEffect(() => {
    if (subject) field.current.focus()
  }, [subject])
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
