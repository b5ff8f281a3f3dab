import t from 'tap'
import { loadModels, openCatalogue } from '../../src/catalogue/models.ts'
import { search } from '../../src/catalogue/search.ts'

const models = loadModels()
const found = (text: string) => search(models, text).map(({ id }) => id)

/** What people write, and what at least must be found by it. */
const queries: Record<string, string[]> = {
  'sora-2-text-to-video': ['сора', 'Sora 2', 'sora2', 'видео по тексту', 'ыщкф', 'cjhf', 'опенай', 'снять ролик'],
  'sora-2-image-to-video': ['сора видео из фото', 'соры', 'sora image to video'],
  'sora-watermark-remover': ['водяной знак', 'убрать водяной знак', 'ватермарк', 'remove watermark', 'вотермарка'],
  'grok-imagine/image-to-video': ['грок оживить фото', 'grok animate'],
  'grok-imagine/text-to-video': ['грок видео', 'xai'],
  'grok-imagine/text-to-image': ['грок', 'grok картинка', 'имеджин', 'пкщл'],
  'grok-imagine/upscale': ['апскейл видео', 'улучшить видео', 'upscale video', 'увеличение видео'],
  'wan/2-6-text-to-video': ['ван', 'ван 2.6', 'wan 2,6', 'алибаба видео'],
  'wan/2-6-image-to-video': ['ван 2.6 фото', 'wan animate'],
  'wan/2-6-video-to-video': ['видео из видео', 'изменить видео', 'video to video'],
  'kling-2.6/image-to-video': ['клинг оживить', 'kling 2.6 фото', 'видео из фото', 'dbltj bp ajnj'],
  'kling-2.6/text-to-video': ['клинг', 'Клинг 2.6', 'rkbyu', 'лдштп', 'kilng'],
  'bytedance/seedance-1.5-pro': ['сиданс', 'seedance', 'сидэнс', 'seedence', 'байтданс'],
  'hailuo/2-3-image-to-video-pro': ['хайлуо про', 'hailuo pro', 'минимакс'],
  'hailuo/2-3-image-to-video-standard': ['хайлуо', 'хайло', 'hailou', 'хайлуо стандарт'],
  'kling/v2-5-turbo-text-to-video-pro': ['клинг турбо', 'kling 2.5', 'кинг турбо'],
  'kling/v2-5-turbo-image-to-video-pro': ['последний кадр', 'kling turbo last frame'],
  'wan/2-5-image-to-video': ['wan 2.5', 'ван 2.5 из фото'],
  'wan/2-5-text-to-video': ['ван 2.5 по тексту', 'Wan 2.5 text'],
  'infinitalk/from-audio': ['говорящее фото', 'инфинитолк', 'infinite talk', 'липсинк', 'говорящая голова'],
  'wan/2-2-a14b-speech-to-video-turbo': ['видео из речи', 'ван аватар', 'wan lipsync', 'speech to video'],
  'kling/v1-avatar-standard': ['аватар', 'kling avatar', 'аватарка', 'аватары'],
  'kling/ai-avatar-v1-pro': ['клинг аватар про', 'talking photo', 'фдфефк'],
  'z-image': ['z-image', 'зимейдж', 'zimage', 'квен', 'qwen'],
  'flux-2/pro-image-to-image': ['флакс правка', 'flux edit', 'флюкс изменить фото'],
  'flux-2/flex-image-to-image': ['флекс фото', 'flex edit'],
  'flux-2/flex-text-to-image': ['флекс', 'надпись', 'надписи', 'флакс флекс картинка'],
  'flux-2/pro-text-to-image': ['флакс', 'флюкс', 'flux', 'fluks', 'agfrc akfrc', 'реалистичная картинка', 'FLUX.2'],
  'seedream/4.5-text-to-image': ['сидрим', 'seedream 4.5', 'сидрем', 'картинка 4k'],
  'seedream/4.5-edit': ['сидрим правка', 'seedream edit', 'редактировать фото'],
  'nano-banana-pro': ['нано банана про', 'нанобанана', 'банан', 'nanobanana pro', 'yfyj ,fyfyf', 'постер', 'афиша'],
  'google/nano-banana': ['нано банана', 'nano bananna', 'гугл', 'нано-банана', 'джемини'],
  'google/nano-banana-edit': ['нано банана правка', 'ретушь', 'изменить фото', 'фотошоп'],
  'google/imagen4-fast': ['имаджен', 'имаджен фаст', 'imagen fast', 'быстро рисует картинку'],
  'google/imagen4-ultra': ['имаген ультра', 'imagen ultra'],
  'google/imagen4': ['имаджен 4', 'imagen', 'нарисовать картинку', 'draw a picture'],
  'recraft/remove-background': [
    'удалить фон',
    'убрать фон',
    'рекрафт',
    'вырезать фон',
    'remove bg',
    'elfkbnm ajy',
    'прозрачный фон',
  ],
  'topaz/image-upscale': ['апскейл', 'топаз', 'улучшить фото', 'увеличить фото', 'fgcrtqk', 'апскел', 'upscaler'],
  'elevenlabs/sound-effect-v2': ['звуковой эффект', 'звуки', 'шум', 'sound effects', 'гром'],
  'elevenlabs/text-to-speech-multilingual-v2': ['озвучка', 'озвучить текст', 'диктор', 'tts', 'ozvuchka', 'озвучька'],
  'elevenlabs/text-to-speech-turbo-2-5': [
    'элевенлабс турбо',
    'текст в речь',
    'прочитать текст',
    'voiceover',
    'jpdexrf',
  ],
  'elevenlabs/audio-isolation': ['убрать шум', 'элевенлабс', '11labs', 'выделить голос', 'шумоподавление'],
}

