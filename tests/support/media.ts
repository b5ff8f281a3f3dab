import { Mp3Encoder } from '@breezystack/lamejs'
import { createCanvas } from '@napi-rs/canvas'
import h264 from 'h264-mp4-encoder'

/** A PNG of this size. */
export function picture(width: number, height: number): Buffer {
  const canvas = createCanvas(width, height)
  const ctx = canvas.getContext('2d')
  ctx.fillStyle = `hsl(${width % 360} 80% 50%)`
  ctx.fillRect(0, 0, width / 2, height)
  return canvas.toBuffer('image/png')
}

/** An MP4 of one second. */
export async function film(): Promise<Uint8Array> {
  const encoder = await h264.createH264MP4Encoder()
  encoder.width = 64
  encoder.height = 48
  encoder.frameRate = 5
  encoder.initialize()
  for (let frame = 0; frame < 5; frame++) encoder.addFrameRgba(new Uint8Array(64 * 48 * 4).fill(frame * 40))
  encoder.finalize()
  const bytes: Uint8Array = encoder.FS.readFile(encoder.outputFilename, { encoding: 'binary' })
  encoder.delete()
  return bytes
}

/** An MP3 of so many seconds. */
export function tone(seconds = 1): Buffer {
  const encoder = new Mp3Encoder(1, 22_050, 64)
  const wave = Int16Array.from({ length: 22_050 * seconds }, (_, at) => 8_000 * Math.sin(at / 10))
  const parts = [encoder.encodeBuffer(wave), encoder.flush()]
  return Buffer.concat(parts.map(part => Buffer.from(part.buffer, part.byteOffset, part.length)))
}
