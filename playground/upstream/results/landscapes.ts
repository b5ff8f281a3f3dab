import { color, disc, glow, type Scene, sky, stars, turn } from './brushes.ts'

export const hills: Scene = stage => {
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

export const sea: Scene = stage => {
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
