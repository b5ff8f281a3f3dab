import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TelegramStandIn } from '../telegram/server.ts'
import { Refusal } from './refusal.ts'

const mediaKinds = ['photo', 'document', 'audio', 'video', 'voice'] as const
type MediaKind = (typeof mediaKinds)[number]

export const uploadLimits = {
  // Past the 20 MB a bot may fetch, so that its answer to a file too big can be seen too. Bytes.
  fileSize: 60 * 1024 * 1024,
  files: 10, // an album of Telegram holds no more
  fields: 5,
  fieldSize: 20_000,
}

/** A form with `kind`, `caption`, `replyTo`, `threadId` and one file or more; anything else is a Refusal. */
export async function readUpload(request: FastifyRequest) {
  if (!request.isMultipart())
    throw new Refusal(415, 'invalid', {
      ru: 'Файлы присылают как multipart/form-data',
      en: 'Files are sent as multipart/form-data',
    })
  let kind: MediaKind | undefined
  let caption = ''
  const numbers: { replyTo?: number; threadId?: number } = {}
  const files: { fileName: string; mime: string; bytes: Uint8Array }[] = []
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      files.push({ fileName: part.filename || 'file', mime: part.mimetype, bytes: await part.toBuffer() })
    } else if (part.fieldname === 'kind') kind = mediaKinds.find(known => known === part.value)
    else if (part.fieldname === 'caption') caption = String(part.value)
    else if (part.fieldname === 'replyTo' || part.fieldname === 'threadId') {
      numbers[part.fieldname] = Number(part.value)
    }
  }
  if (!kind) {
    const names = mediaKinds.join(', ')
    throw new Refusal(400, 'invalid', { ru: `kind: одно из ${names}`, en: `kind: one of ${names}` })
  }
  if (files.length === 0) throw new Refusal(400, 'invalid', { ru: 'Нет ни одного файла', en: 'There is no file' })
  if (files.some(file => file.bytes.length === 0)) {
    throw new Refusal(400, 'invalid', { ru: 'Пустой файл не отправить', en: 'An empty file cannot be sent' })
  }
  for (const [key, number] of Object.entries(numbers)) {
    if (!(Number.isSafeInteger(number) && number > 0))
      throw new Refusal(400, 'invalid', { ru: `${key}: номер сообщения`, en: `${key}: the number of a message` })
  }
  return { kind, caption, ...numbers, files }
}

type StoredFile = NonNullable<ReturnType<TelegramStandIn['player']['file']>>

/** Answers with the file or the requested part of it; `wantsDownload` keeps the browser from showing it. */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: StoredFile, wantsDownload: boolean) {
  // A person may upload a page of HTML; opened from here it must stay a file and never become our page.
  const shown = /^(image\/(png|jpeg|webp|gif)|video\/[\w.+-]+|audio\/[\w.+-]+)$/.test(file.mime)
  const place = shown && !wantsDownload ? 'inline' : 'attachment'
  reply.headers({
    'content-type': shown ? file.mime : 'application/octet-stream',
    'content-disposition': `${place}; filename*=UTF-8''${encodeURIComponent(file.fileName).replaceAll("'", '%27')}`,
    'content-security-policy': "default-src 'none'; media-src 'self'; img-src 'self'; sandbox",
    'cache-control': 'private, max-age=600',
  })
  return sendRange(request, reply, file.bytes)
}

/** Browsers seek in a video by asking for a part of it. */
function sendRange(request: FastifyRequest, reply: FastifyReply, bytes: Uint8Array) {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  reply.header('accept-ranges', 'bytes')
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  if (!range || (range[1] === '' && range[2] === '')) return reply.send(whole)
  const last = whole.length - 1
  const [from, to] =
    range[1] === ''
      ? [Math.max(0, whole.length - Number(range[2])), last]
      : [Number(range[1]), range[2] === '' ? last : Math.min(Number(range[2]), last)]
  if (from > to) {
    reply.code(416).header('content-range', `bytes */${whole.length}`)
    return reply.send('')
  }
  reply.code(206).header('content-range', `bytes ${from}-${to}/${whole.length}`)
  return reply.send(whole.subarray(from, to + 1))
}
