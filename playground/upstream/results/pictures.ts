import { createRequire } from 'node:module'
import { type Canvas, createCanvas, GlobalFonts, type Image, loadImage, type SKRSContext2D } from '@napi-rs/canvas'
import type { Recipe } from './recipe.ts'
import { paintScene } from './scenes.ts'

type Drawn = Extract<Recipe, { width: number }>

/** A PNG or JPEG that shows the model, the prompt and the parameters over a picture which follows from the prompt. */
export async function makePicture(
  recipe: Extract<Recipe, { kind: 'image' }>,
  source?: Uint8Array,
): Promise<Uint8Array> {
  const canvas = drawFrame(recipe, await readPicture(source), 0)
  return recipe.format === 'png' ? canvas.encode('png') : canvas.encode('jpeg', 88)
}

/** A picture that cannot be read is left out: its name is written instead. */
export async function readPicture(bytes: Uint8Array | undefined): Promise<Image | undefined> {
  if (!bytes) return undefined
  return loadImage(bytes).catch(() => undefined)
}

/** One still, or one moment of a film at `phase` from 0 to 1. */
export function drawFrame(recipe: Drawn, source: Image | undefined, phase: number): Canvas {
  loadFonts()
  const { width, height } = recipe
  const canvas = createCanvas(width, height)
  const ctx = canvas.getContext('2d')
  if (source) drawSource(ctx, recipe, source, phase)
  else paintScene(ctx, recipe, recipe.seed, recipe.text, phase)
  if (recipe.bare) return canvas
  const unit = Math.min(width, height) / 100
  drawChip(ctx, recipe, unit)
  drawCard(ctx, recipe, unit)
  return canvas
}

/** Fills the frame with the picture, slowly nearer in a film, and tints it a little so that a change is seen. */
function drawSource(ctx: SKRSContext2D, { width, height, seed }: Drawn, source: Image, phase: number) {
  const zoom = Math.max(width / source.width, height / source.height) * (1 + 0.12 * Math.sin(phase * Math.PI))
  const [w, h] = [source.width * zoom, source.height * zoom]
  ctx.drawImage(source, (width - w) / 2, (height - h) / 2, w, h)
  const hue = (Number.parseInt(seed.slice(0, 4), 16) + phase * 60) % 360
  const tint = ctx.createLinearGradient(0, 0, width, height)
  tint.addColorStop(0, `hsla(${hue}, 90%, 60%, 0.45)`)
  tint.addColorStop(1, `hsla(${(hue + 120) % 360}, 90%, 45%, 0.45)`)
  ctx.globalCompositeOperation = 'soft-light'
  ctx.fillStyle = tint
  ctx.fillRect(0, 0, width, height)
  ctx.globalCompositeOperation = 'source-over'
}

function drawChip(ctx: SKRSContext2D, { title, width, kind, source }: Drawn, unit: number) {
  const size = unit * (kind === 'video' ? 6 : 3.6)
  ctx.font = `bold ${size}px ${FONT}`
  const [pad, edge] = [size * 0.75, unit * 4]
  const text = fit(ctx, title, width - edge * 2 - pad * 2)
  // A picture from here has a title of its own, which must not shine through or stand out at the side.
  const isOver = source?.ours === true
  ctx.fillStyle = isOver ? 'rgb(10, 12, 28)' : 'rgba(10, 12, 28, 0.66)'
  ctx.beginPath()
  ctx.roundRect(edge, edge, isOver ? width - edge * 2 : ctx.measureText(text).width + pad * 2, size * 2, size)
  ctx.fill()
  ctx.fillStyle = '#ffffff'
  ctx.textBaseline = 'middle'
  ctx.fillText(text, edge + pad, edge + size * 1.02)
}

/** The card below: the prompt, at most a few lines of it, and the parameters. */
function drawCard(ctx: SKRSContext2D, recipe: Drawn, unit: number) {
  const { width, height, kind } = recipe
  const [edge, size] = [unit * 4, unit * (kind === 'video' ? 6.4 : 4.3)]
  const pad = size * 0.85
  const small = size * 0.68
  ctx.font = `${size}px ${FONT}`
  const inner = width - edge * 2 - pad * 2
  const lines = wrap(ctx, printable(recipe.text), inner, kind === 'video' ? 2 : 5)
  const from = recipe.source && !recipe.source.ours ? `из ${recipe.source.name}` : ''
  const footer = ['имитация', recipe.details, from].filter(Boolean).join(' · ')
  const tall = pad * 1.6 + lines.length * size * 1.36 + small * 1.3
  const top = height - edge - tall
  // A photo may bring words of its own, which must not shine through.
  ctx.fillStyle = `rgba(10, 12, 28, ${recipe.source?.ours ? 1 : recipe.source ? 0.9 : 0.74})`
  ctx.beginPath()
  ctx.roundRect(edge, top, width - edge * 2, tall, size * 0.9)
  ctx.fill()
  ctx.fillStyle = '#ffffff'
  ctx.textBaseline = 'top'
  lines.forEach((line, row) => {
    ctx.fillText(line, edge + pad, top + pad * 0.75 + row * size * 1.36)
  })
  ctx.font = `${small}px ${FONT}`
  ctx.fillStyle = 'rgba(255, 255, 255, 0.72)'
  ctx.fillText(fit(ctx, footer, inner), edge + pad, top + tall - pad * 0.7 - small)
}

const FONT = '"DejaVu Sans"'
let fontsLoaded = false

/** A bare machine has no fonts at all, so the picture brings its own. */
function loadFonts() {
  if (fontsLoaded) return
  const { resolve } = createRequire(import.meta.url)
  for (const file of ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']) {
    GlobalFonts.registerFromPath(resolve(`dejavu-fonts-ttf/ttf/${file}`), 'DejaVu Sans')
  }
  fontsLoaded = true
}

// The font has no colour emoji: an empty box would look like a fault.
const printable = (text: string) =>
  text
    .replace(/\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f/gu, '')
    .replace(/\s+/g, ' ')
    .trim()

function fit(ctx: SKRSContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text
  let short = text
  while (short.length > 1 && ctx.measureText(`${short}…`).width > width) short = short.slice(0, -1)
  return `${short.trimEnd()}…`
}

/** Breaks between words, inside a word only where it is longer than a line; what does not fit ends in an ellipsis. */
function wrap(ctx: SKRSContext2D, text: string, width: number, most: number): string[] {
  const lines: string[] = []
  let line = ''
  // A card of a few lines never shows more than this; measuring 20,000 characters would take seconds.
  const words = text.slice(0, 600).split(' ')
  while (words.length > 0 && lines.length < most) {
    const word = words.shift()!
    const longer = line ? `${line} ${word}` : word
    if (ctx.measureText(longer).width <= width) {
      line = longer
      continue
    }
    if (line) {
      lines.push(line)
      line = ''
      words.unshift(word)
      continue
    }
    let cut = word.length - 1
    while (cut > 1 && ctx.measureText(word.slice(0, cut)).width > width) cut--
    lines.push(word.slice(0, cut))
    words.unshift(word.slice(cut))
  }
  if (lines.length < most) return line ? [...lines, line] : lines
  const next = line || words[0]
  return next ? [...lines.slice(0, -1), fit(ctx, `${lines.at(-1)} ${next}`, width)] : lines
}
