import { randomInt } from 'node:crypto'
import { openRunner } from './calls.ts'
import { openChats, type User } from './chats.ts'
import { openDelivery } from './delivery.ts'
import { openFiles } from './files.ts'
import { serve } from './http.ts'
import { openLimits } from './limits.ts'
import { openPayments } from './payments.ts'
import { openPlayer } from './player.ts'
import { openPresses } from './presses.ts'
import { type Random, seeded } from './random.ts'
import { commandsFor, openSettings, saveSettings } from './settings.ts'
import { load, openSnapshot } from './snapshot.ts'
import type { World } from './world.ts'

export type Person = { id: number; firstName: string; username?: string; languageCode: string; blocked: boolean }
export type Button = { text: string; data?: string; url?: string; pay?: boolean }
export type MediaView = {
  kind: 'photo' | 'video' | 'audio' | 'voice' | 'document' | 'animation'
  fileId: string
  fileName: string
  mime: string
  bytes: number
  width?: number
  height?: number
}
export type MessageView = {
  messageId: number
  from: 'bot' | 'person'
  /** Unix seconds. */
  date: number
  editedAt?: number
  text?: string
  entities?: object[]
  /** Text or caption with Telegram's own tags only, everything else escaped. */
  html?: string
  media?: MediaView
  albumId?: string
  buttons: Button[][]
  invoice?: {
    title: string
    description: string
    currency: string
    amount: number
    payload: string
    paid: boolean
  }
  /** A line of the chat itself, such as "payment received". */
  service?: string
}
export type BotCall = {
  /** Unix ms. */
  at: number
  method: string
  /** Parsed; files as {fileName, mime, bytes, sha256}. */
  fields: Record<string, unknown>
  /** 0 when the connection was cut. */
  status: number
  description?: string
  ms: number
  /** Parameters the method does not have: ignored, but worth a test's attention. */
  unknown?: string[]
}
export type TelegramEvent = {
  type: 'message' | 'edit' | 'delete' | 'call' | 'person' | 'webhook'
  userId?: number
  messageId?: number
}
/** What answerCallbackQuery brought. */
export type Press = { text?: string; showAlert: boolean } | 'expired'
type Upload = {
  kind: 'photo' | 'document' | 'audio' | 'video' | 'voice'
  fileName: string
  mime: string
  bytes: Uint8Array
  caption?: string
  albumId?: string
}
type Paid = { ok: boolean; error?: string }

export type TelegramStandIn = {
  /** "http://127.0.0.1:PORT". */
  apiRoot: string
  token: string
  bot: { id: number; username: string; firstName: string }
  /** Newest last, the last 5,000. */
  calls: BotCall[]
  /** Updates and their acknowledgement: `deliveredAt` (unix ms) is set on 2xx, or by the next getUpdates. */
  updates: { updateId: number; kind: string; deliveredAt?: number; tries: number; update: object }[]
  /** What the menu button shows; for the language and chat of one person: `commandsFor`. */
  commands: { command: string; description: string }[]
  commandsFor(userId: number): { command: string; description: string }[]
  /** Persons' mistakes (an unknown person, a button that is not there) are thrown as errors. */
  player: {
    people(): Person[]
    addPerson(p: { id?: number; firstName: string; username?: string; languageCode?: string }): Person
    setLanguage(userId: number, code: string): void
    /** Also sends my_chat_member. */
    block(userId: number, blocked: boolean): void
    /** Oldest first, deleted ones gone. A group's id works too. */
    chat(userId: number): MessageView[]
    /** "/start payload" from a link; unblocks, as the restart button does. */
    open(userId: number, payload?: string): MessageView
    say(userId: number, text: string): MessageView
    send(userId: number, file: Upload): Promise<MessageView>
    /** Refuses a button that is not on the message now, unless forced. */
    press(
      userId: number,
      messageId: number,
      button: { data: string } | { text: string },
      force?: boolean,
    ): Promise<Press>
    /** Every successful call is another charge, also for an invoice that was paid before. */
    pay(userId: number, messageId: number): Promise<Paid>
    /** Pays a forwarded copy of somebody else's invoice. */
    payCopy(userId: number, from: { userId: number; messageId: number }): Promise<Paid>
    /** Pays a link of createInvoiceLink. */
    payLink(userId: number, url: string): Promise<Paid>
    file(fileId: string): { bytes: Uint8Array; mime: string; fileName: string } | undefined
    /** Queues any odd update (update_id is added); gives its id. */
    raw(update: object): number
    /** Delivers an old update once more. */
    redeliver(updateId: number): void
    /** A group the bot is in; gives its (negative) id. */
    addGroup(title: string): number
    sayIn(groupId: number, userId: number, text: string, threadId?: number): MessageView
  }
  /** Switches that may be turned at any time. */
  faults: {
    /** The next n send calls answer 429 with `retryAfterS`. */
    status429: number
    retryAfterS: number
    /** The next n calls answer 500 "restart". */
    serverError: number
    /** The next n send calls do the work, then cut the connection. */
    answerLost: number
    /** The next n calls answer an HTML page with status 502. */
    htmlAnswer: number
    /** The next n albums are refused as a whole: 400 "group send failed". */
    albumRefused: number
    /** Delay of every call. */
    slowMs: number
    /** Updates stay queued. */
    deliveryPaused: boolean
    /** The next n successful payments are charged, but their update never comes. */
    paymentLost: number
    /** False: the bot may send as fast as it likes. */
    limits: boolean
  }
  on(listener: (event: TelegramEvent) => void): () => void
  close(): Promise<void>
}

