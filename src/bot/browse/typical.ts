import type { Model } from '../../catalogue/models.ts'
import type { ModelStats } from '../../events/repository.ts'

// Fewer runs say nothing about the next one.
const enoughRuns = 10

/** Returns the usual duration of a run, from and to in ms: measured lately, else expected by the catalogue. */
export function typicalMs(stats: ModelStats | undefined, model: Model | undefined): [number, number] | undefined {
  if (stats && stats.timed >= enoughRuns && stats.p25Ms !== null && stats.p75Ms !== null) {
    return [stats.p25Ms, stats.p75Ms]
  }
  const expected = model?.expected_seconds
  return expected ? [expected * 800, expected * 1250] : undefined
}

/** How many of the last runs succeeded; undefined while there are too few to say. */
export function successOf(stats: ModelStats | undefined): { percent: number; of: number } | undefined {
  if (!stats || stats.finished < enoughRuns) return undefined
  return { percent: Math.floor((stats.succeeded / stats.finished) * 100), of: stats.finished }
}

// Among fewer, one failed run alone would be under the share.
const enoughOfHour = 5
const soundShare = 0.8

/** Returns whether the model failed often in the last hour. */
export function failsOften(stats: ModelStats | undefined): boolean {
  if (!stats || stats.hourFinished < enoughOfHour) return false
  return stats.hourSucceeded / stats.hourFinished < soundShare
}
