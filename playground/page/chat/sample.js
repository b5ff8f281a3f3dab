import { words } from '../words.js'

/** A photo for a person who has none at hand: a lighthouse by the evening sea, drawn here. A PNG File. */
export async function samplePhoto() {
  const canvas = document.createElement('canvas')
  canvas.width = 960
  canvas.height = 640
  const draw = canvas.getContext('2d')
  drawSea(draw)
  drawLighthouse(draw)
  const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'))
  return new File([blob], words.intro.sampleFile, { type: 'image/png' })
}

/** The evening sky, the sun and the sea below. */
function drawSea(draw) {
  const sky = draw.createLinearGradient(0, 0, 0, 420)
  sky.addColorStop(0, '#24405f')
  sky.addColorStop(0.55, '#d98a6a')
  sky.addColorStop(1, '#f6cf94')
  draw.fillStyle = sky
  draw.fillRect(0, 0, 960, 430)
  draw.fillStyle = '#fff1cf'
  disc(draw, 660, 360, 58)

  const sea = draw.createLinearGradient(0, 420, 0, 640)
  sea.addColorStop(0, '#e0a57f')
  sea.addColorStop(0.25, '#3f7280')
  sea.addColorStop(1, '#17323f')
  draw.fillStyle = sea
  draw.fillRect(0, 420, 960, 220)
  draw.fillStyle = 'rgba(255, 236, 196, 0.55)'
  for (let row = 0; row < 12; row++) {
    const width = 130 - row * 7 + (row % 3) * 26
    draw.fillRect(660 - width / 2 + (row % 2) * 18, 430 + row * 15, width, 3)
  }
}

/** The shore, the tower and its beam. */
function drawLighthouse(draw) {
  draw.fillStyle = '#16262c'
  draw.beginPath()
  draw.moveTo(0, 640)
  draw.lineTo(0, 470)
  draw.quadraticCurveTo(150, 415, 310, 470)
  draw.quadraticCurveTo(400, 520, 470, 640)
  draw.fill()

  draw.fillStyle = '#f4efe6'
  draw.beginPath()
  draw.moveTo(176, 450)
  draw.lineTo(196, 210)
  draw.lineTo(244, 210)
  draw.lineTo(264, 450)
  draw.fill()
  draw.fillStyle = '#b6433a'
  for (const [top, half] of [
    [262, 29],
    [348, 36],
  ]) {
    draw.fillRect(220 - half, top, half * 2, 40)
  }
  draw.fillStyle = '#26343a'
  draw.fillRect(190, 198, 60, 12)
  draw.fillRect(204, 160, 32, 38)
  draw.beginPath()
  draw.moveTo(198, 162)
  draw.lineTo(220, 136)
  draw.lineTo(242, 162)
  draw.fill()
  draw.fillStyle = '#ffe9a8'
  disc(draw, 220, 180, 11)
  draw.fillStyle = 'rgba(255, 233, 168, 0.16)'
  draw.beginPath()
  draw.moveTo(220, 180)
  draw.lineTo(960, 60)
  draw.lineTo(960, 210)
  draw.fill()
}

function disc(draw, x, y, radius) {
  draw.beginPath()
  draw.arc(x, y, radius, 0, Math.PI * 2)
  draw.fill()
}
