import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/**
 * Returns the path to which the upstream calls back for a generation. The upstream stores the address and shows it
 * (docs/providers/kie.md, "Callbacks"), so it holds only the generation's id and a MAC of it.
 */
export const callbackPath = (generationId: string, secret: string): string =>
  `/callbacks/kie/${encodeURIComponent(generationId)}/${macOf(generationId, secret)}`

/** Returns whether we made this address, in constant time for parts of any length. */
export const isOurCallback = (generationId: string, mac: string, secret: string): boolean =>
  isSame(mac, macOf(generationId, secret))

// Five minutes either way. The provider documents no window; public clients use this one.
const toleranceMs = 300_000

/**
 * Returns whether the upstream signed this callback: base64 HMAC-SHA256 of `taskId.timestamp` (docs/providers/kie.md,
 * "Callbacks"). The signature does not cover the body, so even a signed callback is only a hint.
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

/** Returns the task id from a callback's body, in any of the documented places. */
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

// All digests have the same length, so the comparison reveals nothing about the value.
const isSame = (sent: string, wanted: string) => timingSafeEqual(digest(sent), digest(wanted))
const digest = (text: string) => createHash('sha256').update(text).digest()
