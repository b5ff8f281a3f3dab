import type { Model, Task } from '../../catalogue/models.ts'
import type { FileValue } from '../../catalogue/parameters.ts'
import { isLink, mainText } from '../parameter-texts.ts'
import { filesOf, missingFile, type Request, textOf } from './request.ts'
import { outputOf, photoWishOf } from './words.ts'

/** What to do next: a task, or a question for what is missing. */
export type Plan = { task: Task } | { ask: 'photo' | 'film' } | { ask: 'file'; kind: FileValue['kind'] }

/** What the buttons under a photo without words offer. */
export const photoTasks = ['animate', 'enlarge', 'cutout'] as const satisfies Task[]
/** What can be made of words alone. */
export const textTasks = ['image', 'video', 'speech'] as const satisfies Task[]

/** Returns what the request is for; undefined for one without content. */
export function planOf(request: Request, forSale: { models: Model[] }): Plan | undefined {
  const text = textOf(request)
  const kinds = new Set(filesOf(request).map(({ kind }) => kind))
  const chosen = request.task
  if (request.isFixed && chosen) {
    const kind = missingFile(request)
    return kind ? { ask: 'file', kind } : { task: chosen }
  }
  if (kinds.has('image') && kinds.has('audio')) return { task: 'talk' }
  if (kinds.has('video')) return text === undefined ? { ask: 'film' } : { task: 'remake' }
  if (kinds.has('image')) {
    if (chosen && isForPhotos(chosen)) return { task: chosen }
    const task = taskOfCard(request, forSale, text === undefined ? photoTasks : ['edit', 'animate'])
    if (task) return { task }
    return text === undefined ? { ask: 'photo' } : { task: photoWishOf(text) }
  }
  if (kinds.has('audio')) return { task: 'clean' }
  if (text === undefined) return undefined
  if (chosen && isForText(chosen)) return { task: chosen }
  const task = taskOfCard(request, forSale, [...textTasks, 'sound'])
  if (task) return { task }
  if (forSale.models.some(model => linkParam(model, text) !== undefined)) return { task: 'unmark' }
  return { task: outputOf(text) }
}

/** What the model of the open card does with such content. */
function taskOfCard({ card }: Request, forSale: { models: Model[] }, tasks: readonly Task[]): Task | undefined {
  const model = forSale.models.find(({ id }) => id === card)
  return model && tasks.find(task => does(model, task))
}

const isForPhotos = (task: Task) => task === 'edit' || (photoTasks as readonly Task[]).includes(task)
const isForText = (task: Task) => task === 'sound' || (textTasks as readonly Task[]).includes(task)

/** The parameter of a model whose whole input is this link. */
export function linkParam(model: Model, text: string) {
  const words = text.trim()
  return model.params.find(
    param => !param.hidden && isLink(param) && param.required && new RegExp(param.pattern!).test(words),
  )
}

/** Returns whether the model is for this task. */
export function does(model: Model, task: Task): boolean {
  const { category, params, upscales } = model
  const takes = (media: 'image' | 'video' | 'audio') =>
    params.some(param => !param.hidden && param.accept?.includes(media))
  const main = mainText(model)
  switch (task) {
    case 'image':
      return category === 'text-to-image'
    case 'video':
      return category === 'text-to-video'
    case 'speech':
    case 'sound':
      return category === 'text-to-audio' && (main?.spoken === true) === (task === 'speech')
    case 'edit':
      return main !== undefined && takes('image') && (category === 'image-to-image' || category === 'text-to-image')
    case 'animate':
      return takes('image') && !takes('audio') && (category === 'image-to-video' || category === 'text-to-video')
    case 'enlarge':
      return category === 'image-to-image' && upscales === true
    case 'cutout':
      return category === 'image-to-image' && main === undefined && upscales !== true
    case 'talk':
      return category === 'audio-to-video'
    case 'clean':
      return category === 'audio-to-audio'
    case 'remake':
      return category === 'video-to-video' && main !== undefined && takes('video')
    case 'unmark':
      return category === 'video-to-video' && params.some(param => !param.hidden && param.required && isLink(param))
  }
}
