import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { clockSeconds, dayAndClock } from '../format.js'
import { html } from '../html.js'
import { words } from '../words.js'

// Below this there is room for the columns that matter most only. Pixels.
const roomyFrom = 640

/**
 * A table of what is known, newest first. `columns` are { name, label?, width, kind?, wide?, title?(row), cell(row) }; one
 * marked `wide` is shown only where there is room. `detail(row)` is what a press on a row opens beneath it.
 */
export function Rows({ label, columns, rows, rowKey, detail, empty, testid }) {
  const [open, setOpen] = useState(null)
  const box = useRef()
  const roomy = useRoomy(box)
  const fresh = useFresh(rows, rowKey)
  const shown = columns.filter(({ wide }) => roomy || !wide)
  if (!rows || rows.length === 0) return html`<p class="empty" ref=${box}>${rows ? empty : words.office.reading}</p>`
  return html`<table class="rows" aria-label=${label} data-testid=${testid} ref=${box}>
    <thead><tr>${shown.map(({ name, label = words.office.columns[name], kind, width }) => html`<th key=${name} scope="col" class=${kind} style=${width ? { width } : undefined}>${label}</th>`)}</tr></thead>
    <tbody>
      ${rows.map(row => {
        const key = rowKey(row)
        const toggle = () => setOpen(open === key ? null : key)
        const line = html`<tr key=${key} data-testid="row" data-key=${key} class=${fresh.has(key) ? 'fresh' : ''} data-open=${open === key} onClick=${detail && toggle}>
          ${shown.map(({ name, kind, width, title, cell }, index) => {
            const content = cell(row)
            return html`<td key=${name} class=${width ? kind : 'main'} title=${title?.(row) ?? (typeof content === 'string' ? content : undefined)}>${
              detail && index === 0
                ? html`<button class="row-toggle" aria-expanded=${open === key} onClick=${event => {
                    event.stopPropagation()
                    toggle()
                  }}>${content}</button>`
                : content
            }</td>`
          })}
        </tr>`
        if (!detail || open !== key) return line
        return [
          line,
          html`<tr key=${`${key} detail`} class="detail"><td colspan=${shown.length}>${detail(row)}</td></tr>`,
        ]
      })}
    </tbody>
  </table>`
}

function useRoomy(box) {
  const [roomy, setRoomy] = useState(false)
  useLayoutEffect(() => {
    const { parentElement } = box.current
    const look = () => setRoomy(parentElement.clientWidth >= roomyFrom)
    look()
    const observer = new ResizeObserver(look)
    observer.observe(parentElement)
    return () => observer.disconnect()
  }, [])
  return roomy
}

/** Keys of the rows that came after the first reading: they light up for a moment. */
function useFresh(rows, rowKey) {
  const seen = useRef(null)
  const fresh = new Set()
  const keys = rows?.map(rowKey)
  if (seen.current && keys) for (const key of keys) if (!seen.current.has(key)) fresh.add(key)
  useEffect(() => {
    if (!keys) return
    // Kept for as long as the light lasts: another reading must not put it out half way.
    const timer = setTimeout(() => {
      seen.current = new Set(keys)
    }, 1_200)
    return () => clearTimeout(timer)
  })
  return fresh
}

const today = at => new Date(at).toDateString() === new Date().toDateString()

/** When: only the time for today, with the day before it otherwise. */
export const When = ({ at }) =>
  html`<time datetime=${new Date(at).toISOString()}>${today(at) ? clockSeconds(at) : dayAndClock(at)}</time>`

export const Chip = ({ tone, children, ...rest }) =>
  html`<span class=${`chip ${tone ?? ''}`} ...${rest}>${children}</span>`

/** What an empty list says: why the books did not answer, or that there is nothing yet. */
export const emptyText = (answer, none) => (answer && !answer.available ? words.office[answer.reason] : none)

/** Anything, as it is. */
export const Json = ({ value }) => html`<pre class="json">${JSON.stringify(value, null, 2)}</pre>`

export const nameOf = (people, userId) =>
  people.find(({ id }) => id === Number(userId))?.firstName ?? String(userId ?? '—')
