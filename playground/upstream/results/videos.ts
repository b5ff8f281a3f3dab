import h264 from 'h264-mp4-encoder'
import { drawFrame, readPicture } from './pictures.ts'
import type { Recipe } from './recipe.ts'

const FRAMES = 24
const FRAMES_PER_SECOND = 12
let films = 0

/** An MP4 of two seconds that a browser plays: the scene, or the picture it starts from, in slow motion. */
export async function makeVideo(recipe: Extract<Recipe, { kind: 'video' }>, source?: Uint8Array): Promise<Uint8Array> {
  const picture = await readPicture(source)
  const encoder = await h264.createH264MP4Encoder()
  // All encoders of a process share one virtual folder.
  encoder.outputFilename = `film-${++films}.mp4`
  encoder.width = recipe.width
  encoder.height = recipe.height
  encoder.frameRate = FRAMES_PER_SECOND
  encoder.quantizationParameter = 26
  encoder.groupOfPictures = FRAMES
  encoder.initialize()
  for (let frame = 0; frame < FRAMES; frame++) {
    const ctx = drawFrame(recipe, picture, frame / FRAMES).getContext('2d')
    encoder.addFrameRgba(ctx.getImageData(0, 0, recipe.width, recipe.height).data)
  }
  encoder.finalize()
  const bytes: Uint8Array = encoder.FS.readFile(encoder.outputFilename, { encoding: 'binary' })
  encoder.FS.unlink(encoder.outputFilename)
  encoder.delete()
  return bytes
}
