import type { TaskView } from './stand-in.ts'

/**
 * The task as `recordInfo` and callbacks show it: `param.input` is JSON inside JSON, `resultJson` is a string
 * (docs/providers/kie.md, "Reading a task").
 */
export function recordOf(task: TaskView) {
  const ended = task.state === 'success' || task.state === 'fail'
  return {
    taskId: task.taskId,
    model: task.model,
    state: !ended && task.behaviour === 'odd_state' ? 'postprocessing' : task.state,
    param: JSON.stringify({
      input: JSON.stringify(asStored(task.input)),
      ...(task.callBackUrl !== undefined && { callBackUrl: task.callBackUrl }),
      model: task.model,
    }),
    resultJson: resultJson(task),
    failCode: task.failCode ?? null,
    failMsg: task.failMsg ?? null,
    costTime: task.completedAt === undefined ? null : Math.round((task.completedAt - task.createdAt) / 1000),
    completeTime: task.completedAt ?? null,
    createTime: task.createdAt,
    ...(ended && { creditsConsumed: task.creditsConsumed ?? 0 }),
  }
}

function resultJson({ state, resultUrls }: TaskView): string | null {
  if (state === 'fail') return null
  return state === 'success' ? JSON.stringify({ resultUrls }) : ''
}

/** A number sent as a string comes back as a number, as recorded for `"duration":"6"`. */
function asStored(input: Record<string, unknown>) {
  const numeric = (name: string, value: unknown) => NUMBERS.has(name) && /^\d+$/.test(String(value))
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, numeric(name, value) ? Number(value) : value]),
  )
}

const NUMBERS = new Set(['duration', 'n_frames', 'upscale_factor'])
