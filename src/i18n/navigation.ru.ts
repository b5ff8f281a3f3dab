import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import {
  dateText,
  durationText,
  lines,
  numberText,
  pluralRu,
  priceLabel,
  priceLine,
  priceText,
  quotaText,
  rangeText,
  zonedTime,
} from './format.ts'
import type {
  BalanceFacts,
  CardFacts,
  FreeHelpFacts,
  HistoryFacts,
  ListTitle,
  LossRunFacts,
  MenuFacts,
  ModelStateFacts,
  OperationFacts,
  ParameterFacts,
  RowFacts,
  RunState,
  SwitchFacts,
} from './navigation.ts'
import { formatIcon } from './navigation.ts'

const price = (kop: number) => priceText(kop, 'ru')
const amount = (kop: number) => formatKop(kop, 'ru')
const comma = (n: number) => numberText(n, 'ru')
const runs = (n: number) => `${n} ${pluralRu(n, 'запуск', 'запуска', 'запусков')}`

export const navigationRu = {
  menuButton: '🏠 Меню',
  backButton: '← Назад',
  againButton: '🔁 Повторить',
  openButton: 'Открыть',

  // Welcome, menu
  welcome: ({ name, freeRuns, bonusKop }: { name: string; freeRuns: number; bonusKop: number }) =>
    lines(
      html`Здравствуйте${name.trim() ? `, ${name.trim()}` : ''}! Здесь создают картинки, видео и звук.`,
      navigationRu.menuAsk,
      html`Без вашего нажатия ничего не тратится. Нет результата — деньги вернутся.`,
      freeRuns > 0 && html`Бесплатно сегодня: ${runs(freeRuns)}.`,
      bonusKop > 0 && html`Бонус: ${amount(bonusKop)} уже на балансе.`,
      html`Продолжая, вы принимаете условия: /terms`,
    ),
  welcomeToModel: (name: string) =>
    html`Здравствуйте${name.trim() ? `, ${name.trim()}` : ''}! Здесь создают картинки, видео и звук. Нет результата — деньги вернутся. Условия: /terms`,
  menuAsk: html`Напишите, что нарисовать, или пришлите фото — цену покажу сразу.`,
  menu: ({ canSpendKop, atWorkKop }: MenuFacts) =>
    lines(
      navigationRu.menuAsk,
      html`Можно тратить: ${amount(canSpendKop)}${atWorkKop > 0 ? ` · в работе ${amount(atWorkKop)}` : ''}`,
    ),
  moreButton: '☰ Ещё',
  more: html`☰ <b>Ещё</b>\nВсе модели, бесплатные запуски, инструменты и настройки.`,
  waitingResults: (n: number) => html`Пока вас не было, готовы результаты: ${String(n)}. Присылаем их.`,
  formatButton: {
    image: '🖼 Нарисовать',
    edit: '✏️ Изменить фото',
    video: '🎬 Видео',
    animate: '✨ Оживить фото',
    audio: '🎙 Звук',
    tools: '🛠 Инструменты',
  },
  freeButton: (n: number) => `🎁 Бесплатные: ${n}`,
  allButton: (n: number) => `📋 Все модели: ${n}`,
  freeModelsButton: '🎁 Бесплатные модели',
  historyButton: '🗂 История',
  balanceButton: '💳 Баланс',
  languageButton: '🌐 Язык',
  helpButton: '❓ Помощь',

  // Model lists
  listTitle: {
    image: 'Нарисовать',
    edit: 'Изменить фото',
    video: 'Видео',
    animate: 'Оживить фото',
    audio: 'Звук',
    tools: 'Инструменты',
    all: 'Все модели',
    free: 'Бесплатные модели',
    popular: 'Популярные модели',
    find: 'Поиск',
  } satisfies Record<ListTitle, string>,
  list: (title: ListTitle) =>
    lines(
      html`<b>${navigationRu.listTitle[title]}</b>`,
      html`Выберите модель. Цена — за один запуск.`,
      (title === 'all' || title === 'popular') &&
        html`🖼 картинка · ✏️ правка фото · 🎬 видео · ✨ видео из фото · 🎙 звук · 🛠 инструменты`,
    ),
  listFree: (daily: number) =>
    html`<b>Бесплатные модели</b>\nКаждую можно запускать бесплатно до ${String(daily)} раз в день, с обычными настройками.`,
  listEmpty: html`Здесь пока пусто.`,
  listRow: (r: RowFacts) =>
    [
      `${r.format ? `${formatIcon[r.format]} ` : ''}${r.isSlow ? '⏳ ' : ''}${r.name}${r.isPopular ? ' 🔥' : ''} ·\u00a0${priceLabel(r.price, 'ru')}`,
      r.freeAt && `🎁\u00a0с\u00a0${r.freeAt}`,
      r.mark,
    ]
      .filter(Boolean)
      .join(' · '),
  popularButton: '🔥 Популярные',
  findButton: '🔎 Найти',
  findAsk: html`🔎 Пришлите слово: название модели или то, что она делает.`,
  found: (word: string, n: number) => html`По запросу «${word}» нашлось: ${String(n)}`,
  foundNothing: (word: string) =>
    html`По запросу «${word}» ничего не нашлось. Пришлите другое слово или выберите сами:`,

  // Model card, parameters of a model
  card: (c: CardFacts, unit?: { kop: number; per: string; usual: string }) =>
    lines(
      html`<b>${c.name}</b>`,
      html`${c.about}`,
      c.needs.length > 0 && html`Нужно: ${c.needs.join(', ')}`,
      html`Цена: ${priceLine(c.price, 'ru')}${c.price.kind === 'range' && c.dependsOn.length > 0 ? ` (зависит от параметров: ${c.dependsOn.join(', ')})` : ''}`,
      unit && html`${price(unit.kop)} ${unit.per}${unit.usual && ` (${unit.usual})`}`,
      c.example && html`Пример: ${c.example.text} — ${price(c.example.kop)}`,
      c.typical &&
        html`Обычно готово за ${rangeText(c.typical.fromMs, c.typical.toMs, 'ru')}${c.typical.of > 0 ? ` · успешно ${c.typical.percent}\u00a0% из последних ${c.typical.of}` : ''}`,
      c.failsOften && html`⚠️ Сейчас часто не получается. Деньги за неудачу возвращаются.`,
      c.free &&
        (c.free.isSharedUp
          ? html`🎁 Бесплатные запуски новых пользователей на сегодня разобрали. Они вернутся завтра; после пополнения их число только ваше.`
          : html`🎁 Бесплатно: осталось ${quotaText({ left: c.free.day, of: c.free.of }, 'ru')} сегодня, ${String(c.free.hour)} в этот час`),
    ),
  priceColumn: 'Цена',
  /** All prices of a list, folded. */
  /** Under the question that a card asks. */
  cardNext: html`Сразу покажу цену.`,
  beginButton: '▶️ Начать',
  exampleButton: '💡 Начать с примера',
  parametersButton: '📄 Параметры',
  /** What models have made. */
  examples: {
    button: (count: number) => `👀 Что получается: ${count}`,
    listButton: '👀 Что получается',
    caption: (n: number, words: string) => html`${n}. ${words}`,
    ofModel: (name: string, price: string) => html`${name} · ${price}`,
    unshown: html`Примеры сейчас не показать. Попробуйте немного позже.`,
    addButton: '👀 В примеры модели',
    removeButton: '✖️ Убрать из примеров',
    which: html`Какой из результатов показать в примерах? Они пронумерованы по порядку.`,
    dropButton: (n: number) => `✖️ ${n}`,
    added: (slot: number) => `Теперь это пример ${slot} из 4, его видят все.`,
    already: 'Это уже пример.',
    full: 'Примеров уже четыре. Уберите один: карточка модели, «👀 Что получается».',
    none: 'Примером может быть только ваш результат, файл которого есть в Telegram.',
    dropped: 'Убрано из примеров.',
  },
  perUnit: { second: 'за секунду записи', '1000 characters': 'за 1000\u00a0знаков' } as Record<string, string>,
  measuredBy: { second: 'длина записи', '1000 characters': 'длина текста' } as Record<string, string>,
  parametersTitle: (name: string) => html`<b>${name}</b>. Параметры:`,
  parameter: (p: ParameterFacts) => {
    const notes = [
      { required: 'обязательно', either: 'нужно одно из двух', optional: '' }[p.need],
      p.default === undefined ? '' : `обычно ${p.default}`,
      p.changesPrice ? 'влияет на цену' : '',
    ].filter(Boolean)
    return html`<b>${p.label}</b>${p.hint ? ` (${p.hint})` : ''} — ${p.values}${notes.length > 0 ? `; ${notes.join('; ')}` : ''}.`
  },
  kinds: { image: 'фото', video: 'видео', audio: 'звук' },
  anyText: 'текст',
  linkText: 'ссылка',
  textUpTo: (n: number) => `текст до\u00a0${comma(n)}\u00a0${pluralRu(n, 'знака', 'знаков', 'знаков')}`,
  numberFromTo: (min: number | undefined, max: number | undefined) =>
    ['число', min === undefined ? '' : `от\u00a0${comma(min)}`, max === undefined ? '' : `до\u00a0${comma(max)}`]
      .filter(Boolean)
      .join(' '),
  filesUpTo: (kinds: string, most: number, megabytes: number) =>
    most > 1
      ? `${kinds}: до\u00a0${most}\u00a0файлов по\u00a0${megabytes}\u00a0МБ`
      : `${kinds}: файл до\u00a0${megabytes}\u00a0МБ`,
  earlierRun: 'выбирается из списка',
  andMore: (n: number) => `и ещё ${n}`,

  // History
  history: {
    title: html`🗂 <b>История</b>\nНажмите на запуск, чтобы открыть его.`,
    empty: html`Здесь появятся ваши запуски.`,
    nothing: html`В этом разделе запусков нет.`,
    filters: { all: 'Все', done: 'Готовые', failed: 'Неудачные' },
    older: 'Раньше ›',
    newest: '‹ К новым',
    row: ({ state, what, costKop }: HistoryFacts): [beginning: string, end: string] => {
      const words: Partial<Record<string, string>> = { returned: 'возврат', cancelled: 'отменено' }
      return [`${icons[state]} ${what}`, ` ·\u00a0${words[state] ?? price(costKop)}`]
    },
    state: (state: RunState, ageMs: number) =>
      ({
        done: `✅ Готово за ${durationText(ageMs, 'ru')}`,
        open: '⏳ В работе',
        returned: '↩️ Не получилось',
        failed: '✖️ Не получилось',
        cancelled: '✖️ Отменено',
      })[state],
    money: {
      free: () => 'Бесплатный запуск',
      freeReturned: () => 'Бесплатный запуск вернулся',
      debited: (kop: number) => `${amount(kop)} отложены, не списаны`,
      captured: (kop: number) => `Списано ${amount(kop)}`,
      kept: (kop: number, backKop: number) => `Списано ${amount(kop)}, возвращено ${amount(backKop)}`,
      refunded: (kop: number) => `Деньги вернулись: ${amount(kop)}`,
    },
    copyButton: '📋 Скопировать номер запуска',
    number: (short: string) => `№\u00a0${short}`,
  },
  sendAgainButton: '📤 Прислать ещё раз',
  changeButton: '✏️ Изменить',
  whyButton: '🧾 Что с деньгами',
  statusButton: 'Статус',

  // Balance, top-up
  balance: ({ canSpendKop, atWorkKop, atWorkCount }: BalanceFacts) =>
    lines(
      html`💳 Баланс: <b>${amount(canSpendKop)}</b>`,
      atWorkCount > 0 && html`Ещё ${amount(atWorkKop)} отложено: в работе ${runs(atWorkCount)}`,
    ),
  topUpButton: '➕ Пополнить',
  operationsButton: '📄 Операции',
  runningButton: (name: string, short: string, kop: number): [beginning: string, end: string] => [
    `⏳ ${name}`,
    ` · №\u00a0${short} ·\u00a0${price(kop)}`,
  ],
  operationsTitle: html`📄 <b>Операции</b>`,
  operationsEmpty: html`Операций пока нет.`,
  operationKind: (kind: string): string => operationKinds[kind] ?? 'движение',
  operationColumns: [html`Когда`, html`Сумма`, html`За что`],
  operationCells: ({ date, kind, amountKop, name, number }: OperationFacts) => [
    html`${date}`,
    html`${amountKop > 0 ? '+' : '−'}${amount(Math.abs(amountKop))}`,
    html`${navigationRu.operationKind(kind)}${name ? ` · ${name}` : ''}${number ? ` №\u00a0${number}` : ''}`,
  ],
  operation: ({ date, kind, amountKop, name, number }: OperationFacts) =>
    html`${date} ${navigationRu.operationKind(kind)} ${amountKop > 0 ? '+' : '−'}${amount(Math.abs(amountKop))}${name ? ` · ${name}` : ''}${number ? ` №\u00a0${number}` : ''}`,

  // Language
  language: html`🌐 Язык · Language`,
  languageSet: 'Теперь по-русски',

  // Help, support, /terms
  help: html`❓ <b>Помощь</b>\nО чём рассказать?`,
  helpButtons: {
    start: '▶️ Как начать',
    money: '💰 Цены и возвраты',
    free: '🎁 Бесплатные запуски',
    files: '📎 Файлы и размеры',
    topup: '➕ Пополнение',
    late: '⏳ Не пришёл результат',
    contact: '💬 Связаться с нами',
  },
  helpTopics: {
    start: () => html`<b>Как начать</b>
Напишите, что нарисовать, или пришлите фото — цену увидите сразу.
Или откройте /menu, выберите модель и нажмите «▶️ Начать».
Перед запуском вы увидите точную цену. Без вашего нажатия ничего не тратится.
Передумали? До запуска — /cancel, а пока запуск в очереди — «Отменить» под ним.
Отправленный заказ отменить нельзя: модель уже работает. Не получится — деньги вернутся.`,
    money: () => html`<b>Цены и возвраты</b>
Цена показана до запуска и действует 15 минут, больше неё не спишется.
При запуске деньги откладываются, а списываются только с готовым результатом.
Нет результата — вся сумма возвращается на баланс сама.
Каждое движение видно: /balance → «📄 Операции».`,
    free: ({ daily, hourly, dayBegins }: FreeHelpFacts) => html`<b>Бесплатные запуски</b>
Их модели собраны здесь: /free
На каждую — до ${String(daily)} в день и до ${String(hourly)} в час, с обычными настройками.
Новый день начинается в ${zonedTime(dayBegins, 'ru')}.
Не получилось — бесплатный запуск вернётся.`,
    files: () => html`<b>Файлы и размеры</b>
Пришлите фото, видео или звук прямо в чат, до 20\u00a0МБ.
Файл больше — пришлите ссылку https.
Фото без сжатия отправляйте файлом: так качество лучше.
Допустимый размер указан в вопросе модели.`,
    topup: () => html`<b>Пополнение</b>
Все способы собраны здесь: /topup
Деньги на балансе не сгорают.
Вопрос об оплате: /paysupport`,
    late: () => html`<b>Не пришёл результат</b>
Откройте /history: там состояние каждого запуска.
У запуска есть срок. Не успели к нему — деньги возвращаются сами.
Если результат придёт позже, покажем уменьшенную копию: забирать или нет — решаете вы.
Готовый результат можно прислать ещё раз из истории, бесплатно.`,
    contact: () => html`<b>Связаться с нами</b>
Отправьте /paysupport и следующим сообщением — вопрос, например: № 7k2m не пришёл результат
Его прочитает оператор.
Номер стоит под каждым результатом и в истории.`,
  },
  terms: html`<b>Условия</b>
1. Мы продаём запуски моделей, которые создают картинки, видео и звук. Цена показана до запуска.
2. Деньги списываются только за готовый результат. Нет результата — сумма возвращается на баланс.
3. Присланные файлы нужны только для запуска и хранятся несколько дней. Готовые файлы остаются в этом чате.
4. Нельзя создавать незаконное, сексуальное с участием детей, травлю и подделки реальных людей без их согласия.
5. Результат создаёт модель: проверяйте его, прежде чем использовать.
6. Вопросы и возвраты: /paysupport. Удалить свои данные: /delete_me

Редакция от 24 ноября 2026 года.`,
  support: {
    ask: (short: string) => html`💬 <b>Вопрос об оплате или запуске</b>
Напишите его следующим сообщением, например: № ${short} не пришёл результат
Вопрос прочитает оператор. За запуск без результата деньги возвращаются сами.
Или выберите платёж или запуск ниже; все запуски — в /history`,
    sent: (ticket: string) => html`Передали, обращение №\u00a0${ticket}. Ответим здесь.`,
    nobody: html`Сейчас некому ответить: попробуйте позже.`,
    later: (
      time: string,
    ) => html`Это сообщение не передано: обращений слишком много. Отправьте его ещё раз через ${time}, начав с /paysupport
Всё, что передано раньше, у оператора есть. Платёж и баланс никуда не денутся.`,
    run: (short: string, name: string | undefined, money: string) =>
      `№\u00a0${short} · ${money}${name === undefined ? '' : ` · ${name}`}`,
    question: (from: number, name: string, text: string) => html`Вопрос от ${from} ${name}:\n${text}`,
    about: (id: string, name: string, state: string) => html`<code>${id}</code> · ${name} · ${state}`,
    howToAnswer: (ticket: string) => html`Обращение №\u00a0${ticket}. Чтобы ответить, ответьте на это сообщение.`,
    answer: (text: string) => html`💬 <b>Ответ поддержки</b>\n${text}`,
    answered: html`Ответ отправлен.`,
    notAnswered: html`Ответ не доставлен.`,
  },

  // Models on sale, and notifications of admins
  switched: {
    off: ({ name, id, cause, finished, succeeded, failedPeople, costKop, keptKop, runIds, at }: SwitchFacts) => {
      const why = {
        failing: `Удались ${succeeded} из ${finished} последних запусков; людей, у которых не вышло: ${failedPeople}.`,
        unsupported: 'Поставщик не знает модели с таким именем.',
        loss: `Платных запусков за час: ${finished}. Они обошлись в ${formatKop(costKop, 'ru')}, получено ${formatKop(keptKop, 'ru')}.`,
        recovered: '',
      }[cause]
      return lines(
        html`⚠️ <b>Модель выключена: ${name}</b>`,
        html`<code>${id}</code>`,
        html`${why}`,
        cause === 'loss' && runIds.length > 0 && html`Дороже цены обошлись запуски: <code>${runIds.join(', ')}</code>`,
        html`Её нет в списках, новые запуски не начинаются и не оплачиваются. Начатые идут до конца.`,
        at ? html`Проба: ${zonedTime(at, 'ru')}.` : html`Сама не включится. Сверка каталога: npm run -s models:check`,
        html`Включить сейчас: <code>/admin_models auto ${id} причина</code>`,
      )
    },
    on: ({ name, id, finished, succeeded }: SwitchFacts) =>
      lines(
        html`✅ <b>Модель снова включена: ${name}</b>`,
        html`<code>${id}</code>`,
        html`На пробе удались ${succeeded} из ${finished} запусков.`,
        html`Выключить: <code>/admin_models off ${id} причина</code>`,
      ),
    lossButton: '🧾 Эти запуски',
    lossTitle: (id: string, n: number) =>
      n > 0
        ? html`🧾 <b>Запуски, из-за которых выключена</b> <code>${id}</code>`
        : html`О запусках, из-за которых выключена <code>${id}</code>, ничего не записано.`,
    lossRun: (n: number, r: LossRunFacts) =>
      html`\n${n}. <code>${r.id}</code> · ${r.userId} · ${dateText(r.at, 'ru')}\nобошёлся в ${formatKop(r.costKop, 'ru')}, получено ${formatKop(r.keptKop, 'ru')} · кредитов ${r.costCredits ?? '—'}, ждали ${r.expectedCredits}`,
    lossOf: (id: string) => `🧾 Убытки: ${id}`,
    last: html`Переключений много: следующие смотрите в /admin_models.`,
  },
  modelStates: {
    title: (on: number, of: number) => html`<b>Модели: включены ${on} из ${of}</b>`,
    columns: [html`Модель`, html`Цена от`, html`Удались`],
    cells: ({ id, state, isPinned, minKop, finished, succeeded, good, bad, reason }: ModelStateFacts) => [
      html`${stateIcons[state]} ${id}${isPinned ? ' · вручную' : ''}${reason === undefined ? '' : ` · ${reason}`}`,
      html`${formatKop(minKop, 'ru')}`,
      html`${finished > 0 ? `${succeeded} из ${finished}` : '—'}${good + bad > 0 ? ` · 👍 ${good} 👎 ${bad}` : ''}`,
    ],
    state: ({ id, state, isPinned, minKop, finished, succeeded, good, bad, reason }: ModelStateFacts) => {
      const runs = finished > 0 ? ` · ${succeeded} из ${finished}` : ''
      const text = `${stateIcons[state]} ${id} · ${formatKop(minKop, 'ru')}${runs}${good + bad > 0 ? ` · 👍 ${good} 👎 ${bad}` : ''}${isPinned ? ' · вручную' : ''}`
      return reason === undefined ? html`${text}` : html`${text}\n   ${reason}`
    },
    howTo: html`Запуски за последний час, 👍 и 👎 людей за 30 дней. Переключить (причина от 5 символов):
<code>/admin_models off модель причина</code>
<code>/admin_models on модель причина</code>
<code>/admin_models auto модель причина</code>
on и off держатся, пока их не снимет auto.`,
    shelved: 'не в MODELS: включается здесь же',
    causes: {
      failing: 'запуски не удавались',
      unsupported: 'поставщик не знает имени',
      loss: 'себестоимость выше цены',
      rested: 'проба после перерыва',
      recovered: 'проба удалась',
    },
    confirm: (state: 'on' | 'off' | 'auto', name: string, id: string, reason: string) =>
      lines(
        html`<b>${{ on: 'Включить вручную', off: 'Выключить вручную', auto: 'Включить под присмотром автомата' }[state]}: ${name}</b>`,
        html`<code>${id}</code>`,
        state === 'off' && html`Её не станет в списках, новые запуски не начнутся. Начатые дойдут до конца.`,
        html`Причина: ${reason}`,
      ),
    noModel: (id: string) => html`Такой модели нет: ${id}`,
    noReason: html`Нужна причина: не короче 5 символов.`,
    done: (id: string, state: 'on' | 'off' | 'auto') =>
      html`<code>${id}</code>: ${{ on: 'включена вручную', off: 'выключена вручную', auto: 'включена, под присмотром автомата' }[state]}.`,
    same: html`Она уже в этом состоянии.`,
  },

  // Words and files out of the blue, and what is refused
  inPrivateOnly: 'Откройте это в личном чате',
  outdated: 'Этот экран устарел',
  unknownCommand: html`Такой команды нет. Вот меню:`,
  edited: html`Исправленное сообщение я не перечитываю. Пришлите его заново, пожалуйста.`,
  cannotUse: html`Это я не умею. Пришлите текст, фото, видео или звук.`,
  modelGone: html`Модель временно недоступна. Похожие:`,
  cancelled: html`Отменено. Деньги не тратились.`,
  nothingToCancel: html`Отменять нечего.`,
  tooLateToCancel: html`Запущенное /cancel не останавливает. Пока запуск в очереди, под ним есть «Отменить»; отправленный уже не остановить: модель работает. Не получится — деньги вернутся.`,
  banned: 'Доступ закрыт. Вопросы: /paysupport',
  tooFast: (seconds: number) => `Слишком быстро. Подождите ${seconds}\u00a0с.`,
  failed: (code: string) => html`Не получилось, попробуйте ещё раз. Код ${code}.`,
  setAside: html`Одно ваше сообщение обработать не удалось: на нём дважды всё остановилось, и больше я его не трогаю.

Если это был файл, пришлите другой. Если вы нажали на кнопку, сначала загляните в /history: запуск мог начаться.`,

  // What people see of the bot before they write to it: 512 characters in an empty chat, 120 on its page and beside its link.
  profile: {
    description: (hasFreeRuns: boolean): string =>
      [
        'Картинки, видео и звук по вашим словам и фото.',
        'Напишите, что нарисовать, или пришлите фото — цену покажу сразу. Без вашего нажатия ничего не тратится. Нет результата — деньги вернутся.',
        ...(hasFreeRuns ? ['Каждый день есть бесплатные запуски.'] : []),
      ].join('\n\n'),
    short: 'Картинки, видео и звук по словам и фото. Цена в рублях до запуска. Нет результата — деньги вернутся.',
  },
  groupCommands: {
    imagine: 'Создать картинку по словам',
    edit: 'Изменить фото, на которое отвечаете',
    help: 'Помощь',
  },
  commands: {
    start: 'Начать',
    menu: 'Меню',
    models: 'Все модели',
    free: 'Бесплатные модели',
    history: 'История запусков',
    templates: 'Шаблоны',
    balance: 'Баланс',
    topup: 'Пополнить',
    promo: 'Промокод',
    ref: 'Пригласить друга',
    lang: 'Язык · Language',
    help: 'Помощь',
    terms: 'Условия',
    paysupport: 'Вопрос об оплате',
    cancel: 'Отменить заказ до запуска',
  },
}

const icons = { done: '✅', open: '⏳', returned: '↩️', failed: '✖️', cancelled: '✖️' }
const stateIcons = { on: '✅', trial: '🧪', off: '⛔️' }
const operationKinds: Record<string, string> = {
  hold: 'отложено',
  topup: 'пополнение',
  bonus: 'бонус',
  referral: 'за друга',
  debit: 'списание',
  refund: 'возврат',
  part_refund: 'возврат части',
  adjust: 'исправление',
  reversal: 'возврат платежа',
  repayment: 'погашение долга',
  to_group: 'на баланс группы',
}

/** The words of finding one's way: menu, models, history, balance, help. */
export type Navigation = typeof navigationRu
