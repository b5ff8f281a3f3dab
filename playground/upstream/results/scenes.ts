import type { SKRSContext2D } from '@napi-rs/canvas'

/** Numbers from 0 to 1 that follow from the seed alone. */
export type Dice = () => number
export function diceOf(seed: string): Dice {
  let state = Number.parseInt(seed.slice(0, 8), 16)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Stage = { ctx: SKRSContext2D; width: number; height: number; phase: number; dice: Dice; hue: number }
type Scene = (stage: Stage) => void

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

const color = (hue: number, saturation: number, light: number, alpha = 1) =>
  `hsla(${Math.round(((hue % 360) + 360) % 360)}, ${saturation}%, ${light}%, ${alpha})`

/** A full turn over one loop, so that a film's end meets its start. */
const turn = (phase: number, offset = 0) => (phase + offset) * Math.PI * 2

function sky({ ctx, width, height, hue }: Stage, lights: [number, number, number]) {
  const air = ctx.createLinearGradient(0, 0, width * 0.2, height)
  air.addColorStop(0, color(hue, 62, lights[0]))
  air.addColorStop(0.55, color(hue + 45, 68, lights[1]))
  air.addColorStop(1, color(hue + 85, 86, lights[2]))
  ctx.fillStyle = air
  ctx.fillRect(0, 0, width, height)
}

function glow({ ctx }: Stage, x: number, y: number, radius: number, inner: string, outer: string) {
  const light = ctx.createRadialGradient(x, y, 0, x, y, radius)
  light.addColorStop(0, inner)
  light.addColorStop(1, outer)
  ctx.fillStyle = light
  ctx.fillRect(x - radius, y - radius, radius * 2, radius * 2)
}

function disc({ ctx }: Stage, x: number, y: number, radius: number, fill: string) {
  ctx.fillStyle = fill
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, Math.PI * 2)
  ctx.fill()
}

function stars({ ctx, width, height, dice, phase }: Stage, count: number) {
  for (let i = 0; i < count; i++) {
    const [x, y, size, offset] = [dice() * width, dice() * height * 0.55, 0.4 + dice() * 1.3, dice()]
    ctx.fillStyle = `rgba(255,255,255,${0.35 + 0.45 * Math.sin(turn(phase, offset)) ** 2})`
    ctx.fillRect(x, y, (size * height) / 500, (size * height) / 500)
  }
}

