/// <reference lib="dom" />
import t from 'tap'
import { loadModels } from '../../src/catalogue/models.ts'
import { missing, openPlayground } from '../support/browser.ts'
import { until } from '../support/world.ts'

if (missing) t.pass(missing)
else {
  const { page, errors, log, fromBot, media, button, press, sees, last, shot, write, begin, buy } =
    await openPlayground(t)
  await shot('first-view')

  await t.test('all 42 models are reached from the menu by pressing buttons', async t => {
    await write('/menu')
    await last(/Можно тратить/)
    await press(/Ещё/)
    await press(/Все модели/)
    const seen = new Set<string>()
    for (let pageNo = 1; pageNo <= 6; pageNo++) {
      await last(new RegExp(`${pageNo}/6`))
      const cards = fromBot.last().locator('[data-callback^="m:"]')
      const keys = await cards.evaluateAll(nodes => nodes.map(node => (node as HTMLElement).dataset.callback ?? ''))
      for (const key of keys) {
        await fromBot.last().locator(`[data-callback="${key}"]`).click()
        await fromBot.last().getByText(/Цена/).first().waitFor()
        seen.add(key.split(':')[1]!)
        await press(/Назад/)
        await button(new RegExp(`^\\s*${pageNo}/6`)).waitFor()
      }
      if (pageNo < 6) await press(/›/)
    }
    t.equal(seen.size, loadModels().length)
    await shot('all-models')
  })

  await t.test('a picture is bought, paid for and shown', async t => {
    await buy('m_flux-2-pro-text-to-image', 'Рыжий кот читает газету на подоконнике')
    await media('photo').first().waitFor()
    await sees(/Списано/)
    const isShown = await media('photo')
      .first()
      .locator('img')
      .evaluate(async img => {
        await (img as HTMLImageElement).decode()
        return (img as HTMLImageElement).naturalWidth > 300
      })
    t.ok(isShown, 'the picture is really there')
    t.match(await page.getByTestId('books-line').textContent(), /сходятся/)
    await shot('picture')
  })

  await t.test('a film is bought and plays', async t => {
    await buy('m_kling-2-6-text-to-video', 'Чайки над морем')
    await media('video').first().waitFor()
    const plays = await media('video')
      .first()
      .evaluate(async node => {
        const video = (node.matches('video') ? node : node.querySelector('video')) as HTMLVideoElement
        video.muted = true
        await video.play()
        return video.videoWidth
      })
    t.ok(plays > 0, 'the film plays')
    await shot('film')
  })

  await t.test('a sound is bought and plays', async t => {
    await buy('m_elevenlabs-text-to-speech-turbo-2-5', 'Добрый вечер, вы слушаете тишину')
    await media('audio').first().waitFor()
    const seconds = await media('audio')
      .first()
      .evaluate(async node => {
        const audio = (node.matches('audio') ? node : node.querySelector('audio')) as HTMLAudioElement
        audio.muted = true
        await audio.play()
        return audio.duration
      })
    t.ok(seconds > 0.5, 'the sound plays')
    await shot('sound')
  })

  await t.test('a failure of the provider gives the money back', async t => {
    await page.getByTestId('tab-upstream').click()
    await page.getByTestId('next-behaviour').selectOption('fail')
    await page.getByTestId('next-set').click()
    await page.getByTestId('tab-ledger').click()
    await buy('m_flux-2-pro-text-to-image', 'Замок на песке')
    await sees(/Деньги вернулись/)
    await page
      .getByTestId('ledger')
      .getByText(/возврат/i)
      .first()
      .waitFor()
    t.match(await page.getByTestId('books-line').textContent(), /сходятся/)
    await shot('refund')
  })

  await t.test('a free run costs nothing', async t => {
    const before = await media('photo').count()
    await begin('m_z-image')
    await write('Ёжик в тумане')
    await press(/Запустить бесплатно/)
    await until('one more picture', async () => (await media('photo').count()) > before, 30_000)
    await sees(/Бесплатно · осталось/)
    t.pass('it came')
    await shot('free')
  })

  await t.test('the chat fits a phone', async t => {
    await page.setViewportSize({ width: 390, height: 844 })
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
    t.ok(widths[0]! <= widths[1]!, 'nothing scrolls sideways')
    await shot('phone')
  })

  t.strictSame(errors, [], 'no error in the page')
  t.match(log(), /generation settled/)
  t.notMatch(log(), /\d{6,}:[\w-]{30,}|Рыжий кот|Чайки|Ёжик/, 'no token and no prompt in the log')
}
