import { words } from '../words.js'

const names = words.composer.kinds

/** The ways to send a file. */
export const kinds = [
  { kind: 'photo', label: names.photo, accept: 'image/*' },
  { kind: 'document', label: names.document, accept: '' },
  { kind: 'audio', label: names.audio, accept: 'audio/*' },
  { kind: 'video', label: names.video, accept: 'video/*' },
  { kind: 'voice', label: names.voice, accept: 'audio/*' },
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
