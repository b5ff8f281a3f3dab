import { ifPossible } from '../../errors.ts'
import { type GroupOrder, groupOrderOfRun } from '../../payments/groups.ts'
import { inReplyTo } from '../../telegram/groups/chats.ts'
import { html } from '../../telegram/html.ts'
import type { Screen } from '../../telegram/screen.ts'
import { inTopic } from '../../telegram/topics.ts'
import type { Delivery } from './delivery.ts'
import { send } from './send-result.ts'
import { isUnreachable } from './trouble.ts'

/**
 * Sends the outcome of a run to the group where it was asked for, in answer to the words of who asked. Where the bot may not
 * write there any longer, it goes to their private chat and says so.
 */
export async function sendToGroup(delivery: Delivery, order: GroupOrder): Promise<number | null> {
  try {
    return await send(inGroup(delivery, order))
  } catch (error) {
    if (!isUnreachable(error)) throw error
    const { log } = delivery.options
    log.warn({ err: error, chatId: order.chatId, generationId: delivery.generation.id }, 'a group cannot be written to')
    return send(inPrivate(delivery, order))
  }
}

/** All of the group see it: no price, no balance, and no button that works for one person only. */
function inGroup(delivery: Delivery, order: GroupOrder): Delivery {
  const { options, language } = delivery
  const { messages } = options
  const { chatId } = order
  return {
    ...delivery,
    chatId,
    options: {
      ...options,
      telegram: inReplyTo(inTopic(options.telegram, order), chatId, order.messageId),
      messages: {
        ...messages,
        result: run => messages.group.result(run, order, language),
        failure: run => messages.group.failure(run, order, language),
        withoutFiles: (...report) => linksOnly(messages.withoutFiles(...report)),
      },
    },
  }
}

const linksOnly = ({ text, buttons }: Screen): Screen => ({
  text,
  buttons: buttons.map(row => row.filter(button => 'url' in button)),
})

/** To the one who asked. What the group paid for says nothing of a balance of theirs. */
function inPrivate(delivery: Delivery, order: GroupOrder): Delivery {
  const { options, language } = delivery
  const { messages } = options
  const isOwn = order.payerId === order.askedBy
  const noted = ({ text, buttons }: Screen): Screen => ({
    text: html`${text}\n\n${messages.group.notDelivered(order, language)}`,
    buttons,
  })
  return {
    ...delivery,
    chatId: order.askedBy,
    options: {
      ...options,
      messages: {
        ...messages,
        result: (...report) =>
          noted(isOwn ? messages.result(...report) : messages.group.result(report[0], order, language)),
        failure: (run, inLanguage) =>
          noted(isOwn ? messages.failure(run, inLanguage) : messages.group.failure(run, order, language)),
        withoutFiles: (...report) => {
          const screen = messages.withoutFiles(...report)
          return isOwn ? screen : linksOnly(screen)
        },
      },
    },
  }
}

/** Removes the message that told the group to wait. */
export async function removeGroupProgress({ options, generation }: Delivery): Promise<void> {
  const [order] = await groupOrderOfRun(options.sql, generation) // it may have come meanwhile
  if (!order || order.progressId === null) return
  const place = { chat_id: order.chatId, message_id: order.progressId }
  await ifPossible(options.telegram.call('deleteMessage', place))
}
