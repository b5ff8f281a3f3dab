import t from 'tap'
import { Banned, FreeLimitReached, InDebt, QuoteExpired } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { bonusFor, bonusLeft, type Claimed, claimPromo, invitations, refCode } from '../../src/payments/gifts.ts'
import type { Order } from '../../src/payments/order.ts'
import { bonusQuote } from '../../src/payments/quotes.ts'
import { openTopUp, takeBack, takePayment } from '../../src/payments/top-ups.ts'
import { balanceOf, readWallet } from '../../src/payments/wallet.ts'
import { openUser } from '../../src/users/users.ts'
import { race, second } from '../support/second.ts'
import { picture, until, world } from '../support/world.ts'

const { url, sql, owner, user, order, start, finish, story } = await world(t)
const success = { outcome: 'success' as const, results: [picture] }
const other = await second(t, url)
const failed = { outcome: 'failed', code: 'generation_failed', message: 'upstream said no' } as const

const claimed = (claims: { userId: number; code: string; ask: string }[]) => (n: number, isOurs: boolean) => {
  const { userId, code, ask } = claims[n]!
  return isOurs ? claimPromo(sql, userId, code, ask) : other.claimPromo(userId, code, ask)
}
const count = (results: string[], one: string) => results.filter(result => result === one).length

async function promo(uses: number, { amountKop = 50_00, expires = '1 day' } = {}) {
  const code = newId().toUpperCase()
  await owner`
    insert into pay.promo_codes (code, amount_kop, uses, expires_at, created_by)
    values (${code}, ${amountKop}, ${uses}, now() + ${expires}::interval, 1)`
  return code
}
const claim = (userId: number, code: string): Promise<Claimed> => claimPromo(sql, userId, code, newId())
/** How far the claims, the counter of the code and the ledger agree. */
const credits = async (code: string) => {
  const [row] = await owner<{ used: number; claims: number; credits: number; people: number }[]>`
    select c.used, (select count(*)::int from pay.promo_claims k where k.code = c.code) as claims,
      (select count(*)::int from pay.ledger_entries l where l.external_ref = 'promo:' || c.code) as credits,
      (select count(distinct user_id)::int from pay.ledger_entries l where l.external_ref = 'promo:' || c.code) as people
    from pay.promo_codes c where c.code = ${code}`
  return row
}

await story(
  'promo-guessing: 1,000 claims of a code with 50 uses, by 200 people from two processes, make 50 credits',
  async t => {
    const people = Array.from({ length: 200 }, (_, n) => 1_000 + n)
    for (const id of people) await user(id)
    const code = await promo(50)
    const claims = Array.from({ length: 1_000 }, (_, n) => ({ userId: people[n % 200]!, code, ask: newId() }))
    const results = await race(1_000, claimed(claims))
    t.equal(count(results, 'credited'), 50)
    t.equal(results.length, 50 + count(results, 'used') + count(results, 'gone'))
    t.strictSame(await credits(code), { used: 50, claims: 50, credits: 50, people: 50 })
  },
)

await story('20 redemptions of a single-use code at once make one credit', async t => {
  for (let n = 0; n < 20; n++) await user(1_300 + n)
  const code = await promo(1)
  const claims = Array.from({ length: 20 }, (_, n) => ({ userId: 1_300 + n, code, ask: newId() }))
  const results = await race(20, claimed(claims))
  t.equal(count(results, 'credited'), 1)
  t.equal(count(results, 'gone'), 19)
  t.strictSame(await credits(code), { used: 1, claims: 1, credits: 1, people: 1 })
})

await story('a code is taken in any case, once a person; an answer that was lost is given again', async t => {
  await user(1_400)
  const code = await promo(5)
  const ask = newId()
  const said = { result: 'credited', amountKop: 50_00, balanceKop: 50_00 }
  t.match(await claimPromo(sql, 1_400, ` ${code.toLowerCase()} `, ask), said)
  t.match(await claimPromo(sql, 1_400, code, ask), said)
  t.match(await claim(1_400, code), { result: 'used' })
  t.match(await claim(1_400, await promo(5, { expires: '-1 second' })), { result: 'expired' })
  t.equal(await balanceOf(sql, 1_400), 50_00)
})

