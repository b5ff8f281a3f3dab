import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/**
 * Where the upstream calls back for a generation. The address is stored and echoed there (docs/providers/kie.md,
 * "Callbacks"): it holds the generation's id and a MAC of it, nothing secret.
 */
export const callbackPath = (generationId: string, secret: string): string =>
  `/callbacks/kie/${encodeURIComponent(generationId)}/${macOf(generationId, secret)}`

/** Whether we made this address. Constant time for parts of any length. */
export const isOurCallback = (generationId: string, mac: string, secret: string): boolean =>
  isSame(mac, macOf(generationId, secret))

// Five minutes both ways: no window is documented, and public clients use this one.
const toleranceMs = 300_000

/**
 * Whether the upstream signed this callback: base64 HMAC-SHA256 of `taskId.timestamp` (docs/providers/kie.md,
 * "Callbacks"). The body is not under the signature, so a signed callback is still a hint only.
 */
export function isSigned(
  headers: Record<string, string | string[] | undefined>,
  taskId: string,
  key: string,
  nowMs: number,
): boolean {
  const timestamp = headers['x-webhook-timestamp']
  const signature = headers['x-webhook-signature']
  if (key === '' || typeof timestamp !== 'string' || typeof signature !== 'string') return false
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs - Number(timestamp) * 1_000) > toleranceMs) return false
  return isSame(signature, createHmac('sha256', key).update(`${taskId}.${timestamp}`).digest('base64'))
}

const Id = Type.String({ pattern: '^[!-~]{1,200}$' })
const Camel = Type.Object({ taskId: Id })
const Snake = Type.Object({ task_id: Id })
const Wrapped = Type.Object({ data: Type.Unknown() })

/** The task that a callback's body names, in any of the documented places. */
export function taskIdOf(body: unknown): string | undefined {
  const places = Value.Check(Wrapped, body) ? [body.data, body] : [body]
  for (const place of places) {
    if (Value.Check(Camel, place)) return place.taskId
    if (Value.Check(Snake, place)) return place.task_id
  }
  return undefined
}

const macOf = (generationId: string, secret: string) =>
  createHmac('sha256', secret).update(`kie-callback:${generationId}`).digest('base64url')

// Digests are equally long whatever was sent, so the comparison tells nothing.
const isSame = (sent: string, wanted: string) => timingSafeEqual(digest(sent), digest(wanted))
const digest = (text: string) => createHash('sha256').update(text).digest()
