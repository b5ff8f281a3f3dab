import type { RichMessage } from './rich/wire.ts'

/** The version of the Bot API that the stand-in speaks: today's, or that of an old local server. */
export type ApiVersion = '10.3' | '7.1'
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
  /** Clients write «edited» beside the time: its words or its file changed, not only its buttons. */
  edited?: true
  /** Sent by opening a link: clients show «/start» without what the link carries. */
  byLink?: true
  /** The message this one answers, which may be deleted by now. */
  replyTo?: number
  text?: string
  entities?: object[]
  /** Text or caption with Telegram's own tags only, everything else escaped. */
  html?: string
  /** A message of blocks; `text` holds its words. */
  rich?: RichMessage
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
  type: 'message' | 'edit' | 'delete' | 'call' | 'person' | 'webhook' | 'action'
  userId?: number
  messageId?: number
  /** What the bot does for the next five seconds, or until its next message: `typing`, `upload_photo` … */
  action?: string
}
/** The bot's answerCallbackQuery. */
export type Press = { text?: string; showAlert: boolean } | 'expired'
type Upload = {
  kind: 'photo' | 'document' | 'audio' | 'video' | 'voice'
  fileName: string
  mime: string
  bytes: Uint8Array
  caption?: string
  albumId?: string
}
type Reply = { replyTo?: number }
export type Paid = { ok: boolean; error?: string }

export type Player = {
  people(): Person[]
  addPerson(p: { id?: number; firstName: string; username?: string; languageCode?: string }): Person
  setLanguage(userId: number, code: string): void
  /** Also sends my_chat_member. */
  block(userId: number, blocked: boolean): void
  /** Oldest first, deleted ones gone. A group's id works too. */
  chat(userId: number): MessageView[]
  /** Messages of this person that the bot has not received yet. */
  unread(userId: number): number[]
  /** "/start payload" from a link; unblocks, as the restart button does. */
  open(userId: number, payload?: string): MessageView
  /** Refuses a reply to a message that is not there, as a client does. */
  say(userId: number, text: string, options?: Reply): MessageView
  /** Says a text of any length in as many messages as clients cut it into. */
  paste(userId: number, text: string, options?: Reply): MessageView[]
  send(userId: number, file: Upload & Reply): Promise<MessageView>
  /** Edits the person's own text or caption. Refuses what is not theirs, too old, too long or no change. */
  rewrite(userId: number, messageId: number, text: string): MessageView
  /** Refuses a button that is not on the message now, unless forced. */
  press(userId: number, messageId: number, button: { data: string } | { text: string }, force?: boolean): Promise<Press>
  /** Every successful call is another charge, also for an invoice that was paid before. */
  pay(userId: number, messageId: number): Promise<Paid>
  /** Pays a forwarded copy of somebody else's invoice. */
  payCopy(userId: number, from: { userId: number; messageId: number }): Promise<Paid>
  /** Pays a link of createInvoiceLink. */
  payLink(userId: number, url: string): Promise<Paid>
  file(fileId: string): { bytes: Uint8Array; mime: string; fileName: string } | undefined
  /** Queues any odd update (update_id is added); returns its id. */
  raw(update: object): number
  /** Delivers an old update once more. */
  redeliver(updateId: number): void
  /** A group the bot is in; returns its (negative) id. */
  addGroup(title: string): number
  sayIn(groupId: number, userId: number, text: string, threadId?: number): MessageView
}

export type Faults = {
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
  player: Player
  /** Switches that may be turned at any time. */
  faults: Faults
  on(listener: (event: TelegramEvent) => void): () => void
  close(): Promise<void>
}
