import { deleteMessage, deleteMessages } from '../messages/deleting.ts'
import { editMessageCaption, editMessageMedia, editMessageReplyMarkup, editMessageText } from '../messages/editing.ts'
import { repeat } from '../messages/repeating.ts'
import * as sending from '../messages/sending.ts'
import {
  answerPreCheckoutQuery,
  createInvoiceLink,
  getStarTransactions,
  refundStarPayment,
  sendInvoice,
} from '../payments/invoices.ts'
import { sendRichMessage } from '../rich/message.ts'
import * as settings from '../settings/methods.ts'
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from '../updates/webhook.ts'
import type { World } from '../world.ts'
import { type Call, flag, text } from './fields.ts'

/** Returns the method's result; throws a Refusal where the real server would refuse. */
export type Method = (world: World, call: Call) => unknown

/** All methods of this server. Any other one answers 404, never an empty "ok". */
export const METHODS: Record<string, Method> = {
  getMe: ({ chats }) => ({
    ...chats.bot,
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
  }),

  setWebhook,
  deleteWebhook,
  getWebhookInfo,
  getUpdates,

  setMyCommands: settings.setMyCommands,
  getMyCommands: settings.getMyCommands,
  deleteMyCommands: settings.deleteMyCommands,
  setMyName: (world, call) => settings.setText(world, call, 'name'),
  getMyName: (world, call) => settings.getText(world, call, 'name'),
  setMyDescription: (world, call) => settings.setText(world, call, 'description'),
  getMyDescription: (world, call) => settings.getText(world, call, 'description'),
  setMyShortDescription: (world, call) => settings.setText(world, call, 'short_description'),
  getMyShortDescription: (world, call) => settings.getText(world, call, 'short_description'),
  setChatMenuButton: settings.setChatMenuButton,
  getChatMenuButton: settings.getChatMenuButton,
  getChat: settings.getChat,
  getChatMember: settings.getChatMember,

  sendMessage: sending.sendMessage,
  sendRichMessage,
  sendPhoto: (world, call) => sending.sendMedia(world, call, 'photo'),
  sendVideo: (world, call) => sending.sendMedia(world, call, 'video'),
  sendAudio: (world, call) => sending.sendMedia(world, call, 'audio'),
  sendVoice: (world, call) => sending.sendMedia(world, call, 'voice'),
  sendDocument: (world, call) => sending.sendMedia(world, call, 'document'),
  sendAnimation: (world, call) => sending.sendMedia(world, call, 'animation'),
  sendMediaGroup: sending.sendMediaGroup,
  copyMessage: (world, call) => ({ message_id: repeat(world, call, 'copy').message_id }),
  forwardMessage: (world, call) => repeat(world, call, 'forward'),
  sendChatAction: sending.sendChatAction,
  editMessageText,
  editMessageCaption,
  editMessageMedia,
  editMessageReplyMarkup,
  deleteMessage,
  deleteMessages,

  answerCallbackQuery({ presses }, call) {
    presses.answer(text(call, 'callback_query_id')!, text(call, 'text'), flag(call, 'show_alert'))
    return true
  },
  getFile({ files }, call) {
    const { fileId, uniqueId, path, bytes, smallerThan } = files.grant(text(call, 'file_id')!)
    const size = smallerThan ? {} : { file_size: bytes }
    return { file_id: fileId, file_unique_id: uniqueId, ...size, file_path: path }
  },

  sendInvoice,
  createInvoiceLink,
  answerPreCheckoutQuery,
  refundStarPayment,
  getStarTransactions,
  getMyStarBalance: ({ payments }) => ({ amount: payments.balance() }),
}
