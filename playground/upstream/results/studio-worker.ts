import { parentPort } from 'node:worker_threads'
import { makeMelody } from './melodies.ts'
import { makePicture } from './pictures.ts'
import type { Recipe } from './recipe.ts'
import { makeVideo } from './videos.ts'

export type Order = { number: number; recipe: Recipe; source?: Uint8Array }
export type Made = { number: number; bytes?: Uint8Array; error?: string }

// One order after another: the encoders are no faster side by side.
let last: Promise<void> = Promise.resolve()
parentPort?.on('message', (order: Order) => {
  last = last.then(async () => {
    const made: Made = await make(order).then(
      bytes => ({ number: order.number, bytes }),
      error => ({ number: order.number, error: String(error) }),
    )
    parentPort?.postMessage(made)
  })
})

async function make({ recipe, source }: Order): Promise<Uint8Array> {
  if (recipe.kind === 'image') return makePicture(recipe, source)
  return recipe.kind === 'video' ? makeVideo(recipe, source) : makeMelody(recipe)
}
