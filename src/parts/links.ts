import { filePath, linkLifeMs } from '../delivery/file-links.ts'
import type { DeliverOptions } from '../jobs/delivery/delivery.ts'
import type { Deps } from '../payments/order.ts'
import { callbackPath } from '../upstream/callbacks.ts'
import type { Settings } from './part.ts'

type Public = Pick<Settings, 'publicUrl' | 'callbackSecret'>

/** Returns what makes the address of a generation's callback; it makes none without a public address. */
export const callbackAddresses =
  ({ publicUrl, callbackSecret }: Public): Deps['callbackUrl'] =>
  id =>
    publicUrl && callbackSecret ? `${publicUrl}${callbackPath(id, callbackSecret)}` : undefined

/** Returns what makes a link to a kept output, which lives three days or as long as the file; undefined without a public address. */
export function fileLinks({ publicUrl, callbackSecret }: Public): DeliverOptions['linkTo'] {
  if (!publicUrl || !callbackSecret) return undefined
  return (id, n, keptUntil) => {
    const until = new Date(Math.min(Date.now() + linkLifeMs, keptUntil.getTime()))
    return { url: `${publicUrl}${filePath(id, n, until, callbackSecret)}`, until }
  }
}
