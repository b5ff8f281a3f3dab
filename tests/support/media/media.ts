import { crc32 } from 'node:zlib'
import { createCanvas } from '@napi-rs/canvas'
import { makeMelody } from '../../../playground/upstream/results/melodies.ts'
import { makeVideo } from '../../../playground/upstream/results/videos.ts'

/** A file as a person has it: its name and declared type may say anything, its bytes are what they are. */
export type Sent = { fileName: string; mime: string; bytes: Uint8Array }

const described = { title: 'Проба', text: 'проба', details: '', seed: '00'.repeat(32), voice: false }

export const jpegOf = (width: number, height: number): Sent => ({
  fileName: 'photo.jpg',
  mime: 'image/jpeg',
  bytes: createCanvas(width, height).toBuffer('image/jpeg'),
})

/** A picture of these sides and, where given, of exactly so many bytes: the rest is a chunk that no reader needs. */
export function pngOf(width: number, height: number, bytes?: number): Sent {
  const file = { fileName: 'picture.png', mime: 'image/png' }
  const plain = createCanvas(width, height).toBuffer('image/png')
  if (bytes === undefined) return { ...file, bytes: plain }
  const [head, end] = [plain.subarray(0, -12), plain.subarray(-12)]
  const typed = Buffer.concat([Buffer.from('teSt'), Buffer.alloc(bytes - plain.length - 12)])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(typed.length - 4)
  sum.writeUInt32BE(crc32(typed))
  return { ...file, bytes: Buffer.concat([head, length, typed, sum, end]) }
}

export const mp3Of = (seconds: number): Sent => ({
  fileName: 'voice.mp3',
  mime: 'audio/mpeg',
  bytes: makeMelody({ ...described, kind: 'audio', format: 'mp3', rate: 44_100, kbps: 128, seconds }),
})

export const wavOf = (seconds: number): Sent => ({
  fileName: 'voice.wav',
  mime: 'audio/wav',
  bytes: makeMelody({ ...described, kind: 'audio', format: 'wav', rate: 4_000, kbps: 0, seconds }),
})

export const mp4Of = async (): Promise<Sent> => ({
  fileName: 'film.mp4',
  mime: 'video/mp4',
  bytes: await makeVideo({ ...described, kind: 'video', format: 'mp4', width: 160, height: 90 }),
})
