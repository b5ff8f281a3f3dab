import { type FileValue, type Inputs, isEarlier, isFiles } from '../../catalogue/parameters.ts'
import type { Generation, Output } from '../../payments/generations.ts'

/** The run that a result was made from, and the first of the line. */
export type Versions = { previousId: string; firstId: string }

/** Returns where a result comes from; undefined when nothing made here is in its answers. */
export function versionsOf(inputs: Inputs): Versions | undefined {
  for (const value of Object.values(inputs)) {
    if (isEarlier(value)) return { previousId: value.generationId, firstId: value.generationId }
    const from = isFiles(value) ? value.find(file => file.from)?.from : undefined
    if (from) return { previousId: from.generationId, firstId: from.firstId ?? from.generationId }
  }
  return undefined
}

/** Marks a file as this result of this run. */
export function fromResult(
  file: FileValue,
  { id, inputs }: Pick<Generation, 'id' | 'inputs'>,
  { n }: Output,
): FileValue {
  const firstId = versionsOf(inputs)?.firstId
  return { ...file, from: { generationId: id, n, ...(firstId !== undefined && { firstId }) } }
}
