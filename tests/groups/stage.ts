import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import type { Test } from 'tap'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { deliverJob } from '../../src/jobs/delivery/deliver.ts'
import { createDownloader, type Downloaded } from '../../src/upstream/download.ts'
import { createResultStore } from '../../src/upstream/results.ts'
import { chats, type Person } from '../support/chat.ts'
import { inspectHere } from '../support/media/inspector.ts'
import { buttons } from '../support/messages.ts'
import { noEnqueue, silent, untraced } from '../support/world.ts'

/** The bot among people in groups, and the delivery of what they order there. */
export async function groupChats(t: Test, given: Parameters<typeof chats>[1] = {}) {
  // What one member alone sees came with Bot API 10.2; an old server has a test of its own among the orders.
  const stage = await chats(t, { apiVersion: '10.3', ...given })
  const { api, serve, owner } = stage
  const { player } = api

  /** A group of these people, the first of them its owner; `isOn`: turned on by them; `isBasic`: not a supergroup yet. */
  async function group(title: string, people: Person[], { isOn = true, isBasic = false } = {}) {
    const [first, ...others] = people
    const id = player.addGroup(title, { creator: first!.id, members: others.map(one => one.id), isBasic })
    const own = {
      id,
      chat: { id, type: isBasic ? ('group' as const) : ('supergroup' as const), title },
      /** What all of the group see. */
      seen: () => player.chat(own.chat.id).filter(message => message.from === 'bot'),
      /** What this person alone sees. */
      whispers: (person: Person) => player.chatOf(person.id, own.chat.id).filter(message => message.onlyYou),
      async says(person: { id: number }, text: string) {
        player.sayIn(own.chat.id, person.id, text)
        await serve()
      },
      /** Any message of a person, with what the player has no move for. */
      async sends(person: { id: number }, content: object) {
        const { firstName } = player.people().find(one => one.id === person.id)!
        const from = { id: person.id, is_bot: false, first_name: firstName, language_code: 'ru' }
        const message = { message_id: 7_000, date: Math.floor(Date.now() / 1000), chat: own.chat, from }
        player.raw({ message: { ...message, ...content } })
        await serve()
      },
      /** Presses a button of what they alone see, by its words; or any data, which may be on no button at all. */
      async presses(person: Person, what: string | { data: string }, times = 1) {
        const shown = own.whispers(person).at(-1) ?? own.seen().at(-1)
        const data = typeof what === 'string' ? buttons(shown!).find(one => one.text.startsWith(what))?.data : what.data
        if (!data) throw new Error(`no button «${String(what)}» under ${shown?.text}`)
        const pressed = player.pressIn(own.chat.id, person.id, shown?.messageId ?? 1, { data }, true)
        pressed.catch(() => {}) // of interest below, not while the bot is at it
        await serve(times)
        const answer = await pressed
        return answer === 'expired' ? undefined : (answer.text ?? '')
      },
    }
    if (isOn) await own.says(first!, '/ai_on')
    await owner`delete from pay.rates`
    return own
  }

  return { ...stage, group, deliver: delivery(t, stage) }
}

/** Ends a run as a worker does and delivers what there is to say of it. */
function delivery(t: Test, { sql, owner, telegram, deps, end, limits, api }: Awaited<ReturnType<typeof chats>>) {
  const dir = t.testdir()
  const downloader = {
    ...createDownloader({ trustedOrigins: [], inspect: inspectHere, dir }),
    async fetch(): Promise<Downloaded> {
      const path = join(dir, randomUUID())
      const bytes = createCanvas(40, 40).toBuffer('image/png')
      writeFileSync(path, bytes)
      const remove = () => rm(path, { force: true })
      return { path, bytes: bytes.length, kind: 'image', mime: 'image/png', extension: 'png', remove }
    },
  }
  const results = createResultStore(downloader)
  t.teardown(() => results.close())
  const messages = createMessages({ ...deps, botUsername: () => api.bot.username })
  const options = {
    ...{ sql, telegram, results, messages, limits, enqueue: noEnqueue, tracing: untraced, log: silent },
    linkTo: undefined,
    preview: async () => new Uint8Array(),
  }
  return async (userId: number, id: string, code?: string): Promise<void> => {
    const { outboxId } = (await end(userId, id, code))[0]!
    await deliverJob(options, outboxId!)
    const [row] = await owner<
      { dead_reason: string | null }[]
    >`select dead_reason from pay.outbox where id = ${outboxId}`
    if (row?.dead_reason) throw new Error(`not delivered: ${row.dead_reason}`)
  }
}
