import { useState } from 'preact/hooks'
import { words } from '../words.js'

const w = words.menu
const editableMs = 48 * 60 * 60_000 // Telegram's own limit

/**
 * What a person can do with a message: `choicesOf(messages)` for a bubble, and the message that is being answered or
 * edited: `about`, { what: 'reply' or 'edit', message } or null. `say` and `sendFiles` do it and forget it.
 */
export function useChoices({ messages, moves, showToast, setTray, mayEdit = true }) {
  const [about, setAbout] = useState(null)

  function edit(message) {
    setTray(null)
    setAbout({ what: 'edit', message })
  }
  function choicesOf(bubble) {
    const [first] = bubble
    const worded = bubble.find(({ text }) => text) ?? first
    return [
      { name: 'reply', icon: 'reply', label: w.reply, pick: () => setAbout({ what: 'reply', message: first }) },
      mayEdit && isOwn(worded) && { name: 'edit', icon: 'edit', label: w.edit, pick: () => edit(worded) },
      !first.onlyYou && ['👍', '👎'].map(emoji => reaction(first, emoji)),
      worded.text && { name: 'copy', icon: 'copy', label: w.copy, pick: () => void copyText(worded.text, showToast) },
    ]
      .flat()
      .filter(Boolean)
  }
  /** Puts a reaction on a message, or takes it off. */
  function reaction({ messageId, reactions = [] }, emoji) {
    const isOn = reactions.some(one => one.emoji === emoji)
    const pick = () => void moves.react(messageId, isOn ? [] : [emoji])
    return { name: `react-${emoji}`, icon: 'react', label: (isOn ? w.unreact : w.react)(emoji), pick }
  }
  async function done(sent) {
    if (await sent) setAbout(null)
    return sent
  }
  const replyTo = about?.what === 'reply' ? about.message.messageId : undefined

  return {
    about,
    /** `last` stands for editing the newest own message, as the arrow up does in Telegram. */
    setAbout(next) {
      const last = next === 'last' && mayEdit && messages.findLast(isOwn)
      if (last) edit(last)
      else if (next !== 'last') setAbout(next)
    },
    choicesOf,
    say: text => done(about?.what === 'edit' ? moves.rewrite(about.message.messageId, text) : moves.say(text, replyTo)),
    async sendFiles(files, caption) {
      const sent = await done(moves.sendFiles(files, caption, replyTo))
      if (sent) setTray(null)
      return sent
    },
  }
}

/** Copies a text and says whether that worked. */
export async function copyText(text, showToast) {
  const copied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  )
  showToast(copied ? w.copied : w.notCopied)
}

const isOwn = ({ from, service, date, text, media }) =>
  from === 'person' && !service && (text || media) && Date.now() - date * 1000 < editableMs
