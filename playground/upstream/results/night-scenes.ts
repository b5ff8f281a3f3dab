import { color, disc, glow, type Scene, sky, stars, turn } from './brushes.ts'

export const city: Scene = stage => {
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

export const ribbons: Scene = stage => {
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