/** Small lights that circle slowly: also in a calm scene a film is seen to move. */
function lights(stage: Stage) {
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

const hills: Scene = stage => {
  const { ctx, width, height, dice, hue, phase } = stage
  sky(stage, [24, 52, 74])
  stars(stage, 50)
  const [x, y, radius] = [width * (0.25 + dice() * 0.5), height * (0.34 + dice() * 0.1), Math.min(width, height) * 0.1]
  glow(
    stage,
    x,
    y + Math.sin(turn(phase)) * height * 0.02,
    radius * 4.5,
    color(hue + 75, 100, 88, 0.8),
    color(hue + 75, 100, 70, 0),
  )
  disc(stage, x, y + Math.sin(turn(phase)) * height * 0.02, radius, color(hue + 70, 100, 93))
  for (let layer = 0; layer < 6; layer++) {
    const level = height * (0.48 + layer * 0.085)
    const [slow, fast, offset] = [1.2 + dice() * 1.4, 4 + dice() * 5, dice() * 20]
    const tall = height * (0.11 - layer * 0.008)
    const ridge = (at: number) => {
      const place = at / Math.max(width, height)
      const drift = Math.sin(turn(phase)) * layer * 0.02
      return (
        level -
        tall * Math.sin((place + drift) * slow * 3 + offset) -
        tall * 0.28 * Math.sin((place + drift) * fast * 3 + offset * 2)
      )
    }
    const fill = ctx.createLinearGradient(0, level - tall, 0, height)
    fill.addColorStop(0, color(hue + 35 - layer * 9, 48 + layer * 3, 56 - layer * 9))
    fill.addColorStop(1, color(hue + 55 - layer * 9, 55, 64 - layer * 10))
    ctx.fillStyle = fill
    ctx.beginPath()
    ctx.moveTo(0, height)
    for (let at = 0; at <= width; at += 3) ctx.lineTo(at, ridge(at))
    ctx.lineTo(width + 3, ridge(width))
    ctx.lineTo(width + 3, height)
    ctx.fill()
    if (layer < 3) continue
    for (let tree = 0; tree < 14; tree++) {
      const at = dice() * width
      const size = height * (0.018 + layer * 0.007) * (0.7 + dice() * 0.6)
      ctx.fillStyle = color(hue + 30 - layer * 9, 50, 46 - layer * 8.5)
      for (const step of [0, 0.55, 1.1]) {
        const [top, wide] = [ridge(at) - size * (2.6 - step), size * (0.3 + step * 0.28)]
        ctx.beginPath()
        ctx.moveTo(at, top)
        ctx.lineTo(at - wide, top + size)
        ctx.lineTo(at + wide, top + size)
        ctx.fill()
      }
    }
  }
}

const sea: Scene = stage => {
  const { ctx, width, height, dice, hue, phase } = stage
  sky(stage, [28, 56, 76])
  const line = height * 0.56
  const [x, radius] = [width * (0.3 + dice() * 0.4), Math.min(width, height) * 0.13]
  glow(stage, x, line - radius * 0.4, radius * 4.5, color(hue + 80, 100, 90, 0.85), color(hue + 80, 100, 70, 0))
  disc(stage, x, line - radius * 0.4, radius, color(hue + 72, 100, 92))
  for (let cloud = 0; cloud < 7; cloud++) {
    const [at, up, long] = [dice() * width, line * (0.12 + dice() * 0.6), width * (0.12 + dice() * 0.22)]
    ctx.fillStyle = color(hue + 60, 80, 88, 0.16 + dice() * 0.12)
    ctx.beginPath()
    ctx.ellipse(at + Math.sin(turn(phase)) * width * 0.06, up, long, height * 0.012, 0, 0, Math.PI * 2)
    ctx.fill()
  }
  const water = ctx.createLinearGradient(0, line, 0, height)
  water.addColorStop(0, color(hue + 70, 72, 62))
  water.addColorStop(0.35, color(hue + 20, 55, 38))
  water.addColorStop(1, color(hue - 10, 60, 16))
  ctx.fillStyle = water
  ctx.fillRect(0, line, width, height - line)
  for (let wave = 0; wave < 90; wave++) {
    const depth = dice() ** 1.6
    const y = line + depth * (height - line)
    const near = Math.abs(dice() + dice() - 1) * width * (0.12 + depth * 0.5) * (dice() < 0.5 ? -1 : 1)
    const long = width * (0.015 + depth * 0.07) * (0.6 + 0.4 * Math.sin(turn(phase, dice())))
    ctx.fillStyle = color(hue + 78, 95, 86, 0.14 + 0.34 * (1 - depth))
    ctx.fillRect(x + near - long / 2, y, long, Math.max(1, height * 0.0035 * (0.5 + depth)))
  }
  const [boatX, boatY, size] = [
    width * ((x < width / 2 ? 0.7 : 0.3) + Math.sin(turn(phase)) * 0.09),
    line + height * 0.09 + Math.sin(turn(phase)) * height * 0.008,
    Math.min(width, height) * 0.075,
  ]
  ctx.fillStyle = color(hue - 10, 45, 14)
  ctx.beginPath()
  ctx.moveTo(boatX - size, boatY)
  ctx.quadraticCurveTo(boatX, boatY + size * 0.75, boatX + size, boatY)
  ctx.fill()
  ctx.fillStyle = color(hue + 75, 60, 94)
  ctx.beginPath()
  ctx.moveTo(boatX, boatY - size * 1.7)
  ctx.quadraticCurveTo(boatX + size * 0.9, boatY - size * 0.7, boatX + size * 0.75, boatY - size * 0.12)
  ctx.lineTo(boatX, boatY - size * 0.12)
  ctx.fill()
}

const city: Scene = stage => {
  const { ctx, width, height, dice, hue, phase } = stage
  sky({ ...stage, hue: 215 + (hue % 60) }, [9, 22, 46])
  stars(stage, 70)
  const tone = 215 + (hue % 60)
  const moon = Math.min(width, height) * 0.065
  glow(stage, width * 0.76, height * 0.2, moon * 4, color(50, 80, 88, 0.5), color(50, 80, 80, 0))
  disc(stage, width * 0.76, height * 0.2, moon, color(48, 70, 92))
  for (let row = 0; row < 3; row++) {
    const wide = Math.max(width, height) * (0.05 + row * 0.022)
    for (let x = -wide * dice(); x < width; ) {
      const [w, tall] = [wide * (0.7 + dice() * 0.8), height * (0.26 + dice() * 0.3 - row * 0.07)]
      const top = height - tall - height * (0.16 - row * 0.08)
      const wall = ctx.createLinearGradient(0, top, 0, height)
      wall.addColorStop(0, color(tone + 12, 45, 26 - row * 8))
      wall.addColorStop(1, color(tone + 60, 50, 34 - row * 9))
      ctx.fillStyle = wall
      ctx.fillRect(x, top, w - wide * 0.06, height - top)
      const cell = wide * 0.16
      for (let wx = x + cell; wx < x + w - cell * 1.4; wx += cell * 1.6) {
        for (let wy = top + cell; wy < height - cell; wy += cell * 1.9) {
          const lit = dice()
          const blinks = lit > 0.95 && Math.sin(turn(phase, lit * 20)) > 0
          if (lit < 0.6 && !blinks) continue
          ctx.fillStyle = color(34 + dice() * 24, 95, 66, 0.35 + row * 0.25)
          ctx.fillRect(wx, wy, cell * 0.8, cell)
        }
      }
      x += w
    }
  }
}

const ribbons: Scene = stage => {
  const { ctx, width, height, dice, hue, phase } = stage
  sky(stage, [12, 20, 34])
  ctx.globalCompositeOperation = 'screen'
  for (let orb = 0; orb < 9; orb++) {
    const [x, y, radius, offset] = [
      dice() * width,
      dice() * height,
      Math.max(width, height) * (0.12 + dice() * 0.26),
      dice(),
    ]
    const tint = hue + dice() * 150
    glow(
      stage,
      x + Math.cos(turn(phase, offset)) * radius * 0.15,
      y + Math.sin(turn(phase, offset)) * radius * 0.15,
      radius,
      color(tint, 85, 56, 0.5),
      color(tint, 85, 40, 0),
    )
  }
  for (let band = 0; band < 16; band++) {
    const [from, to, swing, offset] = [dice(), dice(), 0.1 + dice() * 0.2, dice()]
    const stroke = ctx.createLinearGradient(0, 0, width, height)
    stroke.addColorStop(0, color(hue + band * 11, 90, 64, 0))
    stroke.addColorStop(0.5, color(hue + band * 11, 92, 66, 0.5))
    stroke.addColorStop(1, color(hue + band * 11 + 60, 90, 70, 0))
    ctx.strokeStyle = stroke
    ctx.lineWidth = Math.min(width, height) * (0.004 + dice() * 0.03)
    ctx.beginPath()
    const sway = Math.sin(turn(phase, offset)) * swing * height
    ctx.moveTo(-width * 0.1, from * height)
    ctx.bezierCurveTo(
      width * 0.35,
      from * height + sway + height * 0.35,
      width * 0.6,
      to * height - sway - height * 0.3,
      width * 1.1,
      to * height,
    )
    ctx.stroke()
  }
  ctx.globalCompositeOperation = 'source-over'
  for (let spark = 0; spark < 60; spark++) {
    disc(
      stage,
      dice() * width,
      dice() * height,
      Math.min(width, height) * (0.001 + dice() * 0.003),
      `rgba(255,255,255,${0.2 + dice() * 0.5})`,
    )
  }
}

/** A word of the prompt chooses the scene where one fits; else the seed does. */
const SCENES = [
  { words: /город|улиц|кафе|ноч|неон|city|street|cafe|night|bar\b|market/i, paint: city },
  { words: /мор[еяю]|океан|озер|лод|волн|пляж|закат|sea|ocean|lake|boat|wave|beach/i, paint: sea },
  { words: /гор[ыау]|лес|холм|пол[ея]|снег|утр|mountain|forest|valley|snow|hill|morning|log\b/i, paint: hills },
  { words: /абстракц|космос|энерги|музык|abstract|space|neon|jazz/i, paint: ribbons },
]
