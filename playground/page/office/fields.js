import { html } from '../html.js'

/** A number of zero or more; reported when the person leaves the field, not at each digit. */
export function NumberField({ label, testid, value, step = 1, onChange }) {
  const done = event => {
    const number = Number(event.target.value)
    if (event.target.value !== '' && Number.isFinite(number) && number >= 0 && number !== value) onChange(number)
  }
  return html`<label class="field number">${label}
    <input type="number" min="0" step=${step} data-testid=${testid} value=${value} onChange=${done} />
  </label>`
}
