import t from 'tap'
import type { DraftOp } from '../../src/bot/codes.ts'
import { keyOf } from '../../src/bot/files/samples.ts'
import { parse, type RouteName, to } from '../../src/bot/routes.ts'
import { newId } from '../../src/id.ts'
import { openPlan } from '../../src/payments/plans.ts'
import { checkoutRefusal, openTopUp, takePayment } from '../../src/payments/top-ups.ts'
import { chats } from '../support/chat.ts'
import { until } from '../support/world.ts'

const { sql, owner, story, person, serve, draftOf, quoteOf, balanceOf, running, end, api } = await chats(t)
const secret = 'тайный маяк'

/** Every row there is of a person, as one text a table. */
async function rowsOf(userId: number): Promise<Record<string, string>> {
  const tables = await owner<{ name: string }[]>`
    select c.table_name as name from information_schema.columns c join information_schema.tables x using (table_schema, table_name)
    where c.table_schema = 'pay' and c.column_name = 'user_id' and x.table_type = 'BASE TABLE' order by 1`
  const rows: Record<string, string> = {}
  for (const { name } of tables) {
    const found = await owner`select t::text as row from ${owner(`pay.${name}`)} t where user_id = ${userId} order by 1`
    rows[name] = found.map(({ row }) => row).join('\n')
  }
  return rows
}

