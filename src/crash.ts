/** Places where a test may let the process die, to see that nothing is lost. Outside tests they do nothing. */
export type CrashPoint =
  | 'update_received'
  | 'inbox_committed'
  | 'after_debit'
  | 'before_submit'
  | 'submit_sent'
  | 'task_id_saved'
  | 'callback_received'
  | 'poll_ok'
  | 'before_settle'
  | 'after_settle'
  | 'outbox_taken'
  | 'chunk_kept'
  | 'telegram_sent'
  | 'outbox_marked'

let armed: { point: string; passesLeft: number } | undefined

/** Lets the process die by SIGKILL at the n-th pass of a point: `after_debit:3`. */
export function armCrash(spec: string): void {
  const [point = '', pass = '1'] = spec.split(':')
  armed = { point, passesLeft: Number(pass) }
}

export function crash(point: CrashPoint): void {
  if (armed?.point !== point) return
  armed.passesLeft -= 1
  if (armed.passesLeft <= 0) process.kill(process.pid, 'SIGKILL')
}
