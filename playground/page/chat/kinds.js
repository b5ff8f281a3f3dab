/** The ways to send a file. */
export const kinds = [
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