await story(
  'forged-button, foreign-ids: no button made of somebody else’s ids shows, changes or starts anything of theirs',
  async t => {
    const [anna, boris] = [await person({ kop: 500_00 }), await person({ kop: 500_00, firstName: 'Борис' })]
    const done = await running(anna.id, { inputs: { prompt: secret }, params: { prompt: secret } })
    await end(anna.id, done)
    const atWork = await running(anna.id, { inputs: { prompt: secret }, params: { prompt: secret } })
    const failed = await running(anna.id, { inputs: { prompt: secret }, params: { prompt: secret } })
    await end(anna.id, failed, 'generation_failed')
    await anna.begins('flux-2-pro-text-to-image')
    await anna.says(secret)
    await anna.presses('✓ По умолчанию').catch(() => undefined)
    const wanted = { userId: anna.id, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null } as const
    const topUp = await openTopUp(sql, wanted)
    const bought = await openTopUp(sql, { ...wanted, amountKop: 7_531_00, total: 6_276 })
    const payment = { provider: 'stars' as const, chargeId: 'of-anna', userId: anna.id, orderId: bought.id }
    await takePayment(sql, { ...payment, currency: 'XTR', total: 6_276 })
    const quote = (await quoteOf(anna.id))!.id
    const draft = (await draftOf(anna.id))!
    const template = newId()
    await owner`
      insert into pay.templates (user_id, id, words, task, model_id) values (${anna.id}, ${template}, ${secret}, 'image', 'z-image')`
    const terms = { stars: 1, amountKop: 1_00, openMore: 1, freeMore: 1, discount: 1 }
    const plan = await openPlan(sql, anna.id, { id: 'basic', ...terms })
    await takePayment(sql, { ...payment, chargeId: 'a month', orderId: plan, currency: 'XTR', total: 1 })
    const ids = [done, atWork, failed, quote, draft.id, topUp.id, bought.id, template, plan]

    const before = { anna: await rowsOf(anna.id), boris: await balanceOf(boris.id) }
    const seen = boris.chat().length
    const buttons = ids.flatMap(id => [
      ...(
        [
          'status',
          'cancel',
          'why',
          'repeat',
          'change',
          'resend',
          'original',
          'support',
          'example',
          'noExample',
          undefined,
        ] as const
      ).map(op => to.generation(id, op)),
      ...(['start', 'startFree', 'startBonus', 'change', 'cancel', 'show'] as const).map(op => to.quote(id, op)),
      ...(
        'skip usual back cancel option done clear edit extras go resume anew template improve'.split(' ') as DraftOp[]
      ).map(op => to.draft(id, draft.rev, op, 0)),
      ...(['enlarge', 'animate'] as const).map(op => to.followUp(id, op, 0)),
      ...['1:1', '16:9', 'portrait'].map(shape => to.shape(id, shape)),
      to.sample(id, keyOf('EkK5I93UQWFDigLMpZcX')),
      to.follow(id, 0, 'nano-banana'),
      to.history('all', id),
      to.paid(id),
      ...(['stop', 'resume'] as const).map(op => to.planRenewal(id, op)),
      to.topUp(id),
      to.stars(100, id),
      to.cardPacks(id),
      to.cardPack(100, id),
      to.transfer(id),
      ...(['image', 'video', 'edit', 'animate', 'enlarge'] as const).map(task => to.requestTask(id, task)),
      to.requestModels(id, 0),
      to.gallery('all', id, 0),
      to.picture(id, 1),
      ...[true, false].map(isOn => to.star(id, 1, isOn)),
      to.late(id),
      to.requestModel(id, 'z-image'),
      ...(['show', 'style', 'words', 'more', 'keep'] as const).map(press => to.request(id, press)),
      ...(['several', 'compare', 'photos'] as const).map(kind => to.series(id, kind, 2)),
      ...(['start', 'show'] as const).map(op => to.seriesPrice(id, op)),
      ...(['use', 'delete', 'restore'] as const).map(op => to.template(id, op)),
      ...(['start', 'cancel', 'show', 'self'] as const).map(op => to.groupQuote(id, op)),
    ])
    // A group of hers.
    const account = -1_001_234_567_890
    await owner`select pay.group_switch(${account}, 'Её группа', true, null, 10000)`
    const ops = ['show', 'on', 'off', 'each', 'together', 'ledger', 'give'] as const
    buttons.push(
      ...ops.map(op => to.group(account, op)),
      to.groupLimit(account, 100),
      to.groupGift(account, 100, ids[0]!),
    )
    // Entries of her ledger by their number, and what no button of his says.
    for (const seq of [0, 1, 2, 3, 999_999_999])
      buttons.push(to.operations(seq), to.payment(seq), to.paymentQuestion(seq))
    const named = new Set(buttons.map(data => parse(data)?.name))
    const without: RouteName[] = [
      'menu',
      'more',
      'galleryFind',
      'nothing',
      'list',
      'card',
      'parameters',
      'example',
      'begin',
      'examples',
      'listExamples',
      'balance',
      'statement',
    ]
    without.push('plans', 'plan', 'groupOn', 'templates', 'promo', 'referral', 'forget', 'language', 'help')
    const all = Object.keys(to).filter(
      name => !name.startsWith('admin') && !/^example(Add|Drop)$/.test(name) && !without.includes(name as RouteName),
    )
    t.strictSame(all.sort(), [...named].sort(), 'every button that has an id or a number')
    for (const data of buttons) await boris.presses({ data })
    for (const start of ids.flatMap(id => [`g_${id}`, `t_${id}`, `q_${id}`])) await boris.says(`/start ${start}`)
    const shown = JSON.stringify(boris.chat().slice(seen))
    t.notMatch(shown, secret, 'nothing that she wrote')
    t.notMatch(shown, /7.?531/, 'nor what she has paid')
    t.notMatch(shown, new RegExp(ids.map(id => `№ ${id.slice(0, 4)}`).join('|')), 'nor a number of hers')
    t.strictSame(await rowsOf(anna.id), before.anna, 'nothing of hers has changed')
    t.equal(await balanceOf(boris.id), before.boris, 'and nothing was paid')
    t.equal((await owner`select from pay.generations where user_id = ${boris.id}`).length, 0)
    t.equal(
      api.calls.filter(
        ({ fields }) => String(fields.chat_id) === String(anna.id) && JSON.stringify(fields).includes('Борис'),
      ).length,
      0,
    )
    t.ok(buttons.length > 200, `${buttons.length} presses`)
  },
)

