import type { Mutant } from './mutant.ts'

/** The queue of Telegram updates. */
export const updates: Mutant[] = [
  {
    what: 'an update is taken before an earlier one of its lane is committed',
    file: 'sql/functions/updates.sql',
    find: "select pg_advisory_xact_lock(hashtextextended('lane:' || p_lane, 0));",
    replace: 'select null::void;',
    test: 'telegram/lanes',
  },
  {
    what: 'an update that fells the process is tried for ever',
    file: 'sql/functions/updates.sql',
    find: 'exit when v.unended < 2;',
    replace: 'exit;',
    test: 'telegram/lanes',
  },
]
