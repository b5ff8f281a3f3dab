import { createHash } from 'node:crypto'
import type { Known, OwnFile } from '../models/input-check.ts'
import type { Model } from '../models/models.ts'

/** Everything a result is made from; the same recipe gives the same bytes. Plain data: it goes to the worker and to disk. */
export type Recipe = {
  title: string
  text: string
  details: string
  seed: string
  source?: Source
  voice: boolean
  /** Without words: a picture that another one starts from. */
  bare?: true
} & (
  | { kind: 'image'; format: 'png' | 'jpeg'; width: number; height: number }
  | { kind: 'video'; format: 'mp4'; width: number; height: number }
  | { kind: 'audio'; format: 'mp3' | 'wav'; rate: number; kbps: number; seconds: number }
)
/** The picture a result starts from: one of our files, or the name of one that lies elsewhere. */
export type Source = { url: string; ours: boolean; name: string }

export const mimeOf = (recipe: Recipe) =>
  ({ png: 'image/png', jpeg: 'image/jpeg', mp4: 'video/mp4', mp3: 'audio/mpeg', wav: 'audio/wav' })[recipe.format]
export const extensionOf = (recipe: Recipe) => (recipe.format === 'jpeg' ? 'jpg' : recipe.format)

/** How the `index`th result of this input is made. */
export function recipeFor(
  model: Model,
  input: Record<string, unknown>,
  index: number,
  seed: number,
  known: Known,
): Recipe {
  const text = String(input.prompt ?? input.text ?? input.video_url ?? earlierText(input, known) ?? '')
  const source = sourceOf(model, input, known)
  const words = Object.entries(input).filter(([name, value]) => SHOWN.has(name) && value !== undefined)
  const common = {
    title: model.name.ru,
    text,
    details: words
      .map(([name, value]) => `${SHOWN.get(name)}${value}${name.startsWith('duration') ? ' с' : ''}`)
      .join(' · '),
    seed: createHash('sha256')
      .update(JSON.stringify([seed, model.id, input, index]))
      .digest('hex'),
    voice: input.voice !== undefined,
    ...(source && { source }),
  }
  if (model.output === 'audio') return { ...common, kind: 'audio', ...soundFormat(input) }
  const file = source && known.file(source.url)
  const ratio = ratioOf(input, file === 'foreign' ? undefined : file, model.output === 'video')
  if (model.output === 'video') return { ...common, kind: 'video', format: 'mp4', ...sides(ratio, 320) }
  const format = String(input.output_format).startsWith('jp') ? 'jpeg' : 'png'
  return { ...common, kind: 'image', format, ...sides(ratio, 768) }
}

/** Parameters worth a word on the picture, with the words before the value. */
const SHOWN = new Map([
  ['aspect_ratio', ''],
  ['resolution', ''],
  ['quality', ''],
  ['duration', ''],
  ['n_frames', 'кадры '],
  ['mode', ''],
  ['upscale_factor', '×'],
  ['seed', 'seed '],
])

function earlierText(input: Record<string, unknown>, known: Known) {
  const earlier = typeof input.task_id === 'string' ? known.task(input.task_id) : undefined
  return earlier?.input.prompt
}

function sourceOf(model: Model, input: Record<string, unknown>, known: Known): Source | undefined {
  const param = model.params.find(({ accept, name }) => accept?.includes('image') && name in input)
  const earlier = typeof input.task_id === 'string' ? known.task(input.task_id) : undefined
  const given = param ? [input[param.name]].flat()[0] : earlier?.resultUrls[Number(input.index ?? 0)]
  if (typeof given !== 'string') return undefined
  const file = known.file(given)
  const drawable = typeof file === 'object' && file.mime.startsWith('image/')
  return { url: given, ours: drawable, name: new URL(given).pathname.split('/').at(-1) ?? '' }
}

function ratioOf(input: Record<string, unknown>, file: OwnFile | undefined, wide: boolean): number {
  const wanted = String(input.aspect_ratio)
  const [width, height] = wanted.split(':').map(Number)
  if (width && height) return width / height
  if (wanted === 'portrait') return 9 / 16
  if (wanted === 'landscape') return 16 / 9
  if (file?.width && file.height) return Math.min(Math.max(file.width / file.height, 0.4), 2.5)
  return wide ? 16 / 9 : 1
}

/** The encoder of videos takes even sides only. */
function sides(ratio: number, long: number) {
  const even = (side: number) => Math.round(side / 2) * 2
  return ratio >= 1 ? { width: long, height: even(long / ratio) } : { width: even(long * ratio), height: long }
}

function soundFormat(input: Record<string, unknown>) {
  const [codec, rate, kbps] = String(input.output_format ?? 'mp3_44100_128').split('_')
  const seconds = Math.min(Number(input.duration_seconds ?? 2.6), 2.6)
  if (codec === 'mp3') return { format: 'mp3', rate: Number(rate), kbps: Number(kbps), seconds } as const
  // Telephone codecs come as plain samples, Opus as MP3: both are real sound of the requested length.
  if (codec !== 'opus') return { format: 'wav', rate: Number(rate), kbps: 0, seconds } as const
  return { format: 'mp3', rate: 44_100, kbps: 128, seconds } as const
}