await story(
  'promo-guessing: of 40 guesses at once 5 are answered, and then even a right code waits for the next hour',
  async t => {
    await user(1_500)
    const code = await promo(5)
    const guesses = Array.from({ length: 40 }, (_, n) => ({ userId: 1_500, code: `WRONG${n}`, ask: newId() }))
    const results = await race(40, claimed(guesses))
    t.equal(count(results, 'unknown'), 5)
    t.equal(count(results, 'too_many'), 35)
    t.match(await claim(1_500, code), { result: 'too_many' })
    await owner`update pay.promo_tries set starts_at = starts_at - interval '1 hour' where user_id = 1500`
    t.match(await claim(1_500, code), { result: 'credited' })
  },
)

await story('guesses that all passed the first look are still no more than five', async t => {
  await user(1_600)
  const guesses = await owner.begin(async tx => {
    await tx`
      insert into pay.promo_tries (user_id, starts_at, wrong) values (1600, pay.window_start('hour', clock_timestamp()), 1)`
    const all = Promise.all(Array.from({ length: 10 }, (_, n) => claim(1_600, `WRONG${n}`)))
    // Each of them has seen no tries yet, and waits for this row. A transaction would see the waits of its beginning only.
    await until('ten guesses wait', async () => {
      const [row] = await owner<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query ilike '%promo_claim%'`
      return row!.n === 10
    })
    return { all }
  })
  const results = (await guesses.all).map(({ result }) => result)
  t.equal(count(results, 'unknown'), 4)
  t.equal(count(results, 'too_many'), 6)
})

/** A new person who came by this person's link. */
async function invited(by: number, id: number) {
  const [row] = await refCode(sql, by, newId())
  return openUser(sql, { id, firstName: 'Друг', username: null, clientLanguage: 'ru', refCode: row!.code }, 0)
}
const left = async (id: number) => [...(await bonusLeft(sql, id))]
const runsOf = async (id: number) => (await left(id)).reduce((sum, { runs }) => sum + runs, 0)
const grant = (userId: number, runs: number, capKop = 50_00) => owner`
  insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (${userId}, ${newId()}, ${runs}, ${capKop})`
/** A paid order, and the same as a bonus run. */
async function bonusOrder(userId: number, priceKop: number): Promise<Order> {
  const paid = await order(userId, priceKop, { modelId: 'wan-2-5-text-to-video' })
  return { ...paid, quoteId: (await bonusQuote(sql, userId, paid.quoteId))! }
}
/** The person puts 100 ₽ in. */
async function pays(userId: number): Promise<string> {
  const chargeId = newId()
  const { id: orderId } = await openTopUp(sql, {
    userId,
    provider: 'stars',
    amountKop: 100_00,
    total: 84,
    quoteId: null,
  })
  await takePayment(sql, { provider: 'stars', chargeId, userId, orderId, currency: 'XTR', total: 84 })
  return chargeId
}
/** A run of the person that has come to a good end. */
async function succeeds(id: number, priceKop = 1_00) {
  const { id: generation } = await start(await order(id, priceKop))
  await finish({ userId: id, id: generation }, success)
}

await story('an inviter gets three runs with the first paid success of a friend, once, and is told', async t => {
  await user(2_000)
  await invited(2_000, 2_001)
  t.match(await invitations(sql, 2_000), { came: 1, counted: 0, runs: 0 })
  await pays(2_001)
  const { id } = await start(await order(2_001, 1_00))
  await finish({ userId: 2_001, id }, failed)
  t.equal(await runsOf(2_000), 0, 'a failure is no success')
  const runs = await Promise.all([1, 2].map(async () => (await start(await order(2_001, 1_00))).id))
  await Promise.all(runs.map(one => finish({ userId: 2_001, id: one }, success)))
  t.match(await invitations(sql, 2_000), { came: 1, counted: 1, runs: 3 })
  t.strictSame(await left(2_000), [{ capKop: 50_00, runs: 3 }])
  const told = await owner`select body from pay.outbox where user_id = 2000`
  t.strictSame(
    told.map(({ body }) => body),
    [{ kind: 'notice', text: 'friendRan', values: { runs: 3, capKop: 50_00 } }],
  )
})

await story(
  'self-invitation: no one invites himself, an old user, or his inviter; nobody is invited by a ghost or a banned one',
  async t => {
    await user(2_100)
    await user(2_101)
    await invited(2_100, 2_100)
    await invited(2_100, 2_101)
    await invited(2_100, 2_102)
    await invited(2_102, 2_103)
    await invited(2_103, 2_100)
    await openUser(sql, { id: 2_104, firstName: '', username: null, clientLanguage: null, refCode: newId() }, 0)
    await owner`update pay.users set banned_at = now() where user_id = 2103`
    await invited(2_103, 2_105)
    const rows = await owner`select invitee::int, inviter::int from pay.referrals where invitee >= 2100 order by 1`
    t.strictSame(
      [...rows].map(({ invitee, inviter }) => [invitee, inviter]),
      [
        [2_102, 2_100],
        [2_103, 2_102],
      ],
    )
  },
)

await story('one person, opened ten times at once by two links, is invited once', async t => {
  await user(2_200)
  await user(2_201)
  await Promise.all(Array.from({ length: 10 }, (_, n) => invited(2_200 + (n % 2), 2_202)))
  t.equal((await owner`select from pay.referrals where invitee = 2202`).length, 1)
})

await story(
  'self-invitation: fresh accounts bring nothing: neither free runs, nor bonus runs, nor money that was given',
  async t => {
    await user(2_600)
    const friends = [2_601, 2_602, 2_603, 2_604]
    for (const id of friends) {
      await invited(2_600, id)
      await succeeds(id, 0)
      await grant(id, 3)
      const bonus = await start(await bonusOrder(id, 30_00))
      await finish({ userId: id, id: bonus.id }, success)
      await claim(id, await promo(1))
      await succeeds(id)
    }
    t.equal(await runsOf(2_600), 0)
    const chargeId = await pays(2_601)
    await takeBack(sql, 'stars', chargeId, 2_601)
    await succeeds(2_601)
    t.equal(await runsOf(2_600), 0, 'a payment that went back is none')
    await pays(2_602)
    await succeeds(2_602)
    t.equal(await runsOf(2_600), 3)
  },
)

await story('25 friends who succeed at once count 20 times that day; the others count another day', async t => {
  await user(2_300)
  const friends = Array.from({ length: 25 }, (_, n) => 2_301 + n)
  for (const id of friends) {
    await invited(2_300, id)
    await pays(id)
  }
  await Promise.all(friends.map(succeeds))
  t.match(await invitations(sql, 2_300), { came: 25, counted: 20, runs: 60 })
  await owner`update pay.referral_days set day = day - 1 where inviter = 2300`
  for (const id of friends) await succeeds(id)
  t.match(await invitations(sql, 2_300), { came: 25, counted: 25, runs: 75 })
})

/** The uses of a person's grants beside the runs that took them and did not fail. */
const uses = async (userId: number) => {
  const [row] = await owner<{ used: number; runs: number }[]>`
    select (select sum(used)::int from pay.bonus_grants where user_id = ${userId}) as used,
      count(*) filter (where grant_ref is not null and exec_state not in ('failed', 'timeout'))::int as runs
    from pay.generations where user_id = ${userId}`
  return row
}

await story('50 bonus starts at once from two processes, with 3 runs, give exactly 3', async t => {
  await user(3_000, 100_00)
  await grant(3_000, 2)
  await grant(3_000, 1, 70_00)
  const orders = await Promise.all(Array.from({ length: 50 }, () => bonusOrder(3_000, 40_00)))
  const results = await race(50, (n, isOurs) => (isOurs ? start : other.start)(orders[n]!))
  t.equal(count(results, 'started'), 3)
  t.equal(count(results, 'FreeLimitReached'), 47)
  t.strictSame(await uses(3_000), { used: 3, runs: 3 })
  t.equal(await balanceOf(sql, 3_000), 100_00, 'no money is taken')
})

await story('a bonus run comes from the lowest cap that covers it, and goes back to where it came from', async t => {
  await user(3_100)
  await grant(3_100, 1, 100_00)
  await grant(3_100, 1, 50_00)
  t.strictSame(await bonusFor(sql, 3_100, 50_00), { capKop: 50_00, runs: 1 })
  t.strictSame(await bonusFor(sql, 3_100, 50_01), { capKop: 100_00, runs: 1 })
  const { id } = await start(await bonusOrder(3_100, 40_00))
  t.strictSame(await left(3_100), [{ capKop: 100_00, runs: 1 }])
  await Promise.all([1, 2, 3].map(() => finish({ userId: 3_100, id }, failed)))
  t.strictSame(await left(3_100), [
    { capKop: 50_00, runs: 1 },
    { capKop: 100_00, runs: 1 },
  ])
  t.strictSame(await uses(3_100), { used: 0, runs: 0 })
})

await story('a price above every cap is refused and leaves nothing behind', async t => {
  await user(3_200, 100_00)
  await grant(3_200, 3)
  await t.rejects(start(await bonusOrder(3_200, 50_01)), FreeLimitReached)
  t.strictSame(await uses(3_200), { used: 0, runs: 0 })
  const paid = await order(3_200, 10_00)
  await owner`alter table pay.quotes disable trigger quote_rows`
  await owner`update pay.quotes set expires_at = now() where id = ${paid.quoteId}`
  await owner`alter table pay.quotes enable trigger quote_rows`
  t.equal(await bonusQuote(sql, 3_200, paid.quoteId), undefined)
  await t.rejects(start(paid), QuoteExpired)
})

await story('one price pressed as a bonus run and as a paid one starts once', async t => {
  await user(3_300, 100_00)
  await grant(3_300, 3)
  const paid = await order(3_300, 40_00)
  const bonus = { ...paid, id: newId(), quoteId: (await bonusQuote(sql, 3_300, paid.quoteId))! }
  const tries = await Promise.all([paid, bonus, paid, bonus].map(one => start({ ...one, id: newId() })))
  t.equal(tries.filter(({ result }) => result === 'started').length, 1)
  t.equal(new Set(tries.map(({ id }) => id)).size, 1)
})

/** A person who owes 60 rubles for a payment that went back, with a run of that price at work. */
async function inDebt(userId: number) {
  await user(userId)
  const top = await openTopUp(sql, { userId, provider: 'stars', amountKop: 60_00, total: 50, quoteId: null })
  const payment = { provider: 'stars' as const, chargeId: newId(), userId, orderId: top.id, currency: 'XTR', total: 50 }
  await takePayment(sql, payment)
  const { id } = await start(await order(userId, 60_00))
  await takeBack(sql, 'stars', payment.chargeId, userId)
  return id
}

await story('nothing paid starts in debt, what is given does, and a refund pays the debt off first', async t => {
  const id = await inDebt(3_400)
  t.match(await readWallet(sql, 3_400), { balanceKop: 0, debtKop: 60_00 })
  await t.rejects(start(await order(3_400, 10_00)), InDebt)
  t.equal((await start(await order(3_400, 0))).result, 'started')
  await grant(3_400, 1)
  t.equal((await start(await bonusOrder(3_400, 10_00))).result, 'started')
  await finish({ userId: 3_400, id }, failed)
  t.match(await readWallet(sql, 3_400), { balanceKop: 0, debtKop: 0 })
})

await story('a code pays a debt off first', async t => {
  await inDebt(3_500)
  t.match(await claim(3_500, await promo(1, { amountKop: 100_00 })), { result: 'credited', balanceKop: 40_00 })
  t.match(await readWallet(sql, 3_500), { balanceKop: 40_00, debtKop: 0 })
})

await story('nothing starts for who is banned, and what was started is still answered as before', async t => {
  await user(3_600, 100_00)
  const first = await order(3_600, 10_00)
  await start(first)
  await owner`update pay.users set banned_at = now() where user_id = 3600`
  await t.rejects(start(await order(3_600, 10_00)), Banned)
  await t.rejects(start(await order(3_600, 0)), Banned)
  t.equal((await start(first)).result, 'duplicate')
  t.equal(await balanceOf(sql, 3_600), 90_00)
})
