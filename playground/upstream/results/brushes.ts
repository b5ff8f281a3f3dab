import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Dice } from './dice.ts'

/** A canvas with its size, the moment of the film from 0 to 1, and the chance and colour of this picture. */
export type Stage = { ctx: SKRSContext2D; width: number; height: number; phase: number; dice: Dice; hue: number }
export type Scene = (stage: Stage) => void

export const color = (hue: number, saturation: number, light: number, alpha = 1) =>
  `hsla(${Math.round(((hue % 360) + 360) % 360)}, ${saturation}%, ${light}%, ${alpha})`

/** A full turn over one loop, so that a film's end meets its start. */
export const turn = (phase: number, offset = 0) => (phase + offset) * Math.PI * 2

export function sky({ ctx, width, height, hue }: Stage, lights: [number, number, number]) {
  const air = ctx.createLinearGradient(0, 0, width * 0.2, height)
  air.addColorStop(0, color(hue, 62, lights[0]))
  air.addColorStop(0.55, color(hue + 45, 68, lights[1]))
  air.addColorStop(1, color(hue + 85, 86, lights[2]))
  ctx.fillStyle = air
  ctx.fillRect(0, 0, width, height)
}

export function glow({ ctx }: Stage, x: number, y: number, radius: number, inner: string, outer: string) {
  const light = ctx.createRadialGradient(x, y, 0, x, y, radius)
  light.addColorStop(0, inner)
  light.addColorStop(1, outer)
  ctx.fillStyle = light
  ctx.fillRect(x - radius, y - radius, radius * 2, radius * 2)
}

export function disc({ ctx }: Stage, x: number, y: number, radius: number, fill: string) {
  ctx.fillStyle = fill
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, Math.PI * 2)
  ctx.fill()
}

export function stars({ ctx, width, height, dice, phase }: Stage, count: number) {
  for (let i = 0; i < count; i++) {
    const [x, y, size, offset] = [dice() * width, dice() * height * 0.55, 0.4 + dice() * 1.3, dice()]
    ctx.fillStyle = `rgba(255,255,255,${0.35 + 0.45 * Math.sin(turn(phase, offset)) ** 2})`
    ctx.fillRect(x, y, (size * height) / 500, (size * height) / 500)
  }
}

/** Small lights that circle slowly: also in a calm scene a film is seen to move. */
export function lights(stage: Stage) {
  const { ctx, width, height, phase, dice, hue } = stage
  ctx.globalCompositeOperation = 'screen'
  for (let light = 0; light < 18; light++) {
    const [x, y, offset] = [dice() * width, height * (0.15 + dice() * 0.6), dice()]
    const [swing, radius] = [height * (0.03 + dice() * 0.07), Math.min(width, height) * (0.006 + dice() * 0.014)]
    const [atX, atY] = [x + Math.cos(turn(phase, offset)) * swing, y + Math.sin(turn(phase, offset)) * swing]
    glow(stage, atX, atY, radius * 2.5, color(hue + 60, 100, 85, 0.75), color(hue + 60, 100, 70, 0))
  }
  ctx.globalCompositeOperation = 'source-over'
}
