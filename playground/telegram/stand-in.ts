import type { Subscribing } from './payments/subscribing.ts'
import type { RichMessage } from './rich/wire.ts'
import type { BotSettings } from './settings/settings.ts'

/** The version of the Bot API that the stand-in speaks: today's, or that of an old local server. */
export type ApiVersion = '10.3' | '7.1'
export type Person = {
  id: number
  firstName: string
  username?: string
  languageCode: string
  blocked: boolean
  /** The chat is shown by topics. */
  topics?: boolean
}
export type Button = {
  text: string
  data?: string
  url?: string
  pay?: boolean
  style?: 'primary' | 'success' | 'danger'
  /** The id of the custom emoji before its text. */
  icon?: string
  /** What a press copies. */
  copy?: string
  /** A press writes the bot's name and this query: into this chat, any chat, or one of these kinds. */
  switchTo?: { query: string; chat: 'current' | 'any' | ChatKind[] }
  disabled?: true
}
export type ChatKind = 'user' | 'bot' | 'group' | 'channel'
/** What people may be in a group, and the bot. */
export type Role = 'creator' | 'administrator' | 'member'
export type BotStatus = 'administrator' | 'member' | 'restricted' | 'left' | 'kicked'
export type GroupView = {
  id: number
  title: string
  isForum: boolean
  isBasic: boolean
  /** Anybody may write in it and is a member from then on. */
  isPublic: boolean
  bot: BotStatus
  members: { userId: number; role: Role }[]
}
/** What a person sees after «@bot words». */
export type InlineAnswer = {
  queryId: string
  results: InlineResultView[]
  /** Above the results: opens the bot with `/start start`. */
  button?: { text: string; start?: string }
  /** Empty when there is no more. */
  nextOffset: string
}
export type InlineResultView = { id: string; type: string; title?: string; description?: string; fileId?: string }
export type TopicView = { threadId: number; name: string }
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
  /** Below zero for an ephemeral message. */
  messageId: number
  /** Ephemeral: nobody else in the group sees it. */
  onlyYou?: true
  from: 'bot' | 'person'
  /** Who wrote it, in groups. */
  author?: { id: number; firstName: string }
  /** Chosen from what the bot offered. */
  viaBot?: true
  reactions?: { emoji: string; count: number }[]
  /** Unix seconds. */
  date: number
  editedAt?: number
  /** Clients write «edited» beside the time: its words or its file changed, not only its buttons. */
  edited?: true
  /** Sent by opening a link: clients show «/start» without what the link carries. */
  byLink?: true
  /** The topic it is in; none is «General». */
  threadId?: number
  /** What is played once over it. */
  effect?: { id: string; emoji: string }
  /** The caption stands above the picture. */
  captionAbove?: true
  /** The link whose preview the bot wants. */
  preview?: { url: string; above: boolean; large: boolean }
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
  /** Parameters and fields that the Bot API does not have, by their paths; at 7.1 they are passed over. */
  unknown?: string[]
}
export type TelegramEvent = {
  type: 'message' | 'edit' | 'delete' | 'call' | 'person' | 'webhook' | 'action'
  userId?: number
  messageId?: number
  /** What the bot does for the next five seconds, or until its next message: `typing`, `upload_photo` … */
  action?: string
  /** The topic of an action. */
  threadId?: number
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
/** A reply is written in the topic of what it answers, unless another is given. */
type Place = { replyTo?: number; threadId?: number }
export type Paid = { ok: boolean; error?: string }
export type Player = Subscribing & {
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
  say(userId: number, text: string, options?: Place): MessageView
  /** Says a text of any length in as many messages as clients cut it into. */
  paste(userId: number, text: string, options?: Place): MessageView[]
  send(userId: number, file: Upload & Place): Promise<MessageView>
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
  /**
   * A group the bot is in already, unless `bot` is false; returns its (negative) id. With `members` only they and those
   * with a role are in it; without, it is public: whoever writes joins it. The bot is not told.
   */
  addGroup(
    title: string,
    options?: {
      isForum?: boolean
      /** Not a supergroup yet. */
      isBasic?: boolean
      creator?: number
      admins?: number[]
      members?: number[]
      bot?: boolean
    },
  ): number
  /** Those that have not become another. */
  groups(): GroupView[]
  /** Joins, or is added `by` another. */
  join(groupId: number, userId: number, by?: number): void
  /** Leaves, or is removed `by` another. */
  leave(groupId: number, userId: number, by?: number): void
  setRole(groupId: number, userId: number, role: 'administrator' | 'member', by: number): void
  /** Adds the bot, removes it (`kicked`), makes it silent (`restricted`) or an administrator: my_chat_member. */
  setBot(groupId: number, status: BotStatus, by: number): void
  /** A basic group becomes a supergroup; returns its new id. */
  upgradeGroup(groupId: number, by: number): number
  /** A chat as one of its members sees it, with the ephemeral messages that are theirs. */
  chatOf(viewerId: number, chatId: number): MessageView[]
  /** Shows a person's chat by topics, or as one list. */
  setTopics(userId: number, shown: boolean): void
  /** Oldest first; a group's id works too. */
  topics(chatId: number): TopicView[]
  /** Opens a topic in a person's chat (which is shown by topics from then on) or, `by` a person, in a forum. */
  addTopic(chatId: number, name: string, options?: { by?: number }): TopicView
  renameTopic(chatId: number, threadId: number, name: string, options?: { by?: number }): void
  /** Its messages go too. The bot is not told. */
  deleteTopic(chatId: number, threadId: number): void
  /** A chat of two people that the bot does not see; `sayIn`, `pressIn` and `chatOf` work in it. Returns its id. */
  talk(userId: number, otherId: number): number
  /** Types «@bot query» in a chat: with the bot, or the group or talk `chatId`. Answers are cached as the bot says. */
  inline(userId: number, query: string, where?: { chatId?: number; offset?: string }): Promise<InlineAnswer | 'expired'>
  /** Sends one of the results into the chat where it was asked for. */
  chooseInline(userId: number, queryId: string, resultId: string): MessageView
  /** Presses one of the three buttons that switch to inline mode, on a message of the chat `from`, for `chatId`. */
  switchInline(
    userId: number,
    messageId: number,
    button: { text: string },
    where?: { from?: number; chatId?: number },
  ): Promise<InlineAnswer | 'expired'>
  /** Sends what savePreparedInlineMessage keeps for this person into a chat. */
  sendPrepared(userId: number, preparedId: string, chatId?: number): MessageView
  /** Replaces the person's reactions on a message, in their chat with the bot or in `chatId`. */
  react(userId: number, messageId: number, emoji: string[], chatId?: number): MessageView
  sayIn(groupId: number, userId: number, text: string, place?: number | Place): MessageView
  sendIn(groupId: number, userId: number, file: Upload & Place): Promise<MessageView>
  /** As `press`, in a group. */
  pressIn(
    groupId: number,
    userId: number,
    messageId: number,
    button: { data: string } | { text: string },
    force?: boolean,
  ): Promise<Press>
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
  /** The next n ephemeral messages are refused. */
  ephemeralLost: number
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
  /** What the menu button shows; for one person, or a group: `commandsFor`. */
  commands: { command: string; description: string }[]
  commandsFor(userId: number): { command: string; description: string }[]
  /** What BotFather decides, such as topics and inline mode; getMe tells it. May be changed at any time. */
  botSettings: BotSettings
  /** What this person sees of the bot before the first message; `photo` is a file id. */
  profileFor(userId: number): { name: string; description: string; shortDescription: string; photo: string | null }
  /** Persons' mistakes (an unknown person, a button that is not there) are thrown as errors. */
  player: Player
  /** Switches that may be turned at any time. */
  faults: Faults
  on(listener: (event: TelegramEvent) => void): () => void
  close(): Promise<void>
}