await story('changed-price: what a price and a run say is never changed afterwards, whatever the rights', async t => {
  const anna = await person({ kop: 100_00 })
  const id = await running(anna.id)
  for (const change of [
    'price_kop = 1',
    "params = '{}'",
    "model_id = 'x'",
    'markup = 1',
    "expires_at = now() + interval '1 day'",
  ]) {
    await t.rejects(owner.unsafe(`update pay.quotes set ${change} where user_id = ${anna.id}`), /quote/, change)
  }
  await t.rejects(owner`delete from pay.quotes where user_id = ${anna.id}`, /foreign key/, 'nor is it taken away')

  /** The columns that can be written; each is tried and undone. */
  const movable = async (table: 'quotes' | 'generations', key: string) => {
    const columns = await owner<{ name: string; type: string }[]>`
      select column_name as name, data_type as type from information_schema.columns
      where table_schema = 'pay' and table_name = ${table} and is_generated = 'NEVER' order by 1`
    const other: Record<string, (name: string) => string> = {
      json: () => `'{"x":1}'`,
      text: () => `'aaaaaaaaaaaa'`,
      boolean: name => `not coalesce(${name}, false)`,
      'timestamp with time zone': name => `coalesce(${name}, now()) + interval '1 s'`,
      interval: () => `interval '1 s'`,
    }
    const found: string[] = []
    for (const { name, type } of columns) {
      const value = other[type]?.(name) ?? `coalesce(${name}, 0) + 1`
      const text = `do $$ begin update pay.${table} set ${name} = ${value} where id = '${key}'; raise exception 'it can be'; end $$`
      const said = await owner.unsafe(text).catch((error: Error) => error.message)
      if (said === 'it can be') found.push(name)
    }
    return found
  }
  const [{ quote }] = (await owner`select quote_id as quote from pay.generations where id = ${id}`) as [
    { quote: string },
  ]
  t.strictSame(
    await movable('quotes', quote),
    ['closed_at', 'message_id'],
    'of a price only that it ends, and where it stands',
  )
  const course = [
    'attempt',
    'cost_credits',
    'look',
    'message_id',
    'next_at',
    'promised',
    'submit_token',
    'submitted_at',
  ]
  t.strictSame(await movable('generations', id), [...course, 'task_id'], 'of a run only how it goes')
  await end(anna.id, id)
  t.strictSame(await movable('generations', id), [], 'and of one that has ended nothing')
})

await story('checkout-credit: a checkout that was confirmed and a payment that never comes add nothing', async t => {
  const anna = await person()
  const wanted = { userId: anna.id, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null } as const
  const { id } = await openTopUp(sql, wanted)
  const asked = { userId: anna.id, orderId: id, currency: 'XTR', total: 84 }
  t.equal(await checkoutRefusal(sql, asked), undefined, 'it may be paid')
  const from = { id: anna.id, is_bot: false, first_name: 'Анна', language_code: 'ru' }
  const query = { from, currency: 'XTR', total_amount: 84, invoice_payload: id }
  for (let n = 0; n < 3; n++) {
    api.player.raw({ pre_checkout_query: { ...query, id: `checkout ${n}` } })
    await serve()
  }
  await until('they are confirmed', () => {
    const answers = api.calls.filter(({ method, fields }) => method === 'answerPreCheckoutQuery' && fields.ok === true)
    return answers.length === 3
  })
  await anna.presses({ data: to.paid(id) })
  t.equal((await owner`select from pay.ledger_entries where user_id = ${anna.id}`).length, 0)
  t.equal((await owner`select from pay.payments where user_id = ${anna.id}`).length, 0)
  t.equal(await balanceOf(anna.id), 0)
  t.match(await owner`select state from pay.top_ups where id = ${id}`, [{ state: 'open' }])
  t.equal(await checkoutRefusal(sql, { ...asked, orderId: newId() }), 'outdated')
})
