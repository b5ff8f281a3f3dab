import type { Message } from 'telegraf/types'
import type { Media } from '../../i18n/ordering.ts'

/** A file of a message, as Telegram describes it. */
export type SentFile = {
  fileId: string
  /** Bytes. */
  size: number | undefined
  /** The kind by Telegram; where `isSure` is false, by the sender's program, and the content decides. */
  media: Media | undefined
  isSure: boolean
  fileName?: string | undefined
}
/** With what tells it from others: `key` is the same whoever sends the file, and however often. */
export type MessageFile = SentFile & { key: string; mime: string; as: 'photo' | 'document' | 'other' }

type Described = { file_id: string; file_unique_id: string; file_size?: number; file_name?: string; mime_type?: string }

/** The file of a message, if there is one; of a photo its largest size. */
export function fileOf(message: object): MessageFile | undefined {
  const sent = message as Partial<
    Record<'video' | 'video_note' | 'animation' | 'audio' | 'voice' | 'document', Described>
  > &
    Pick<Partial<Message.PhotoMessage>, 'photo'>
  const largest = sent.photo?.at(-1)
  if (largest) return described(largest, 'image', true, 'photo')
  // Before the document: Telegram sends both of them.
  const film = sent.animation ?? sent.video ?? sent.video_note
  if (film) return described(film, 'video', true)
  if (sent.voice) return described(sent.voice, 'audio', true)
  if (sent.audio) return described(sent.audio, 'audio', false)
  if (!sent.document) return undefined
  const reported = /^(image|video|audio)\//.exec(sent.document.mime_type ?? '')?.[1] as Media | undefined
  return described(sent.document, reported, false, 'document')
}

function described(
  file: Described,
  media: Media | undefined,
  isSure: boolean,
  as: MessageFile['as'] = 'other',
): MessageFile {
  const { file_id: fileId, file_unique_id: key, file_size: size, file_name: fileName, mime_type: mime = '' } = file
  return { fileId, key, size, media, isSure, fileName, mime, as }
}
