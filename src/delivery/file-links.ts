import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'

/** Milliseconds. Anyone with the link has the file, so it expires after a weekend. «Send again» makes a new one. */
export const linkLifeMs = 3 * 86_400_000

/** The route that `filePath` fills in. */
export const fileRoute = '/files/:generation/:n/:expires/:mac'
export const FileParams = Type.Object({
  generation: Type.String(),
  n: Type.String(),
  expires: Type.String(),
  mac: Type.String(),
})

/** Where the n-th output of a generation can be downloaded until `until`, to the second. */
export function filePath(generationId: string, n: number, until: Date, secret: string): string {
  const expires = String(Math.floor(until.getTime() / 1000))
  return `/files/${generationId}/${n}/${expires}/${macOf(generationId, String(n), expires, secret)}`
}

/** Returns the file that a path names, if we made the path and it has not expired. Takes the same time whatever is wrong. */
export function fileOfPath(
  { generation, n, expires, mac }: typeof FileParams.static,
  secret: string,
  nowMs: number,
): { generationId: string; n: number } | undefined {
  // Digests have one length, so the comparison reveals nothing.
  const isOurs = timingSafeEqual(digest(mac), digest(macOf(generation, n, expires, secret)))
  const isAlive = nowMs < Number(expires) * 1000
  return isOurs && isAlive ? { generationId: generation, n: Number(n) } : undefined
}

// The secret serves callbacks as well: each purpose has a key of its own, and its name under the MAC.
const purpose = 'telegen file link'
const macOf = (generation: string, n: string, expires: string, secret: string) =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)))
    .update(JSON.stringify([purpose, generation, n, expires]))
    .digest('base64url')
const digest = (text: string) => createHash('sha256').update(text).digest()
