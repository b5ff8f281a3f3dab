import fs from 'node:fs'

/** Returns a name for one run of a process, since ids are reused. Undefined once it has ended, reaped or not. */
export function lifeOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return undefined // EPERM: it runs, as another user
  }
  if (process.platform !== 'linux') return `${pid}`
  try {
    // proc_pid_stat(5), after the name in parentheses: field 3 is the state, field 22 the start in clock ticks.
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${pid}-${fields[19]}`
  } catch {
    return undefined
  }
}

/** Returns whether that run is over. Takes a result of `lifeOf`. */
export const isOver = (life: string): boolean => lifeOf(Number.parseInt(life, 10)) !== life

/** Returns the code of a system error, such as `ENOENT`. */
export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
