import type { Chats } from './chats.ts'
import type { Delivery } from './delivery.ts'
import type { Files } from './files.ts'
import type { openLimits } from './limits.ts'
import type { Payments } from './payments.ts'
import type { Presses } from './presses.ts'
import type { Random } from './random.ts'
import type { Settings } from './settings.ts'

/** What the methods of the bot and the hands of the people work on. */
export type World = {
  scale: number
  httpsOnly: boolean
  random: Random
  chats: Chats
  files: Files
  delivery: Delivery
  payments: Payments
  presses: Presses
  settings: Settings
  limits: ReturnType<typeof openLimits>
}
