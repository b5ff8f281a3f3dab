import { openLimits } from './api/limits.ts'
import { type Chats, openChats } from './chats/chats.ts'
import type { User } from './chats/message.ts'
import { type Files, openFiles } from './files/files.ts'
import { openPayments, type Payments } from './payments/payments.ts'
import { openPresses, type Presses } from './player/presses.ts'
import type { Random } from './random.ts'
import { openSettings, type Settings, saveSettings } from './settings/settings.ts'
import type { Saved } from './snapshot.ts'
import type { ApiVersion, TelegramEvent } from './stand-in.ts'
import type { Delivery } from './updates/delivery.ts'

/** What the bot's methods and the people's moves work on. */
export type World = {
  apiVersion: ApiVersion
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

type Options = Pick<World, 'apiVersion' | 'scale' | 'httpsOnly' | 'random' | 'delivery'> & {
  bot: User
  dataDir: string | undefined
  saved: Saved | undefined
  emit(event: TelegramEvent): void
  /** Whether the send limits hold. */
  limited(): boolean
}

export function openWorld({ bot, dataDir, saved, emit, limited, ...rest }: Options): World {
  const { scale, random } = rest
  return {
    ...rest,
    chats: openChats({ bot, random, saved: saved?.chats, emit }),
    files: openFiles({ random, scale, dataDir, saved: saved?.files ?? [] }),
    payments: openPayments({ scale, random, saved: saved?.payments }),
    presses: openPresses({ scale, random }),
    settings: openSettings(saved?.settings),
    limits: openLimits(limited),
  }
}

export const saveWorld = ({ chats, delivery, payments, settings, files }: World) => ({
  chats: chats.save(),
  delivery: delivery.save(),
  payments: payments.save(),
  settings: saveSettings(settings),
  files: files.all(),
})
