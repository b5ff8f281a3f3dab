import type { Catalogue, Model, Param } from '../../catalogue/models.ts'
import { checkValue, type FileValue } from '../../catalogue/parameters.ts'
import type { Generation, Output } from '../../payments/generations.ts'
import type { FollowUp } from '../codes.ts'
import { acceptsSource, type SourceResult } from './source-result.ts'

/** A run whose result another model may use. */
export type Run = Pick<Generation, 'id' | 'modelId' | 'taskId' | 'params' | 'createdAt' | 'promised' | 'inputs'>

/** Returns the follow-ups of a result that have a compatible model. */
export const followUpsOf = (catalogue: Catalogue, run: Run, outputs: Output[]): FollowUp[] =>
  (['enlarge', 'animate'] as const).filter(what =>
    outputs.some(output => compatibleModels(catalogue, what, run, output).length > 0),
  )

/** Returns the models that accept the output for this follow-up. */
export function compatibleModels({ models }: Catalogue, what: FollowUp, run: Run, output: Output): Model[] {
  const does = (model: Model) => (what === 'enlarge' ? model.upscales : model.category === 'image-to-video')
  return models.filter(model => does(model) && entryOf(model, run, output) !== undefined)
}

/** Returns the parameter of a model that accepts this result: as a file, else as a source result. */
export function entryOf(model: Model, run: Run, output: Output): { param: Param; isFile: boolean } | undefined {
  const visible = model.params.filter(param => !param.hidden)
  const file = visible.find(param => param.accept && checkValue(model, param, [asFile(output)]) === undefined)
  if (file) return { param: file, isFile: true }
  const source = sourceOf(run)
  const param = source && visible.find(one => one.previous_models && acceptsSource(model, one, source))
  return param && { param, isFile: false }
}

export const sourceOf = ({ id, modelId, taskId, params, createdAt, promised }: Run): SourceResult | undefined =>
  taskId === null ? undefined : { id, modelId, taskId, params, createdAt, files: promised }

/** Returns the output as a file value, with its measured properties. */
function asFile({ url, kind, mime, bytes, widthPx, heightPx, seconds }: Output): FileValue {
  return {
    url,
    kind: kind as FileValue['kind'],
    mime,
    bytes,
    ...(widthPx !== null && { widthPx }),
    ...(heightPx !== null && { heightPx }),
    ...(seconds !== null && { seconds }),
  }
}
