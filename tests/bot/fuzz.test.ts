import { PassThrough } from 'node:stream'
import t from 'tap'
import { parse, to } from '../../src/bot/routes.ts'
import { Unknown } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { createLog } from '../../src/log.ts'
import { chats } from '../support/chat.ts'
import { cases, mutator, seed, watchLoop } from '../support/mutate.ts'
import { updatesLike } from '../support/updates.ts'

// Updates that Telegram would hardly send, handled to the end by the bot.
const { bot, deps, owner, story, person, running, end, draftOf, quoteOf, balanceOf } = await chats(t)
const count = Math.ceil(cases * 0.04)

await story(
  `${count} spoiled updates are handled or given up, one by one; nothing is thrown, paid or broken`,
  async t => {
    t.comment(`SEED=${seed} FUZZ=${cases}`)
    const mistakes: string[] = []
    const stream = new PassThrough()
    stream.on('data', line => mistakes.push(String(line)))
    deps.log = createLog({ level: 'error', secrets: [] }, stream)
    const anna = await person({ kop: 500_00 })
    const done = await running(anna.id)
    await end(anna.id, done)
    await anna.begins('flux-2-pro-text-to-image')
    const draft = (await draftOf(anna.id))!
    const ids = [done, draft.id, (await quoteOf(anna.id))!.id, newId()]
    const random = mutator('bot')
    const datas = [
      ...ids.flatMap(id => [
        to.generation(id, 'status'),
        to.generation(id, 'resend'),
        to.quote(id, 'change'),
        to.shape(id, '16:9'),
        to.paid(id),
        to.topUp(id),
      ]),
      ...ids.map(id => to.draft(id, draft.rev, 'done', 0)),
      ...['m', 'h', 'b', 't', 'lg', 'lg:en', 'l:ii:0', 'w:z-image', 'p:z-image', 'a', 'ae', 'hs:a:0', 'o:0'].filter(
        one => parse(one),
      ),
    ]
    const loop = watchLoop()
    for (let n = 0; n < count; n++) {
      const data = random.chance(0.3) ? random.text(random.pick(datas)) : random.pick(datas)
      const update = random.value(random.pick(updatesLike(n, data, anna.id)))
      if (typeof update !== 'object' || update === null || Array.isArray(update)) continue
      if (n % 20 === 0) await owner`delete from pay.rates`
      await bot.handle(update, 5).catch(error => {
        if (!(error instanceof Unknown))
          throw new Error(`update ${n}: ${JSON.stringify(update).slice(0, 500)}`, { cause: error })
      })
    }
    t.comment(`bot: ${count} cases, ${loop.end()} ms of the processor in the longest turn`)
    // What is no update at all may puzzle a handler: then it is logged once and done, and the next one is served.
    t.comment(`${mistakes.length} were given up with a code`)
    t.ok(mistakes.length < count / 5)
    const { messageId } = anna.last()
    t.not((await anna.says('/menu')).messageId, messageId, 'and the person is served as before')
    const paid = await owner`select from pay.generations where user_id = ${anna.id} and id <> ${done} and not is_free`
    t.strictSame([...paid], [], 'nothing was started for money')
    t.ok((await balanceOf(anna.id)) >= 500_00, 'and nothing was paid')
  },
)
