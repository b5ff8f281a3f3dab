import { type Call, isObject } from '../api/fields.ts'
import type { Kind } from '../files/media.ts'
import { inputMedia, mediaContent } from '../messages/content.ts'
import type { World } from '../world.ts'
import { no } from './meter.ts'
import type { RichBlock } from './wire.ts'

/** Blocks with a file: the kind of the file, which InputMedia names a voice otherwise. */
export const MEDIA: Record<string, Kind> = {
  photo: 'photo',
  video: 'video',
  animation: 'animation',
  audio: 'audio',
  document: 'document',
  voice_note: 'voice',
}

/** A block whose file is fetched once the whole message was read. */
export type Pending = { block: RichBlock; item: Record<string, unknown> }

/** Reads a block with a file: its InputMedia stands in the field of the same name. Throws 400. */
export function readMedia(from: Record<string, unknown>, type: string): Pending {
  const item = from[type]
  if (!isObject(item)) throw no(`${type} has no ${type}`)
  if (item.type !== type) throw no(`the type of the InputMedia must be "${type}"`)
  const block: RichBlock = { type, ...(item.has_spoiler === true ? { has_spoiler: true as const } : {}) }
  return { block, item }
}

/** Puts the files into the blocks, in their order. Throws 400 for a file that cannot be had. */
export async function fetchMedia(world: World, call: Call, pending: Pending[]): Promise<void> {
  for (const { block, item } of pending) {
    const kind = MEDIA[block.type]!
    const file = await inputMedia(world, call, { ...item, type: kind }, [kind])
    const content = mediaContent(file, item)
    Object.assign(block, { [block.type]: kind === 'voice' ? content.voice : content[kind] })
  }
}
