type Parameter = { kind: string; required: boolean }
type Method = { name: string; parameters: Map<string, Parameter> }

// Kinds: str, int, num, bool, obj and arr (JSON), id (number or @name), file (upload, file id or URL); "!" is required.
const CHAT = 'chat_id:id! message_thread_id:int business_connection_id:str direct_messages_topic_id:int'
const SEND = `${CHAT} disable_notification:bool protect_content:bool allow_paid_broadcast:bool message_effect_id:str suggested_post_parameters:obj reply_parameters:obj reply_to_message_id:int allow_sending_without_reply:bool`
const MARKUP = 'reply_markup:obj'
const CAPTION = 'caption:str parse_mode:str caption_entities:arr show_caption_above_media:bool'
const THUMB = 'thumbnail:file thumb:file'
const EDIT = 'business_connection_id:str chat_id:id message_id:int inline_message_id:str'
const PRICE =
  'title:str! description:str! payload:str! provider_token:str currency:str! prices:arr! max_tip_amount:int suggested_tip_amounts:arr provider_data:str photo_url:str photo_size:int photo_width:int photo_height:int need_name:bool need_phone_number:bool need_email:bool need_shipping_address:bool send_phone_number_to_provider:bool send_email_to_provider:bool is_flexible:bool'
const COMMANDS = 'scope:obj language_code:str'

const LINES: Record<string, string> = {
  getMe: '',
  setWebhook:
    'url:str certificate:file ip_address:str max_connections:int allowed_updates:arr drop_pending_updates:bool secret_token:str',
  deleteWebhook: 'drop_pending_updates:bool',
  getWebhookInfo: '',
  getUpdates: 'offset:int limit:int timeout:int allowed_updates:arr',
  setMyCommands: `commands:arr! ${COMMANDS}`,
  getMyCommands: COMMANDS,
  deleteMyCommands: COMMANDS,
  setMyName: 'name:str language_code:str',
  getMyName: 'language_code:str',
  setMyDescription: 'description:str language_code:str',
  getMyDescription: 'language_code:str',
  setMyShortDescription: 'short_description:str language_code:str',
  getMyShortDescription: 'language_code:str',
  setChatMenuButton: 'chat_id:int menu_button:obj',
  getChatMenuButton: 'chat_id:int',
  getChat: 'chat_id:id!',
  getChatMember: 'chat_id:id! user_id:int!',
  sendMessage: `${SEND} ${MARKUP} text:str! parse_mode:str entities:arr link_preview_options:obj disable_web_page_preview:bool`,
  sendRichMessage: `${SEND} ${MARKUP} ephemeral_message_parameters:obj rich_message:obj!`,
  sendPhoto: `${SEND} ${MARKUP} ${CAPTION} photo:file! has_spoiler:bool`,
  sendVideo: `${SEND} ${MARKUP} ${CAPTION} ${THUMB} video:file! duration:int width:int height:int cover:file start_timestamp:int has_spoiler:bool supports_streaming:bool`,
  sendAudio: `${SEND} ${MARKUP} ${CAPTION} ${THUMB} audio:file! duration:int performer:str title:str`,
  sendVoice: `${SEND} ${MARKUP} ${CAPTION} voice:file! duration:int`,
  sendDocument: `${SEND} ${MARKUP} ${CAPTION} ${THUMB} document:file! disable_content_type_detection:bool`,
  sendAnimation: `${SEND} ${MARKUP} ${CAPTION} ${THUMB} animation:file! duration:int width:int height:int has_spoiler:bool`,
  sendMediaGroup: `${SEND} media:arr! ${MARKUP}`,
  sendInvoice: `${SEND} ${MARKUP} ${PRICE} start_parameter:str`,
  copyMessage: `${SEND} ${MARKUP} ${CAPTION} from_chat_id:id! message_id:int! video_start_timestamp:int`,
  forwardMessage: `${SEND} from_chat_id:id! message_id:int! video_start_timestamp:int`,
  sendChatAction: `${CHAT} action:str!`,
  editMessageText: `${EDIT} ${MARKUP} text:str rich_message:obj parse_mode:str entities:arr link_preview_options:obj disable_web_page_preview:bool`,
  editMessageCaption: `${EDIT} ${MARKUP} ${CAPTION}`,
  editMessageMedia: `${EDIT} ${MARKUP} media:obj!`,
  editMessageReplyMarkup: `${EDIT} ${MARKUP}`,
  deleteMessage: 'chat_id:id! message_id:int!',
  deleteMessages: 'chat_id:id! message_ids:arr!',
  answerCallbackQuery: 'callback_query_id:str! text:str show_alert:bool url:str cache_time:int',
  getFile: 'file_id:str!',
  createInvoiceLink: `business_connection_id:str ${PRICE} subscription_period:int`,
  answerPreCheckoutQuery: 'pre_checkout_query_id:str! ok:bool! error_message:str',
  refundStarPayment: 'user_id:int! telegram_payment_charge_id:str!',
  getStarTransactions: 'offset:int limit:int',
  getMyStarBalance: '',
}

/** Methods that exist here, by their names in lower case (the real server does not mind the case either). */
export const KNOWN: ReadonlyMap<string, Method> = new Map(
  Object.entries(LINES).map(([name, line]) => [name.toLowerCase(), { name, parameters: parametersOf(line) }]),
)

function parametersOf(line: string): Map<string, Parameter> {
  const words = line.split(' ').filter(word => word !== '')
  return new Map(
    words.map(word => {
      const [key, kind] = word.split(':') as [string, string]
      return [key, { kind: kind.replace('!', ''), required: kind.endsWith('!') }]
    }),
  )
}
