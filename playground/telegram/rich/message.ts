import { type Call, object } from '../api/fields.ts'
import { bad, Refusal } from '../api/refusal.ts'
import type { Message } from '../chats/message.ts'
import { publish } from '../messages/sending.ts'
import type { World } from '../world.ts'
import { readBlocks } from './blocks.ts'
import { fetchMedia, type Pending } from './media.ts'
import { no, openMeter } from './meter.ts'
import { plainMessage } from './plain.ts'
import type { RichMessage } from './wire.ts'

/** sendRichMessage of Bot API 10.1; an old server has no such method. */
export async function sendRichMessage(world: World, call: Call): Promise<Message> {
  if (world.apiVersion === '7.1') throw new Refusal(404, 'Not Found: method not found')
  const to = world.chats.target(call.fields.chat_id)
  const rich_message = await readRich(world, call)
  return publish(world, call, to, { rich_message })
}

/** The parameter rich_message of a call, checked against the description, with its files. Throws 400. */
export async function readRich(world: World, call: Call): Promise<RichMessage> {
  const from = object(call, 'rich_message')
  if (!from) throw bad('rich message is empty')
  const ways = ['blocks', 'html', 'markdown'].filter(way => from[way] !== undefined && from[way] !== null)
  if (ways.length !== 1) throw no('exactly one of blocks, html and markdown must be used')
  if (ways[0] !== 'blocks') throw no(`${ways[0]} is not played here, use blocks`)
  if (from.media !== undefined) throw no('media is for html and markdown')
  const pending: Pending[] = []
  const blocks = readBlocks(from.blocks, { meter: openMeter(), pending })
  const read: RichMessage = { blocks, ...(from.is_rtl === true ? { is_rtl: true } : {}) }
  if (pending.length === 0 && plainMessage(read).trim() === '') throw bad('rich message is empty')
  await fetchMedia(world, call, pending)
  return read
}
