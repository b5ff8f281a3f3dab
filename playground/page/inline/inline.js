import { useEffect, useState } from 'preact/hooks'
import { Dialog, fileUrl } from '../dialog.js'
import { html, Icon } from '../html.js'
import { post } from '../server.js'
import { words } from '../words.js'

const w = words.inline
// As clients do, the bot is asked once the person stops typing.
const restMs = 250

/** What the bot offers for «@bot words» in the field, or null. `place` is { userId, chatId, username }. */
export function useInline({ userId, chatId, username }, text) {
  const [answer, setAnswer] = useState(null)
  const [name, ...rest] = text.trimStart().split(' ')
  const query = name === `@${username}` && rest.length > 0 ? rest.join(' ').trim() : undefined
  useEffect(() => {
    setAnswer(null)
    if (query === undefined) return
    let alive = true
    const timer = setTimeout(async () => {
      const place = chatId === userId ? {} : { chatId }
      const next = await post(`/api/people/${userId}/inline`, { query, ...place }).catch(() => ({ expired: true }))
      if (alive) setAnswer(next)
    }, restMs)
    return () => {
      alive = false
      clearTimeout(timer)
    }
  }, [query, userId, chatId])
  return answer
}

/** The results over the field; the button above them opens the bot with what it carries. */
export function InlineResults({ answer, userId, onSent }) {
  const { expired, results = [], button, queryId } = answer
  const send = async ({ id }) => {
    onSent()
    await post(`/api/people/${userId}/inline/choose`, { queryId, resultId: id })
  }
  return html`<ul class="menu offers" aria-label=${w.title} data-testid="inline-results">
    ${button?.start && html`<li key="button"><a class="offers-button" data-testid="inline-button" href=${`?person=${userId}&start=${button.start}`}>${button.text}</a></li>`}
    ${(expired || (results.length === 0 && !button)) && html`<li key="none"><p class="quiet">${expired ? w.expired : w.nothing}</p></li>`}
    ${results.map(
      result =>
        html`<li key=${result.id}><button data-testid=${`inline-${result.id}`} onClick=${() => void send(result)}>
          ${result.fileId && result.type === 'photo' ? html`<img src=${fileUrl(result.fileId)} alt="" />` : html`<${Icon} name=${icons[result.type] ?? 'file'} />`}
          <span><b>${result.title ?? words.media[result.type] ?? result.type}</b>${result.description && html`<small>${result.description}</small>`}</span>
        </button></li>`,
    )}
  </ul>`
}

const icons = { photo: 'photo', video: 'video', audio: 'audio', voice: 'voice' }

/** Where a button that switches to inline mode leads: the groups that it allows. onChoose(groupId). */
export function WhereSheet({ switchTo, groups, onChoose, onClose }) {
  const fits = switchTo.chat === 'any' || switchTo.chat.includes('group')
  const offered = fits ? groups : []
  return html`<${Dialog} label=${w.where} testid="where-sheet" onClose=${onClose}>
    <h2>${w.where}</h2>
    ${offered.length === 0 && html`<p class="quiet">${fits ? w.noGroups : w.notGroups}</p>`}
    <ul>${offered.map(({ id, title }) => html`<li key=${id}><button class="person" data-testid=${`where-${id}`} onClick=${() => onChoose(id)}><span class="person-name">${title}</span></button></li>`)}</ul>
    <div class="choices"><button class="plain" onClick=${onClose}>${words.cancel}</button></div>
  </>`
}
