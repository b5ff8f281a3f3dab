import { Refused } from '../errors.ts'

export type RefusedCode =
  | 'blocked'
  | 'chat_not_found'
  | 'not_modified'
  | 'message_gone'
  | 'topic_gone'
  | 'query_old'
  | 'bad_markup'
  | 'file_rejected'
  | 'too_big'
  | 'rate_limited'
  | 'unauthorized'
  | 'conflict'
  | 'migrated'
  | 'already_refunded'
  | 'no_method'
  | 'bad_request'

/**
 * Telegram refused the call. `rate_limited` carries how long to wait, if Telegram or our own rate limiter said so.
 * `migrated` carries the new id of the group.
 */
export class TelegramRefused extends Refused {
  override name = 'TelegramRefused'
  declare readonly code: RefusedCode
  readonly retryAfterMs?: number
  readonly migrateTo?: number
  constructor(
    code: RefusedCode,
    message: string,
    { retryAfterMs, migrateTo, ...options }: ErrorOptions & { retryAfterMs?: number; migrateTo?: number } = {},
  ) {
    super(code, message, options)
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs
    if (migrateTo !== undefined) this.migrateTo = migrateTo
  }
}

const ofTheChat = new Set<string>(['blocked', 'chat_not_found', 'rate_limited', 'unauthorized', 'conflict', 'migrated'])

/** Returns whether a refusal is about the chat, the bot or its rate: any other content would be refused too. */
export const isAboutChat = ({ code }: Refused): boolean => ofTheChat.has(code)

/** Maps a refusal of the Bot API to our code, by its status and the words of its description. */
export function codeOf(status: number, description: string): RefusedCode {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'blocked'
  if (status === 404 && /method not found/i.test(description)) return 'no_method' // an older Bot API server
  if (status === 409) return 'conflict'
  if (status === 413) return 'too_big'
  if (status === 429) return 'rate_limited'
  return meanings.find(([words]) => words.test(description))?.[1] ?? 'bad_request'
}

// The texts are not part of Telegram's contract. They come from the published server and the services behind it. The
// first match wins: "too big for a photo" may still go as a document, "too big" may not.
const meanings: [RegExp, RefusedCode][] = [
  [/upgraded to a supergroup/i, 'migrated'],
  [/CHARGE_ALREADY_REFUNDED/i, 'already_refunded'],
  [/thread not found|TOPIC_(DELETED|CLOSED|ID_INVALID)/i, 'topic_gone'],
  [/message is not modified|MESSAGE_NOT_MODIFIED/i, 'not_modified'],
  [/query is too old|query id is invalid|QUERY_ID_INVALID/i, 'query_old'],
  [/bot was (blocked|kicked)|user is deactivated|USER_IS_BLOCKED|INPUT_USER_DEACTIVATED/i, 'blocked'],
  [
    /rights to send|CHAT_(?:WRITE|SEND_[A-Z]{1,20})_FORBIDDEN|bot is not a member|chat was (deactivated|deleted)/i,
    'blocked',
  ],
  [/(chat|user|peer|channel) not found|PEER_ID_INVALID|chat_id is empty|CHAT_ID_INVALID/i, 'chat_not_found'],
  [/message(?: to \w+)? not found|message to be \w+ not found|MESSAGE_ID_INVALID/i, 'message_gone'],
  [/message can't be (edited|deleted)|message identifier is not specified|MESSAGE_EDIT_TIME/i, 'message_gone'],
  [/there is no (text|caption|media) in the message/i, 'message_gone'],
  [/can't parse entities|unsupported parse_mode|ENTITY_BOUNDS_INVALID|ENTITIES_TOO_LONG/i, 'bad_markup'],
  [/too big for a photo|PHOTO_|IMAGE_PROCESS_FAILED|VIDEO_|AUDIO_|DOCUMENT_INVALID|MEDIA_(?!CAPTION)/, 'file_rejected'],
  [/too (big|large)|FILE_TOO_BIG/i, 'too_big'],
  [/wrong (file|remote file|type of the web page)|file_id|file identifier|file reference|FILE_/i, 'file_rejected'],
  [/must be non-empty|type of file|HTTP URL|WEBPAGE_|EXTERNAL_URL|can't use file/i, 'file_rejected'],
]
