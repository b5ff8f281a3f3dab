import { useState } from 'preact/hooks'
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

/**
 * Changes made with a switch: [what to say of the last one, attempt(move, said)]. `said` is shown once `move` has
 * succeeded, and the reason of a refusal otherwise.
 */
export function useAttempt() {
  const [status, setStatus] = useState('')
  async function attempt(move, said) {
    try {
      await move()
      setStatus(said)
    } catch (error) {
      setStatus(error.message)
    }
  }
  return [status, (move, said) => void attempt(move, said)]
}
