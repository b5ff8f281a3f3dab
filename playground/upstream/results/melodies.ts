import { Mp3Encoder } from '@breezystack/lamejs'
import { diceOf } from './dice.ts'
import type { Recipe } from './recipe.ts'

/** A short tune that follows from the text, as MP3 or as WAV with 16-bit mono samples. */
export function makeMelody(recipe: Extract<Recipe, { kind: 'audio' }>): Uint8Array {
  const samples = play(recipe)
  return recipe.format === 'wav' ? wav(samples, recipe.rate) : mp3(samples, recipe.rate, recipe.kbps)
}

// A pentatonic scale has no two notes that clash, so any order of them is a tune. Semitones above the root.
const SCALE = [0, 2, 4, 7, 9, 12, 14, 16]

function play({ seed, rate, seconds, voice }: Extract<Recipe, { kind: 'audio' }>): Int16Array {
  const dice = diceOf(seed)
  const root = (voice ? 146.83 : 220) * 2 ** (Math.floor(dice() * 7) / 12)
  const sum = new Float32Array(Math.ceil(seconds * rate))
  const beat = 0.18 + dice() * 0.07
  let place = Math.floor(dice() * 4)
  for (let start = 0; start < seconds - 0.2; start += dice() < 0.25 ? beat * 2 : beat) {
    place = Math.min(Math.max(place + Math.round((dice() - 0.5) * 5), 0), SCALE.length - 1)
    addNote(sum, rate, start, root * 2 ** (SCALE[place]! / 12), 0.26)
  }
  for (let start = 0; start < seconds - 0.2; start += beat * 4) addNote(sum, rate, start, root / 2, 0.2)
  // Both ends fade within 20 ms: a cut in the middle of a wave is heard as a click.
  const fade = Math.min(rate * 0.02, sum.length / 2)
  return Int16Array.from(sum, (value, at) => {
    const soft = Math.min(1, at / fade, (sum.length - at) / fade)
    return Math.round(Math.tanh(value) * soft * 28_000)
  })
}

/** A plucked sound: a quick start, a slow end, and two overtones that die sooner. */
function addNote(sum: Float32Array, rate: number, start: number, pitch: number, loud: number) {
  const from = Math.floor(start * rate)
  const to = Math.min(sum.length, from + Math.floor(rate * 1.1))
  for (let at = from; at < to; at++) {
    const time = (at - from) / rate
    const wave = Math.PI * 2 * pitch * time
    const tone =
      Math.sin(wave) + 0.4 * Math.sin(wave * 2) * Math.exp(-time * 6) + 0.2 * Math.sin(wave * 3) * Math.exp(-time * 9)
    sum[at]! += tone * loud * Math.min(1, time / 0.008) * Math.exp(-time * 3.5)
  }
}

function mp3(samples: Int16Array, rate: number, kbps: number): Uint8Array {
  const encoder = new Mp3Encoder(1, rate, kbps)
  const parts: Uint8Array[] = []
  for (let at = 0; at < samples.length; at += 1152) parts.push(encoder.encodeBuffer(samples.subarray(at, at + 1152)))
  // The encoder hands out signed bytes, whatever its types say.
  return Buffer.concat([...parts, encoder.flush()].map(part => Buffer.from(part.buffer, part.byteOffset, part.length)))
}

function wav(samples: Int16Array, rate: number): Uint8Array {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + samples.byteLength, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20) // plain samples
  head.writeUInt16LE(1, 22) // one channel
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([head, new Uint8Array(samples.buffer)])
}