/**
 * A Bot API server on 127.0.0.1 that is as strict as the real one. `dataDir` keeps chats and files across runs;
 * `timeScale` 0.1 makes waits ten times shorter (retries, expiry, the time to answer a press), never the send limits.
 */
export async function startTelegram(options: {
  port?: number
  dataDir?: string
  seed?: number
  timeScale?: number
  token?: string
  /** Refuse webhooks that the real server would refuse: plain http and unusual ports. */
  httpsOnly?: boolean
}): Promise<TelegramStandIn> {
  const { dataDir, timeScale: scale = 1 } = options
  const saved = dataDir === undefined ? undefined : await load(dataDir)
  const runs = saved?.runs ?? 0
  const random = seeded((options.seed ?? randomInt(2 ** 31)) + runs * 7919)
  const token = options.token ?? saved?.token ?? newToken(random)
  const bot: User = {
    id: Number(token.split(':')[0]),
    is_bot: true,
    first_name: 'Telegen',
    username: 'telegen_playground_bot',
  }

  const listeners = new Set<(event: TelegramEvent) => void>()
  const emit = (event: TelegramEvent) => {
    for (const listener of [...listeners]) listener(event)
  }
  const calls: BotCall[] = []
  let isPaused = false
  const faults: TelegramStandIn['faults'] = {
    status429: 0,
    retryAfterS: 1,
    serverError: 0,
    answerLost: 0,
    htmlAnswer: 0,
    albumRefused: 0,
    slowMs: 0,
    paymentLost: 0,
    limits: true,
    get deliveryPaused() {
      return isPaused
    },
    set deliveryPaused(paused) {
      isPaused = paused
      delivery.pump()
    },
  }

  const delivery = openDelivery({
    scale,
    random,
    saved: saved?.delivery,
    paused: () => isPaused,
    emit,
    // The outcome of a call in the answer to a delivery is told to nobody, as on the real server.
    execute: (method, fields) => void run(method, fields, new Map()).catch(() => {}),
  })
  const world: World = {
    scale,
    httpsOnly: options.httpsOnly ?? false,
    random,
    delivery,
    chats: openChats({ bot, random, saved: saved?.chats, emit }),
    files: openFiles({ random, scale, dataDir, saved: saved?.files ?? [] }),
    payments: openPayments({ scale, random, saved: saved?.payments }),
    presses: openPresses({ scale, random }),
    settings: openSettings(saved?.settings),
    limits: openLimits(() => faults.limits),
  }
  const snapshot = openSnapshot(dataDir, () => ({
    token,
    runs: runs + 1,
    chats: world.chats.save(),
    delivery: delivery.save(),
    payments: world.payments.save(),
    settings: saveSettings(world.settings),
    files: world.files.all(),
  }))
  const { changed } = snapshot
  const run = openRunner({ world, calls, faults, changed, emit })
  const lose = () => faults.paymentLost > 0 && faults.paymentLost-- > 0
  const { apiRoot, close } = await serve({ port: options.port ?? 0, token, run, download: world.files.download })
  delivery.pump()

  return {
    apiRoot,
    token,
    bot: { id: bot.id, username: bot.username!, firstName: bot.first_name },
    calls,
    updates: delivery.journal,
    get commands() {
      return commandsFor(world.settings)
    },
    commandsFor: userId => commandsFor(world.settings, world.chats.person(userId)),
    player: openPlayer(world, { changed, lose }),
    faults,
    on(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      delivery.close()
      world.presses.close()
      world.payments.close()
      await close()
      await snapshot.close()
    },
  }
}

/** The shape of a real token: the bot's id, a colon, 35 characters. */
const newToken = (random: Random) => `${random.digits(10)}:AA${random.letters(33)}`
