import { randomBytes } from 'node:crypto'
import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import { request as fetchUrl } from 'undici'
import { isRecord } from './answers.ts'
import type { Files, Stored } from './files.ts'

const LARGEST = 100 * 1024 * 1024
const FETCH_MS = 30_000
const LINK_MS = 20 * 60_000

const MIME_BY_EXTENSION: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  mkv: 'video/x-matroska',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  m4a: 'audio/mp4',
  ogg: 'audio/ogg',
}

type Options = { files: Files; stop: AbortSignal }

/** The three ways to upload and the link for downloads, as the upload host answers them. */
export async function uploadRoutes(server: FastifyInstance, { files, stop }: Options) {
  await server.register(multipart, { limits: { fileSize: LARGEST, files: 1 } })

  server.post('/api/file-stream-upload', async request => {
    const fields: Record<string, unknown> = {}
    let bytes: Buffer | undefined
    let mime = ''
    let ownName = ''
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = part.value
      else if (part.fieldname === 'file') [bytes, mime, ownName] = [await part.toBuffer(), part.mimetype, part.filename]
      else return refuse(`${part.fieldname} is not a field of an upload`)
    }
    if (!bytes) return refuse('file is required')
    return keep(files, { fields, allowed: ['uploadPath', 'fileName'], bytes, mime, ownName })
  })

  server.post('/api/file-base64-upload', { bodyLimit: 20 * 1024 * 1024 }, async ({ body }) => {
    if (!isRecord(body) || typeof body.base64Data !== 'string') return refuse('base64Data is required')
    const [, mime, data] = /^(?:data:([^;,]+);base64,)?(.*)$/s.exec(body.base64Data)!
    if (!data || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return refuse('base64Data is invalid')
    const allowed = ['base64Data', 'uploadPath', 'fileName']
    return keep(files, { fields: body, allowed, bytes: Buffer.from(data, 'base64'), mime: mime ?? '', ownName: '' })
  })

  server.post('/api/file-url-upload', async ({ body }) => {
    if (!isRecord(body) || typeof body.fileUrl !== 'string') return refuse('fileUrl is required')
    if (!/^https?:\/\//.test(body.fileUrl) || !URL.canParse(body.fileUrl)) return refuse('fileUrl is invalid')
    try {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(FETCH_MS)])
      const answer = await fetchUrl(body.fileUrl, {
        signal,
        headers: { 'user-agent': 'Mozilla/5.0', connection: 'close' },
      })
      const bytes = Buffer.from(await answer.body.arrayBuffer())
      if (answer.statusCode !== 200 || bytes.length > LARGEST) return refuse('Failed to get the file information')
      const mime = String(answer.headers['content-type'] ?? '').split(';')[0]!
      const allowed = ['fileUrl', 'uploadPath', 'fileName']
      return await keep(files, { fields: body, allowed, bytes, mime, ownName: new URL(body.fileUrl).pathname })
    } catch {
      return refuse('Failed to get the file information')
    }
  })

  server.post('/api/v1/common/download-url', async ({ body }) => {
    const path = isRecord(body) && typeof body.url === 'string' ? files.pathOf(body.url) : undefined
    // Only for files made by the models, not for uploads.
    if (path === undefined || !files.stored.get(path)?.recipe) return { code: 422, msg: 'url is wrong', data: null }
    return { code: 200, msg: 'success', data: `${files.urlOf(path)}?expires=${Date.now() + LINK_MS}` }
  })
}

type Received = {
  fields: Record<string, unknown>
  /** Names of fields that this way of uploading has. */
  allowed: string[]
  bytes: Buffer
  mime: string
  /** The file name that came with the bytes. */
  ownName: string
}

/** Stores an upload and returns the answer to it. */
async function keep(files: Files, { fields, allowed, bytes, mime, ownName }: Received) {
  const strange = Object.keys(fields).find(name => !allowed.includes(name))
  if (strange !== undefined) return refuse(`${strange} is not a field of an upload`)
  const { uploadPath, fileName } = fields
  if (typeof uploadPath !== 'string' || uploadPath === '') return refuse('uploadPath is required')
  if (fileName !== undefined && (typeof fileName !== 'string' || fileName === '')) return refuse('fileName is invalid')
  if (bytes.length === 0) return refuse('file is empty')
  const name = fileName ?? `${Date.now()}-${randomBytes(6).toString('hex')}.${extensionOf(ownName, mime)}`
  const path = `kieai/136592/${uploadPath.replace(/^\/+|(?<!\/)\/+$/g, '')}/${name}`
  if (path.split('/').some(part => part === '' || part === '..' || part === '.')) return refuse('uploadPath is invalid')
  const declared = mime && mime !== 'application/octet-stream' ? mime : MIME_BY_EXTENSION[extensionOf(name, '')]
  const entry = await files.put(path, bytes, declared ?? 'application/octet-stream')
  return uploaded(files, entry, name)
}

const uploaded = (files: Files, entry: Stored, fileName: string) => ({
  success: true,
  code: 200,
  msg: 'File uploaded successfully',
  data: {
    success: true,
    fileName,
    filePath: entry.path,
    downloadUrl: files.urlOf(entry.path),
    fileSize: entry.bytes,
    mimeType: entry.mime,
    uploadedAt: new Date().toISOString(),
  },
})

const refuse = (msg: string) => ({ success: false, code: 400, msg, data: null })

function extensionOf(name: string, mime: string): string {
  const own = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]
  return own?.toLowerCase() ?? Object.entries(MIME_BY_EXTENSION).find(([, known]) => known === mime)?.[0] ?? 'bin'
}
