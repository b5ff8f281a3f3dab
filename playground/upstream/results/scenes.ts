import type { SKRSContext2D } from '@napi-rs/canvas'
import { lights } from './brushes.ts'
import { diceOf } from './dice.ts'
import { hills, sea } from './landscapes.ts'
import { city, ribbons } from './night-scenes.ts'

/** A word of the prompt chooses the scene where one fits; else the seed does. */
const SCENES = [
  { words: /город|улиц|кафе|ноч|неон|city|street|cafe|night|bar\b|market/i, paint: city },
  { words: /мор[еяю]|океан|озер|лод|волн|пляж|закат|sea|ocean|lake|boat|wave|beach/i, paint: sea },
  { words: /гор[ыау]|лес|холм|пол[ея]|снег|утр|mountain|forest|valley|snow|hill|morning|log\b/i, paint: hills },
  { words: /абстракц|космос|энерги|музык|abstract|space|neon|jazz/i, paint: ribbons },
]

/** Paints a picture that follows from seed and words; `phase` from 0 to 1 moves it through one loop of a film. */
export function paintScene(
  ctx: SKRSContext2D,
  size: { width: number; height: number },
  seed: string,
  text: string,
  phase: number,
) {
  const dice = diceOf(seed)
  const hue = dice() * 360
  const chance = SCENES[Math.floor(dice() * SCENES.length)]!
  const scene = SCENES.find(({ words }) => words.test(text)) ?? chance
  const stage = { ctx, ...size, phase, dice, hue }
  scene.paint(stage)
  lights(stage)
  const shade = ctx.createRadialGradient(
    size.width / 2,
    size.height / 2,
    size.height * 0.3,
    size.width / 2,
    size.height / 2,
    size.width,
  )
  shade.addColorStop(0, 'rgba(0,0,0,0)')
  shade.addColorStop(1, 'rgba(4,4,20,0.55)')
  ctx.fillStyle = shade
  ctx.fillRect(0, 0, size.width, size.height)
}
