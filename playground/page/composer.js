import { useEffect, useRef, useState } from 'preact/hooks'
import { size } from './format.js'
import { html, Icon } from './html.js'

const choices = [
  { kind: 'photo', label: 'Фото', accept: 'image/*' },
  { kind: 'document', label: 'Файл', accept: '' },
  { kind: 'audio', label: 'Аудио', accept: 'audio/*' },
  { kind: 'video', label: 'Видео', accept: 'video/*' },
  { kind: 'voice', label: 'Голосовое', accept: 'audio/*' },
]

/** The kind Telegram would choose for a file dropped or pasted. */
export function kindOf(files) {
  for (const [kind, type] of [
    ['photo', 'image/'],
    ['video', 'video/'],
    ['audio', 'audio/'],
  ]) {
    if (files.every(file => file.type.startsWith(type) && file.type !== 'image/svg+xml')) return kind
  }
  return 'document'
}

/**
 * The line to write in. `tray` holds files that wait to be sent: { kind, files }; onTray changes it.
 * onSay(text) and onFiles(tray, caption) resolve to false when nothing was sent, and the text stays.
 */
export function Composer({ commands, tray, onTray, onSay, onFiles }) {
  const [text, setText] = useState('')
  const [open, setOpen] = useState(null) // 'commands' or 'attach'
  const [busy, setBusy] = useState(false)
  const field = useRef()
  const picker = useRef()
  const picked = useRef('document')
  const box = useRef()

  useEffect(() => {
    const { current } = field
    current.style.height = 'auto'
    current.style.height = `${Math.min(current.scrollHeight, 160)}px`
  }, [text])
  useEffect(() => {
    if (tray) field.current.focus()
  }, [tray])
  useEffect(() => {
    if (!open) return
    const outside = event => {
      if (!box.current.contains(event.target)) setOpen(null)
    }
    document.addEventListener('pointerdown', outside)
    return () => document.removeEventListener('pointerdown', outside)
  }, [open])

  const typed = /^\/([a-z0-9_]*)$/.exec(text)?.[1]
  const fitting =
    open === 'commands' ? commands : typed === undefined ? [] : commands.filter(c => c.command.startsWith(typed))

  async function send() {
    if (busy || (!tray && text.trim() === '')) return
    setBusy(true)
    const sent = tray ? await onFiles(tray, text.trim()) : await onSay(text)
    setBusy(false)
    if (sent === false) return
    setText('')
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
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      void send()
    }
  }

  function closeMenu(event) {
    if (event.key !== 'Escape' || !open) return
    event.stopPropagation()
    setOpen(null)
    field.current.focus()
  }

  function pick(choice) {
    picked.current = choice.kind
    picker.current.accept = choice.accept
    picker.current.click()
    setOpen(null)
  }

  function chosen() {
    const files = [...picker.current.files]
    picker.current.value = ''
    if (files.length > 0) onTray({ kind: picked.current, files })
  }

  function paste(event) {
    const files = [...event.clipboardData.files]
    if (files.length === 0) return
    event.preventDefault()
    onTray({ kind: kindOf(files), files })
  }

  return html`<div class="composer-box" ref=${box} onKeyDown=${closeMenu}>
    ${tray && html`<${Tray} tray=${tray} onTray=${onTray} />`}
    ${
      fitting.length > 0 &&
      html`<ul class="menu" role="menu" aria-label="Команды бота" data-testid="command-list">
        ${fitting.map(
          ({ command: name, description }) =>
            html`<li key=${name} role="none"><button role="menuitem" data-testid=${`command-${name}`} onClick=${() => command(name)}><b>/${name}</b><span>${description}</span></button></li>`,
        )}
      </ul>`
    }
    ${
      open === 'attach' &&
      html`<ul class="menu attach" role="menu" aria-label="Что приложить">
        ${choices.map(
          choice =>
            html`<li key=${choice.kind} role="none"><button role="menuitem" data-testid=${`attach-${choice.kind}`} onClick=${() => pick(choice)}>
              <${Icon} name=${choice.kind === 'document' ? 'file' : choice.kind} /><span>${choice.label}</span></button></li>`,
        )}
      </ul>`
    }
    <form class="composer" onSubmit=${event => event.preventDefault()}>
      <button type="button" class="commands" data-testid="commands" aria-expanded=${open === 'commands'} aria-label="Команды бота"
        onClick=${() => setOpen(open === 'commands' ? null : 'commands')}><${Icon} name="menu" size=${20} /><span>Меню</span></button>
      <button type="button" class="round" data-testid="attach" aria-expanded=${open === 'attach'} aria-label="Приложить файл"
        onClick=${() => setOpen(open === 'attach' ? null : 'attach')}><${Icon} name="attach" /></button>
      <textarea ref=${field} rows="1" data-testid="composer" placeholder=${tray ? 'Подпись' : 'Сообщение'} aria-label=${tray ? 'Подпись' : 'Сообщение'}
        value=${text} onInput=${event => setText(event.target.value)} onKeyDown=${keys} onPaste=${paste}></textarea>
      <button type="button" class="round send" data-testid="send" aria-label="Отправить" disabled=${busy || (!tray && text.trim() === '')}
        onClick=${() => void send()}>${busy ? html`<i class="spinner"></i>` : html`<${Icon} name="send" />`}</button>
    </form>
    <input ref=${picker} type="file" multiple hidden data-testid="file-input" onChange=${chosen} />
  </div>`
}

function Tray({ tray, onTray }) {
  const { kind, files } = tray
  const [previews, setPreviews] = useState([])
  useEffect(() => {
    const urls = files.map(file => (file.type.startsWith('image/') ? URL.createObjectURL(file) : null))
    setPreviews(urls)
    return () => {
      for (const url of urls) if (url) URL.revokeObjectURL(url)
    }
  }, [files])
  const drop = index => {
    const rest = files.filter((_, at) => at !== index)
    onTray(rest.length > 0 ? { kind, files: rest } : null)
  }
  return html`<div class="tray" data-testid="tray">
    <div class="tray-files">
      ${files.map(
        (file, index) =>
          html`<div class="tray-file" key=${`${file.name}:${file.size}:${index}`}>
            ${previews[index] ? html`<img src=${previews[index]} alt="" />` : html`<span class="badge"><${Icon} name="file" /></span>`}
            <span class="file-name">${file.name}<small>${size(file.size)}</small></span>
            <button class="round small" aria-label=${`Убрать ${file.name}`} onClick=${() => drop(index)}><${Icon} name="close" size=${16} /></button>
          </div>`,
      )}
    </div>
    <label class="inline">Отправить как
      <select data-testid="tray-kind" value=${kind} onChange=${event => onTray({ kind: event.target.value, files })}>
        ${choices.map(choice => html`<option key=${choice.kind} value=${choice.kind}>${choice.label.toLowerCase()}</option>`)}
      </select>
    </label>
  </div>`
}
