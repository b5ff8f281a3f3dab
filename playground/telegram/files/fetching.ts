import type { Upload } from '../api/fields.ts'
import { bad } from '../api/refusal.ts'
import type { Kind } from './media.ts'

/**
 * Fetches a file that the bot sends by its address. Only loopback is within reach, so that no test leaves the machine.
 * Limits: https://core.telegram.org/bots/api#sending-files
 */
export async function fetchForBot(kind: Kind, address: string): Promise<Upload> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
    throw bad('failed to get HTTP URL content')
  }
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(20_000) }).catch(() => undefined)
  if (!answer?.ok) throw bad('failed to get HTTP URL content')
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (bytes.length > (kind === 'photo' ? 5 : 20) * 1024 * 1024) throw bad('file is too big')
  const mime = (answer.headers.get('content-type') ?? '').split(';')[0]!.trim()
  if (kind === 'document' && !['image/gif', 'application/pdf', 'application/zip'].includes(mime)) {
    throw bad('wrong type of the web page content')
  }
  return { fileName: decodeURIComponent(url.pathname.split('/').at(-1) ?? ''), mime, bytes }
}
