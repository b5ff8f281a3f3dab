import type { Mutant } from './mutant.ts'

/** Screens and what an admin may do. */
export const bot: Mutant[] = [
  {
    what: 'our own state is shown as the provider’s',
    file: 'src/bot/admin/stuck.ts',
    find: 'const task = taskId === null ? undefined : await deps.operator.task(taskId)',
    replace: 'const task = undefined',
    test: 'upstream/verdicts',
  },
  {
    what: 'the history names the price and not what was kept',
    file: 'src/bot/runs/history.ts',
    find: 'costKop: heldKop + keptKop',
    replace: 'costKop: line.priceKop + 0 * (heldKop + keptKop)',
    test: 'money/shown-is-charged',
  },
  {
    what: 'a run that goes on is credited by hand',
    file: 'sql/functions/admin.sql',
    find: 'if pay.is_for_open_run(a.user_id, a.reason) then',
    replace: 'if false then',
    test: 'bot/admin',
  },
  {
    what: 'a run is given back without the second confirmation',
    file: 'sql/functions/admin.sql',
    find: 'pay.run_trouble(g) is not null and not p_is_sure then',
    replace: 'false then',
    test: 'bot/admin',
  },
  {
    what: 'of whom nobody was asked it is said that he knows no task',
    file: 'src/bot/admin/stuck.ts',
    find: "const theirs = task ? wordOf(ctx, task) : (providerText(ctx, run) ?? '')",
    replace: "const theirs = wordOf(ctx, task ?? { kind: 'not_found' })",
    test: 'bot/admin',
  },
]
