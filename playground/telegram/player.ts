import type { Content, Kept, KnownPerson, Terms } from './chats.ts'
import { detect, toWire } from './entities.ts'
import { mediaContent } from './sending.ts'
import type { MessageView, Press, TelegramStandIn } from './server.ts'
import { view } from './view.ts'
import type { World } from './world.ts'

type Player = TelegramStandIn['player']

/** The hands of the people: everything they can do to a chat, and the chat as they see it. */
export function openPlayer(world: World, { changed, lose }: { changed(): void; lose(): boolean }): Player {
  const { chats, files, delivery, payments, presses } = world

  const shown = (kept: Kept, userId: number): MessageView =>
    view(kept, { files, languageCode: userId > 0 ? chats.person(userId).languageCode : 'ru' })

  /** A person's message: into the chat, and on its way to the bot. */
  function write(chatId: number, userId: number, content: Content, extra: Pick<Kept, 'media'> = {}): MessageView {
    const person = chats.person(userId)
    if (person.blocked) throw new Error(`person ${userId} has blocked the bot: unblock it first`)
    person.started = true
    const kept = chats.post(chats.chat(chatId), chats.user(userId), content, extra)
    delivery.push({ message: kept.message })
    changed()
    return shown(kept, userId)
  }

  function block(userId: number, blocked: boolean) {
    const person = chats.person(userId)
    if (person.blocked === blocked) return
    person.blocked = blocked
    const state = (status: 'member' | 'kicked') => ({
      user: chats.bot,
      status,
      ...(status === 'kicked' ? { until_date: 0 } : {}),
    })
    delivery.push({
      my_chat_member: {
        chat: chats.chat(userId),
        from: chats.user(userId),
        date: Math.floor(Date.now() / 1000),
        old_chat_member: state(blocked ? 'member' : 'kicked'),
        new_chat_member: state(blocked ? 'kicked' : 'member'),
      },
    })
    chats.announce(userId)
    changed()
  }

  async function press(
    userId: number,
    messageId: number,
    button: { data: string } | { text: string },
    force = false,
  ): Promise<Press> {
    const person = chats.person(userId)
    if (person.blocked) throw new Error(`person ${userId} has blocked the bot: unblock it first`)
    const kept = chats.find(userId, messageId)
    const data = dataOf(kept, button, force)
    const { id, answered } = presses.open()
    // A button on a message that is gone: Telegram sends only where it was.
    const message = kept?.message ?? { chat: chats.chat(userId), message_id: messageId, date: 0 }
    delivery.push({
      callback_query: { id, from: chats.user(userId), message, chat_instance: String(userId * 7919), data },
    })
    changed()
    return answered
  }

  function dataOf(kept: Kept | undefined, button: { data: string } | { text: string }, force: boolean): string {
    const buttons = kept?.message.reply_markup?.inline_keyboard.flat() ?? []
    const found = buttons.find(b => ('data' in button ? b.callback_data === button.data : b.text === button.text))
    if (found?.callback_data !== undefined) return found.callback_data
    if (force && 'data' in button) return button.data
    const wanted = 'data' in button ? `the data "${button.data}"` : `the text "${button.text}"`
    if (found) throw new Error(`the button with ${wanted} is not one that calls back`)
    const there = buttons.map(b => `"${b.text}"`).join(', ') || 'none'
    throw new Error(`no button with ${wanted} on this message now; there are: ${there}`)
  }

  /** Checkout, the bot's word, then the charge; a refusal takes nothing. */
  async function checkOut(userId: number, terms: Terms): Promise<{ ok: boolean; error?: string }> {
    const user = chats.user(userId)
    const { currency, amount: total_amount, payload: invoice_payload } = terms
    const { id, verdict } = payments.open()
    const pushed = delivery.push({ pre_checkout_query: { id, from: user, currency, total_amount, invoice_payload } })
    if (pushed === undefined) payments.answer(id, false, 'BOT_PRECHECKOUT_TIMEOUT')
    const { ok, error } = await verdict
    if (!ok) return { ok, error: error ?? 'BOT_PRECHECKOUT_FAILED' }
    const charge = payments.charge(user, terms)
    const successful_payment = {
      currency,
      total_amount,
      invoice_payload,
      telegram_payment_charge_id: charge.id,
      provider_payment_charge_id: charge.providerChargeId,
    }
    const { message } = chats.post(chats.chat(userId), user, { successful_payment }, { terms })
    if (!lose()) delivery.push({ message })
    changed()
    return { ok: true }
  }

  async function payFor(userId: number, kept: Kept | undefined) {
    if (!kept?.terms || !kept.message.invoice) throw new Error('this message is not an invoice')
    const paid = await checkOut(userId, kept.terms)
    // The owner of the chat sees a receipt now; a copy elsewhere keeps its button.
    if (paid.ok && kept.message.chat.id === userId) {
      kept.paid = true
      chats.announce(userId, kept.message.message_id)
    }
    changed()
    return paid
  }

  return {
    people: () => chats.people().map(plain),
    addPerson(p) {
      const person = chats.addPerson(p)
      changed()
      return plain(person)
    },
    setLanguage(userId, code) {
      chats.person(userId).languageCode = code
      chats.announce(userId)
      changed()
    },
    block,
    chat: userId => chats.list(userId).map(kept => shown(kept, userId)),
    open(userId, payload) {
      if (payload !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(payload)) {
        throw new Error('a link carries 1 to 64 characters of A-Z a-z 0-9 _ -')
      }
      // The button of a blocked bot says "restart": it unblocks first.
      block(userId, false)
      return write(userId, userId, worded(payload === undefined ? '/start' : `/start ${payload}`))
    },
    say: (userId, text) => write(userId, userId, worded(text)),
    async send(userId, file) {
      const stored = await files.add(file.kind, { fileName: file.fileName, mime: file.mime, bytes: file.bytes })
      const caption = file.caption?.trim() ?? ''
      if (caption.length > 1024) throw new Error('a caption has at most 1024 characters')
      const entities = toWire(detect(caption))
      const content: Content = {
        ...mediaContent(stored),
        ...(caption === '' ? {} : { caption }),
        ...(entities.length === 0 ? {} : { caption_entities: entities }),
        ...(file.albumId === undefined ? {} : { media_group_id: file.albumId }),
      }
      return write(userId, userId, content, { media: { kind: stored.kind, fileId: stored.fileId } })
    },
    press,
    pay: (userId, messageId) => payFor(userId, chats.find(userId, messageId)),
    payCopy: (userId, from) => payFor(userId, chats.find(from.userId, from.messageId)),
    async payLink(userId, url) {
      const terms = payments.linked(url)
      if (!terms) throw new Error(`${url} is not an invoice link of this bot`)
      return checkOut(userId, terms)
    },
    file(fileId) {
      const file = files.find(fileId)
      return file && { bytes: files.read(file), mime: file.mime, fileName: file.fileName }
    },
    raw(update) {
      const updateId = delivery.push(update, { wanted: true })
      if (updateId === undefined) throw new Error('the buffer of updates is full')
      changed()
      return updateId
    },
    redeliver: updateId => delivery.redeliver(updateId),
    addGroup(title) {
      const { id } = chats.addGroup(title)
      changed()
      return id
    },
    sayIn: (groupId, userId, text, threadId) =>
      write(groupId, userId, { ...worded(text), ...(threadId === undefined ? {} : { message_thread_id: threadId }) }),
  }
}

const plain = ({ started: _, ...person }: KnownPerson) => person

/** What a client sends: trimmed, never empty, never longer than one message. */
function worded(text: string): Content {
  const trimmed = text.trim()
  if (trimmed === '') throw new Error('an empty message cannot be sent')
  if (trimmed.length > 4096) throw new Error('a message has at most 4096 characters')
  const entities = toWire(detect(trimmed))
  return { text: trimmed, ...(entities.length === 0 ? {} : { entities }) }
}
