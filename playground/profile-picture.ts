import { createCanvas } from '@napi-rs/canvas'

// Draws the picture of the bot: node playground/profile-picture.ts > src/bot/home/profile.jpg
// Telegram cuts it to a circle, so everything stands within one.
const size = 640
const canvas = createCanvas(size, size)
const draw = canvas.getContext('2d')

const night = draw.createLinearGradient(0, 0, size, size)
night.addColorStop(0, '#5b3df5')
night.addColorStop(0.55, '#2a7de1')
night.addColorStop(1, '#15b8a6')
draw.fillStyle = night
draw.fillRect(0, 0, size, size)
draw.translate(-30, 30)

/** A star with four points that curve in, around its middle. */
function sparkle(x: number, y: number, reach: number, colour: string) {
  const waist = reach * 0.12
  draw.fillStyle = colour
  draw.beginPath()
  draw.moveTo(x, y - reach)
  draw.quadraticCurveTo(x + waist, y - waist, x + reach, y)
  draw.quadraticCurveTo(x + waist, y + waist, x, y + reach)
  draw.quadraticCurveTo(x - waist, y + waist, x - reach, y)
  draw.quadraticCurveTo(x - waist, y - waist, x, y - reach)
  draw.fill()
}

/** The frame of a picture, with hills in it. */
function frame(x: number, y: number, width: number, height: number) {
  draw.lineWidth = 26
  draw.strokeStyle = '#ffffff'
  draw.lineJoin = 'round'
  draw.beginPath()
  draw.roundRect(x, y, width, height, 46)
  draw.stroke()
  draw.save()
  draw.clip()
  draw.fillStyle = 'rgba(255, 255, 255, 0.92)'
  draw.beginPath()
  draw.moveTo(x, y + height)
  draw.lineTo(x + width * 0.36, y + height * 0.5)
  draw.lineTo(x + width * 0.58, y + height * 0.76)
  draw.lineTo(x + width * 0.74, y + height * 0.6)
  draw.lineTo(x + width, y + height)
  draw.closePath()
  draw.fill()
  draw.restore()
}

frame(150, 205, 300, 270)
sparkle(455, 200, 118, '#ffffff')
sparkle(455, 200, 74, '#ffd54a')
sparkle(250, 290, 40, '#ffd54a')

process.stdout.write(canvas.toBuffer('image/jpeg', 88))