t.test('every model is found by the ways people write it', async t => {
  const all = Object.entries(queries)
  t.strictSame(all.map(([id]) => id).sort(), models.map(({ id }) => id).sort(), 'each is asked for')
  t.ok(all.flatMap(([, texts]) => texts).length >= 80)
  for (const [id, texts] of all) {
    t.ok(texts.length >= 2, id)
    for (const text of texts) t.ok(found(text).includes(id), `«${text}» finds ${id}: ${found(text).join(' ') || '—'}`)
  }
})

t.test('a search finds what was asked for, and little else', async t => {
  const exactly: Record<string, string[]> = {
    'kling 2.6': ['kling-2.6/image-to-video', 'kling-2.6/text-to-video'],
    'удалить фон': ['recraft/remove-background'],
    топаз: ['topaz/image-upscale'],
    сиданс: ['bytedance/seedance-1.5-pro'],
    'водяной знак': ['sora-watermark-remover'],
  }
  for (const [text, ids] of Object.entries(exactly)) t.strictSame(found(text), ids, text)
  t.ok(found('нано банана').every(id => id.includes('nano-banana')))
  t.ok(found('клинг').every(id => id.startsWith('kling')))
  t.ok(found('флакс').every(id => id.startsWith('flux')))
  t.ok(found('ван').every(id => id.startsWith('wan')))
  t.ok(
    found('видео из фото')
      .slice(0, 8)
      .every(id => id.includes('image-to-video')),
    'the names before the rest',
  )
})

t.test('what is no model finds nothing, and nothing breaks', async t => {
  const odd = [
    '',
    '   ',
    '?!',
    'миджорни',
    'ываыва',
    '<b>zzz</b>',
    '😀',
    'из',
    'the',
    '\0',
    '9'.repeat(60),
    'х'.repeat(60),
  ]
  for (const text of odd) t.strictSame(found(text), [], JSON.stringify(text))
  t.strictSame(found('кошп'), [], 'a word of four letters is taken as it is')
})

t.test('two models of one list may not have one short name', async t => {
  const twins = loadModels()
  const [first, second] = twins.filter(({ category }) => category === 'text-to-video')
  second!.short = { ...first!.short }
  const rates = { usdRubRate: '95', markup: '2.0' }
  t.throws(() => openCatalogue({ models: twins, rates, contentFilter: true }), /video «Sora 2»: two models of one list/)
})
