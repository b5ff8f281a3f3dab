import * as ephemeral from '../groups/ephemeral-methods.ts'
import * as groups from '../groups/methods.ts'
import * as inline from '../inline/methods.ts'
import { deleteMessage, deleteMessages } from '../messages/deleting.ts'
import { editMessageCaption, editMessageMedia, editMessageReplyMarkup, editMessageText } from '../messages/editing.ts'
import { repeat } from '../messages/repeating.ts'
import * as sending from '../messages/sending.ts'
import * as topics from '../messages/topics.ts'
import {
  answerPreCheckoutQuery,
  createInvoiceLink,
  getStarTransactions,
  refundStarPayment,
  sendInvoice,
} from '../payments/invoices.ts'
import { editUserStarSubscription } from '../payments/subscription-methods.ts'
import { sendRichMessage } from '../rich/message.ts'
import * as settings from '../settings/methods.ts'
import * as profile from '../settings/profile.ts'
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from '../updates/webhook.ts'
import type { World } from '../world.ts'
import { type Call, flag, text } from './fields.ts'

/** Returns the method's result; throws a Refusal where the real server would refuse. */
export type Method = (world: World, call: Call) => unknown

/** An edit answers with the message, or True if it was sent by inline or guest mode. */
const edit =
  (method: Method): Method =>
  async (world, call) => {
    const message = await method(world, call)
    return text(call, 'inline_message_id') === undefined ? message : true
  }

/** All methods that are played here. Any other one answers 404, never an empty "ok". */
export const METHODS: Record<string, Method> = {
  getMe: profile.getMe,

  setWebhook,
  deleteWebhook,
  getWebhookInfo,
  getUpdates,

  setMyCommands: settings.setMyCommands,
  getMyCommands: settings.getMyCommands,
  deleteMyCommands: settings.deleteMyCommands,
  setMyName: (world, call) => profile.setText(world, call, 'name'),
  getMyName: (world, call) => profile.getText(world, call, 'name'),
  setMyDescription: (world, call) => profile.setText(world, call, 'description'),
  getMyDescription: (world, call) => profile.getText(world, call, 'description'),
  setMyShortDescription: (world, call) => profile.setText(world, call, 'short_description'),
  getMyShortDescription: (world, call) => profile.getText(world, call, 'short_description'),
  setMyProfilePhoto: profile.setMyProfilePhoto,
  removeMyProfilePhoto: profile.removeMyProfilePhoto,
  getUserProfilePhotos: profile.getUserProfilePhotos,
  setChatMenuButton: settings.setChatMenuButton,
  getChatMenuButton: settings.getChatMenuButton,
  getChat: settings.getChat,
  getChatMember: groups.getChatMember,
  getChatAdministrators: groups.getChatAdministrators,
  getChatMemberCount: groups.getChatMemberCount,
  leaveChat: groups.leaveChat,
  editEphemeralMessageText: ephemeral.editEphemeralMessageText,
  editEphemeralMessageCaption: ephemeral.editEphemeralMessageCaption,
  editEphemeralMessageMedia: ephemeral.editEphemeralMessageMedia,
  editEphemeralMessageReplyMarkup: ephemeral.editEphemeralMessageReplyMarkup,
  deleteEphemeralMessage: ephemeral.deleteEphemeralMessage,

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
  editMessageText: edit(editMessageText),
  editMessageCaption: edit(editMessageCaption),
  editMessageMedia: edit(editMessageMedia),
  editMessageReplyMarkup: edit(editMessageReplyMarkup),
  deleteMessage,
  deleteMessages,

  createForumTopic: topics.createForumTopic,
  editForumTopic: topics.editForumTopic,
  closeForumTopic: topics.closeForumTopic,
  reopenForumTopic: topics.reopenForumTopic,
  deleteForumTopic: topics.deleteForumTopic,

  answerCallbackQuery({ presses }, call) {
    presses.answer(text(call, 'callback_query_id')!, text(call, 'text'), flag(call, 'show_alert'))
    return true
  },
  answerInlineQuery: inline.answerInlineQuery,
  savePreparedInlineMessage: inline.savePreparedInlineMessage,
  answerGuestQuery: inline.answerGuestQuery,
  getFile({ files }, call) {
    const { fileId, uniqueId, path, bytes, smallerThan } = files.grant(text(call, 'file_id')!)
    const size = smallerThan ? {} : { file_size: bytes }
    return { file_id: fileId, file_unique_id: uniqueId, ...size, file_path: path }
  },

  sendInvoice,
  createInvoiceLink,
  answerPreCheckoutQuery,
  refundStarPayment,
  editUserStarSubscription,
  getStarTransactions,
  getMyStarBalance: ({ payments }) => ({ amount: payments.balance() }),
}
