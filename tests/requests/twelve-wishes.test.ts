import t from 'tap'
import { newId } from '../../src/id.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions } from '../support/messages.ts'

// How far it is from what a person sends to a running order: presses after the request, for twelve everyday wishes.
const stage = await chats(t)
const { api, end, generationsOf, links, owner, person, running, serve, story } = stage

type Wish = { what: string; sends(anna: Person): Promise<unknown>; chooses?: string; modelId: string }
const photo = { kind: 'photo' } as const
const wishes: Wish[] = [
  { what: 'words', sends: anna => anna.says('рыжий кот читает газету'), modelId: 'z-image' },
  {
    what: 'a photo with words under it',
    sends: anna => anna.sends('image/png', { ...photo, caption: 'сделай фон закатом' }),
    modelId: 'google/nano-banana-edit',
  },
  {
    what: 'an album with words under it',
    async sends(anna) {
      await anna.sends('image/png', { ...photo, albumId: 'a' })
      await anna.sends('image/png', { ...photo, albumId: 'a', caption: 'сделай коллаж' })
    },
    modelId: 'google/nano-banana-edit',
  },
  {
    what: 'a photo, then words',
    async sends(anna) {
      await anna.sends('image/png', photo)
      await anna.says('добавь шляпу')
    },
    modelId: 'google/nano-banana-edit',
  },
  {
    what: 'words, then a photo',
    async sends(anna) {
      await anna.says('добавь шляпу')
      await anna.sends('image/png', photo)
    },
    modelId: 'google/nano-banana-edit',
  },
  {
    what: 'a photo to animate',
    sends: anna => anna.sends('image/png', photo),
    chooses: '✨',
    modelId: 'grok-imagine/image-to-video',
  },
  {
    what: 'a photo to enlarge',
    sends: anna => anna.sends('image/png', photo),
    chooses: '🔍',
    modelId: 'topaz/image-upscale',
  },
  {
    what: 'a photo without its background',
    sends: anna => anna.sends('image/png', { ...photo, caption: 'убери фон' }),
    modelId: 'recraft/remove-background',
  },
  { what: 'a film', sends: anna => anna.says('видео: кот бежит по крыше'), modelId: 'sora-2-text-to-video' },
  {
    what: 'a text read aloud',
    sends: anna => anna.says('озвучь: добрый вечер, друзья'),
    modelId: 'elevenlabs/text-to-speech-turbo-2-5',
  },
  {
    what: 'voice and a photo',
    async sends(anna) {
      await anna.sends('audio/mpeg', { kind: 'voice' })
      await anna.sends('image/png', photo)
    },
    modelId: 'infinitalk/from-audio',
  },
  { what: 'an answer to a result', sends: answersResult, modelId: 'google/nano-banana-edit' },
]

async function answersResult(anna: Person) {
  const id = await running(anna.id, { modelId: 'google/nano-banana' })
  await end(anna.id, id)
  await owner`update pay.results set message_id = 77, url = 'https://a.example/77' where generation_id = ${id}`
  links.set('https://a.example/77', { mime: 'image/png' })
  const bot = { id: api.bot.id, is_bot: true, first_name: 'Telegen' }
  const chat = { id: anna.id, type: 'private' }
  const reply_to_message = { message_id: 77, date: 1, from: bot, chat }
  const from = { id: anna.id, is_bot: false, first_name: 'Анна' }
  const date = Math.floor(Date.now() / 1000)
  api.player.raw({ message: { message_id: 900_000, date, from, chat, text: 'сделай шар красным', reply_to_message } })
  await serve()
}

const counted: { what: string; presses: number }[] = []
for (const { what, sends, chooses, modelId } of wishes) {
  story(`${what}: the order runs after a press or two`, async t => {
    const anna = await person({ kop: 500_00, firstName: newId() })
    await sends(anna)
    const before = (await generationsOf(anna.id)).length
    let presses = 0
    const press = async (caption: string) => {
      presses += 1
      await anna.presses(caption)
    }
    if (chooses) await press(chooses)
    await press(captions(anna.last()).find(caption => caption.startsWith('✅')) ?? 'no price')
    const runs = await generationsOf(anna.id)
    t.equal(runs.length, before + 1)
    t.equal(runs.at(-1)!.model_id, modelId)
    counted.push({ what, presses })
  })
}

story('the usual way is one press, and the longest three', async t => {
  for (const { what, presses } of counted) t.comment(`${presses}  ${what}`)
  const sorted = counted.map(({ presses }) => presses).sort((a, b) => a - b)
  t.equal(sorted.length, wishes.length)
  t.ok(sorted[Math.floor(sorted.length / 2)]! <= 1)
  t.ok(sorted.at(-1)! <= 3)
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(api.calls)), [])
})
