/// <reference lib="dom" />
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Locator, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { freePort } from './service.ts'
import { until } from './world.ts'

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(path =>
  existsSync(path),
)

/** Why the tests of the page are left out on this machine, and what to do; undefined where they can run. */
export const missing =
  browserPath || process.env.TELEGEN_BROWSER === 'required'
    ? undefined
    : 'left out: there is no Chromium; apt-get install chromium fonts-noto-color-emoji brings it'

/** What `npm run playground` starts, in a real browser, with what a person can do there. */
export async function openPlayground(t: Test) {
  const dataDir = mkdtempSync(join(tmpdir(), 'telegen-browser-'))
  const shots = new URL('../../artifacts/', import.meta.url).pathname
  mkdirSync(shots, { recursive: true })
  // Two of them at once must not both find the usual port free.
  writeFileSync(join(dataDir, 'ports.json'), JSON.stringify({ web: await freePort() }))
  const started = Date.now()
  const playground = spawn(process.execPath, ['playground/main.ts'], {
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
    locale: 'ru-RU',
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
  const { telegram: port } = JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')) as { telegram: number }
  /** A call to the stand-in of Telegram as the bot makes it, for what the bot itself does only at times. */
  const asBot = async (method: string, fields: object) => {
    const { token } = JSON.parse(readFileSync(join(dataDir, 'telegram', 'telegram.json'), 'utf8')) as { token: string }
    const answer = await fetch(`http://127.0.0.1:${port}/bot${token}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    })
    const { ok, description, result } = (await answer.json()) as {
      ok: boolean
      description?: string
      result: { message_id: number }
    }
    if (!ok) throw new Error(description)
    return result
  }
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
    await answer(text)
    await press(/Запустить за/)
  }
  const media = (kind: string) => fromBot.getByTestId(kind)

  await page.goto(address)
  await sees(/Здравствуйте, Анна/)
  const log = () => readFileSync(join(dataDir, 'service.log'), 'utf8')
  return {
    page,
    address,
    errors,
    log,
    fromBot,
    media,
    button,
    press,
    sees,
    last,
    shot,
    write,
    link,
    begin,
    answer,
    buy,
    asBot,
  }

  /**
   * Answers whatever is asked, until there is a price: the text to the text, what is wanted where it is offered, defaults
   * to the rest.
   */
  async function answer(text: string, wanted = /^$/) {
    const offered = (what: RegExp) => fromBot.last().locator('[data-testid^=button-]').filter({ hasText: what }).first()
    const said = async () => (await fromBot.last().textContent()) ?? ''
    let isWritten = false
    for (let step = 0; step < 12; step++) {
      // All captions at one moment: a step that is being shown must not look like one without what is wanted.
      const next = await until('a question or the price', async () => {
        const captions = await fromBot.last().locator('[data-testid^=button-]').allTextContents()
        const has = (what: RegExp) => captions.some(caption => what.test(caption))
        if (has(/Запустить за|⭐/)) return 'price'
        if (!isWritten && /описани|пришлите текст/i.test(await said())) return 'write'
        return [wanted, /По умолчанию|Пропустить/].find(has)
      })
      if (next === 'price') return
      const before = await said()
      if (next === 'write') {
        isWritten = true
        await write(text)
      } else await offered(next).click()
      await until('the next step', async () => (await said()) !== before)
    }
    throw new Error('no price after twelve answers')
  }
}

/**
 * The captions of buttons that do not fit their line, so that the page, as Telegram does, ends them with an ellipsis.
 * Pass `of` to look at one message only.
 */
export async function cutCaptions(of: Page | Locator): Promise<string[]> {
  return await of
    .locator('.key-text')
    .evaluateAll(nodes =>
      nodes.filter(node => node.scrollWidth > node.clientWidth).map(node => node.textContent?.trim() ?? ''),
    )
}

/** Whether the bot's last message with its buttons is seen whole without scrolling; both heights are in pixels. */
export async function fits(page: Page): Promise<{ fits: boolean; message: number; area: number }> {
  const message = await page
    .locator('[data-testid=message][data-from=bot]')
    .last()
    .evaluate(node => Math.ceil(node.getBoundingClientRect().height))
  const area = await page.getByTestId('messages').evaluate(node => node.clientHeight)
  return { fits: message <= area, message, area }
}

/**
 * A picture of the page for README: `npm test` only makes it, TELEGEN_PICTURES=1 also writes it into docs/. Returns its
 * size in bytes.
 */
export async function picture(page: Page, name: string): Promise<number> {
  const bytes = await page.screenshot()
  if (process.env.TELEGEN_PICTURES === '1') writeFileSync(new URL(`../../docs/${name}`, import.meta.url), bytes)
  return bytes.length
}
