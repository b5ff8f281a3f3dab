import { useState } from 'preact/hooks'
import { kindOf } from './kinds.js'

/** Files dragged over the chat: [whether there are any now, handlers]; onFiles gets { kind, files }. */
export function useDrop(onFiles) {
  const [dropping, setDropping] = useState(false)
  const handlers = {
    onDragOver(event) {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      setDropping(true)
    },
    onDragLeave(event) {
      if (!event.currentTarget.contains(event.relatedTarget)) setDropping(false)
    },
    onDrop(event) {
      event.preventDefault()
      setDropping(false)
      const files = [...event.dataTransfer.files]
      if (files.length > 0) onFiles({ kind: kindOf(files), files })
    },
  }
  return [dropping, handlers]
}
