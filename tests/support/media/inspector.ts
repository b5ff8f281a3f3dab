import { tmpdir } from 'node:os'
import type { Test } from 'tap'
import { createConverter } from '../../../src/media/convert/convert.ts'
import { inspect } from '../../../src/media/inspect.ts'
import { createInspector, type Inspect } from '../../../src/media/inspector.ts'
import { silent } from '../world.ts'

/** Files of tests lie in the folder for temporary ones, or in folders of the test. */
export function inspectorOf(t: Test, options: Partial<Parameters<typeof createInspector>[0]> = {}) {
  const inspector = createInspector({ folders: [tmpdir(), process.cwd()], log: silent, ...options })
  t.teardown(() => inspector.close())
  return inspector
}

/** What looks at people's files, and converts those that need it. */
export function converterOf(t: Test, inspect: Inspect) {
  const converter = createConverter({ inspect, folders: [tmpdir(), process.cwd()], log: silent })
  t.teardown(() => converter.close())
  return converter
}

/** The same without a process of its own, for tests that are about something else. */
export const inspectHere: Inspect = (path, { accept }) => inspect(path, accept)
