import { Composer } from 'telegraf'
import { type BotContext, isAdmin } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { adminChanges } from './changes.ts'
import { adminExamples } from './examples.ts'
import { adminFind } from './find.ts'
import { adminModels } from './models.ts'
import { adminMoney } from './money.ts'
import { adminOverview } from './overview.ts'
import { adminStuck } from './stuck.ts'

/** The features for admins. For everybody else these commands and buttons do not exist. */
export const admin = (deps: BotDeps) =>
  Composer.optional<BotContext>(
    ctx => isAdmin(ctx, deps.adminIds),
    adminOverview(deps),
    adminStuck(deps),
    adminFind(deps),
    adminMoney(deps),
    adminChanges(deps),
    adminModels(deps),
    adminExamples(deps),
  )
