/** Points where a test may kill the process to check that nothing is lost. Outside tests they do nothing. */
export type CrashPoint =
  | 'update_received'
  | 'inbox_committed'
  | 'before_debit'
  | 'debit_sent'
  | 'after_debit'
  | 'before_submit'
  | 'submit_sent'
  | 'submit_acked'
  | 'task_id_saved'
  | 'callback_received'
  | 'poll_ok'
  | 'before_settle'
  | 'settle_sent'
  | 'after_settle'
  | 'outbox_leased'
  | 'chunk_kept'
  | 'telegram_sent'
  | 'telegram_acked'
  | 'outbox_marked'
  | 'topup_received'
  | 'topup_committed'
  | 'sweeper_leased'
  | 'sweeper_refunded'
  | 'migrate_mid'
  | 'shutdown_begin'

let armed: { point: string; passesLeft: number } | undefined

/** Kills the process with SIGKILL at the n-th pass of a point: `after_debit:3`. */
export function armCrash(spec: string): void {
  const [point = '', pass = '1'] = spec.split(':')
  armed = { point, passesLeft: Number(pass) }
}

export function crash(point: CrashPoint): void {
  if (isDue(point)) process.kill(process.pid, 'SIGKILL')
}

/**
 * Call it right before sending: the process is killed a moment later, while the request is in flight or just answered.
 */
export function crashUnderWay(point: CrashPoint): void {
  if (isDue(point)) setTimeout(() => process.kill(process.pid, 'SIGKILL'), Math.random() * 5)
}

function isDue(point: CrashPoint): boolean {
  if (armed?.point !== point) return false
  armed.passesLeft -= 1
  return armed.passesLeft === 0
}
