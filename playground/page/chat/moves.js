import { useState } from 'preact/hooks'
import { call, patch, post, remove } from '../server.js'
import { words } from '../words.js'
import { copyText } from './choices.js'
import { startPayload } from './rich-text.js'

/**
 * What a person does in the chat. `path` is the person's address in the API, `view` the topics (see useTopics); leaves(url)
 * follows a link into another chat, or returns false.
 * Every move scrolls to the end and reads the chat again; it resolves to false when it was refused.
 */
export function useMoves({ path, bot, view, scroll, refresh, showToast, setSheet, leaves }) {
  async function act(move) {
    scroll.toEnd()
    try {
      await move()
      return true
    } catch (error) {
      showToast(error.message)
      return false
    } finally {
      refresh()
    }
  }
  const { threadId } = view
  const topic = threadId && { threadId }
  function open(payload) {
    view.choose(undefined) // a link opens outside of topics
    return act(() => post(`${path}/open`, payload ? { payload } : {}))
  }
  const follow = url => {
    if (leaves(url)) return
    const payload = startPayload(url, bot.username)
    if (payload === undefined) setSheet({ link: url })
    else void open(payload)
  }

  return {
    open,
    follow,
    /** `replyTo` is the message that is answered, or undefined. */
    say: (text, replyTo) => act(() => post(`${path}/say`, { text, ...(replyTo && { replyTo }), ...topic })),
    rewrite: (messageId, text) => act(() => post(`${path}/rewrite`, { messageId, text })),
    react: (messageId, emoji) => act(() => post(`${path}/react`, { messageId, emoji })),
    unblock: () => act(() => patch(path, { blocked: false })),
    failNext: () => act(() => post('/api/upstream/next', { behaviour: 'fail', times: 1 })),
    sendFiles({ kind, files }, caption, replyTo) {
      const form = new FormData()
      form.append('kind', kind)
      form.append('caption', caption)
      if (replyTo) form.append('replyTo', replyTo)
      if (threadId) form.append('threadId', threadId)
      for (const file of files) form.append('file', file, file.name)
      return act(() => call('POST', `${path}/files`, form))
    },
    addTopic: name =>
      act(async () => {
        const added = await post(`${path}/topics`, { name })
        view.choose(added.threadId)
      }),
    removeTopic: topic => act(() => remove(`${path}/topics/${topic.threadId}`)),
    async pay(message) {
      const answer = await post(`${path}/pay`, { messageId: message.messageId })
      if (!answer.ok) throw new Error(answer.error ?? words.pay.refused)
      scroll.toEnd()
      showToast(words.pay.paid)
      refresh()
    },
  }
}

/** Presses of buttons; `pressing` is the key of the one that waits for the bot. */
export function usePresses({ path, refresh, showToast, setSheet, follow, switchTo }) {
  const [pressing, setPressing] = useState(null)
  async function press(message, row, column, button) {
    if (button.url) return follow(button.url)
    if (button.copy) return copyText(button.copy, showToast)
    if (button.switchTo) return switchTo(button.switchTo)
    const key = `${message.messageId}:${row}:${column}`
    if (pressing === key) return
    setPressing(key)
    try {
      const answer = await post(`${path}/press`, {
        messageId: message.messageId,
        ...(button.data ? { data: button.data } : { text: button.text }),
      })
      if (answer.expired) showToast(words.chat.expired)
      else if (answer.text && answer.showAlert) setSheet({ alert: answer.text })
      else if (answer.text) showToast(answer.text)
    } catch (error) {
      showToast(error.message)
    } finally {
      setPressing(current => (current === key ? null : current))
      refresh()
    }
  }
  return { pressing, press }
}
