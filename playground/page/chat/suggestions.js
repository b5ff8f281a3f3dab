import { useState } from 'preact/hooks'
import { words } from '../words.js'
import { samplePhoto } from './sample.js'

/** What a hint does when it is chosen; `sample` is the { file, url } that the hint about a photo offers, or null. */
export function useSuggestions({ moves, onTab, showToast }) {
  const [sample, setSample] = useState(null)
  async function suggest({ payload, photo, breaks }) {
    if (photo) {
      const file = await samplePhoto()
      setSample({ file, url: URL.createObjectURL(file) })
    }
    if (breaks) {
      if (!(await moves.failNext())) return
      onTab('orders')
      showToast(words.intro.breaking)
    }
    await moves.open(payload)
  }
  return { sample, setSample, suggest }
}
