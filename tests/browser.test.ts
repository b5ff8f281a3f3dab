/// <reference lib="dom" />
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Locator, type Page } from 'playwright-core'
import t from 'tap'
import { loadModels } from '../src/catalogue/models.ts'
import { until } from './support/world.ts'

// What a person would do, in a real browser, on what `npm run playground` starts.
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(path =>
  existsSync(path),
)
const isRequired = process.env.TELEGEN_BROWSER === 'required'

if (!browserPath && !isRequired) {
  t.pass('left out: there is no Chromium; apt-get install chromium fonts-noto-color-emoji brings it')
} else {
  const dataDir = mkdtempSync(join(tmpdir(), 'telegen-browser-'))
  const shots = new URL('../artifacts/', import.meta.url).pathname
  mkdirSync(shots, { recursive: true })
  const started = Date.now()
  const playground = spawn(process.execPath, ['src/playground/main.ts'], {
    env: { PATH: process.env.PATH, PLAYGROUND_DATA: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  playground.stdout.on('data', data => {
    said += data
  })
  const address = await until('the playground says where it is', () => said.match(/http:\/\/\S+/)?.[0], 60_000)
  t.ok(Date.now() - started < 30_000, 'ready within 30 s')

  const browser = await chromium.launch({
    executablePath: browserPath ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  const page = await browser.newPage({
    viewport: { width: 1440, height: 960 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  })
  page.setDefaultTimeout(30_000)
  const errors: string[] = []
  page.on('pageerror', error => errors.push(String(error)))

  t.teardown(async () => {
    await browser.close()
    playground.kill('SIGTERM')
    await new Promise(resolve => playground.once('exit', resolve))
    rmSync(dataDir, { recursive: true, force: true })
  })

  const messages = page.getByTestId('message')
  const fromBot = page.locator('[data-testid=message][data-from=bot]')
  const button = (text: RegExp): Locator => fromBot.locator('[data-testid^=button-]').filter({ hasText: text }).last()
  const press = (text: RegExp) => button(text).click()
  const sees = (text: RegExp) => messages.filter({ hasText: text }).last().waitFor()
  const shot = (name: string, of: Page = page) => of.screenshot({ path: join(shots, `${name}.png`) })
  const write = async (text: string) => {
    await page.getByTestId('composer').fill(text)
    await page.getByTestId('send').click()
  }
  const link = async (payload: string) => {
    if (!(await page.getByTestId('deep-link').isVisible())) await page.getByTestId('deep-link-toggle').click()
    await page.getByTestId('deep-link').fill(payload)
    await page.getByTestId('deep-link-open').click()
  }
  const last = (text: RegExp) => fromBot.last().filter({ hasText: text }).waitFor()
  /** Opens a model's card by its link and starts an order. */
  const begin = async (payload: string) => {
    await link(payload)
    await last(/Цена|Бесплатно/)
    await press(/▶️ Начать/)
    await last(/Понадобится|Шаг|Пришлите/)
  }
  /** Orders a model that asks for a text, and pays for it. */
  const buy = async (payload: string, text: string) => {
    await begin(payload)
    await walk(text)
  }
  const media = (kind: string) => fromBot.getByTestId(kind)

  await page.goto(address)
  await sees(/Здравствуйте, Анна/)
  await shot('first-view')

  await t.test('all 42 models are reached from the menu by pressing buttons', async t => {
    await write('/menu')
    await last(/Что хотите сделать/)
    await press(/Все модели/)
    const seen = new Set<string>()
    for (let pageNo = 1; pageNo <= 6; pageNo++) {
      await last(new RegExp(`${pageNo}/6`))
      const cards = fromBot.last().locator('[data-callback^="m:"]')
      const keys = await cards.evaluateAll(nodes => nodes.map(node => (node as HTMLElement).dataset.callback ?? ''))
      for (const key of keys) {
        await fromBot.last().locator(`[data-callback="${key}"]`).click()
        await fromBot.last().getByText(/Цена/).waitFor()
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
  const log = readFileSync(join(dataDir, 'service.log'), 'utf8')
  t.match(log, /generation settled/)
  t.notMatch(log, /\d{6,}:[\w-]{30,}|Рыжий кот|Чайки|Ёжик/, 'no token and no prompt in the log')

  /** Answers whatever is asked: the text to the text, defaults to the rest, until the price can be paid. */
  async function walk(text: string) {
    let isWritten = false
    for (let step = 0; step < 12; step++) {
      const next = await until('a question or the price', async () => {
        if (await button(/Запустить за/).isVisible()) return 'pay'
        const last = (await fromBot.last().textContent()) ?? ''
        if (!isWritten && /описани|пришлите текст/i.test(last)) return 'write'
        if (
          await fromBot
            .last()
            .locator('[data-testid^=button-]')
            .filter({ hasText: /По умолчанию|Пропустить/ })
            .first()
            .isVisible()
        )
          return 'default'
        return undefined
      })
      if (next === 'pay') return press(/Запустить за/)
      if (next === 'write') {
        isWritten = true
        await write(text)
      } else {
        const before = await fromBot.last().textContent()
        await fromBot
          .last()
          .locator('[data-testid^=button-]')
          .filter({ hasText: /По умолчанию|Пропустить/ })
          .first()
          .click()
        await until('the next step', async () => (await fromBot.last().textContent()) !== before)
      }
    }
    throw new Error('no price after twelve answers')
  }
}
