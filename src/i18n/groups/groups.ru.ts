import { formatKop } from '../../money.ts'
import { type Html, html } from '../../telegram/html.ts'
import { dateText, lines, priceText } from '../format.ts'
import type { GroupEntry, GroupFacts, GroupPrice, GroupRun } from './groups.ts'

const amount = (kop: number) => formatKop(kop, 'ru')
const named = (name: string): Html => html`<b>${name || 'Участник'}</b>`

export const groupsRu = {
  groups: {
    // What the group sees
    welcome: html`Привет! Рисую картинки и правлю фото прямо в группе. Включить меня может администратор: кнопкой ниже или командой /ai_on.`,
    off: html`В этой группе я выключен. Включить может администратор: /ai_on. А в личных сообщениях работаю всегда.`,
    onButton: '✅ Включить в группе',
    turnedOn: (username: string) =>
      lines(
        html`<b>Готово, теперь я работаю в этой группе.</b>`,
        html`<code>/imagine рыжий кот в шляпе</code>: картинка по словам`,
        html`<code>/edit сделай зиму</code> ответом на фото: правка фото`,
        html`Можно и просто: <code>@${username} рыжий кот</code>`,
        html`Цену видит только тот, кто просит. Результат видят все.`,
      ),
    turnedOff: html`Выключено. Начатое дойдёт до конца. Включить снова: /ai_on`,
    onNow: 'Включено',
    settingsButton: '⚙️ Кто платит',
    openButton: 'Открыть бота',
    adminsOnly: 'Это могут только администраторы группы',
    adminsOnlyScreen: html`Включать и выключать меня могут только администраторы группы.`,
    anonymous: html`Вы пишете от имени группы, и я не знаю, кому показать цену. Напишите от своего имени, пожалуйста.`,
    working: ({ name, words }: GroupRun) => html`⏳ ${named(name)}${words === undefined ? html`` : html`: ${words}`}`,
    result: ({ name, words, model }: GroupRun) =>
      lines(
        words === undefined ? html`${named(name)} · ${model}` : html`${words}`,
        words !== undefined && html`${named(name)} · ${model}`,
      ),
    failed: ({ name }: GroupRun, why: Html) => html`${named(name)}: ${why} Если за это что-то списано, оно вернулось.`,
    makeOwnButton: 'Сделать своё',
    askInPrivate: (name: string) => html`${named(name)}, цену показываю в личных сообщениях: откройте их кнопкой.`,
    toldInPrivate: (name: string) => html`${named(name)}, ответ ждёт вас в личных сообщениях.`,

    // What only the person who asked sees
    noWords: html`Напишите, что нарисовать: <code>/imagine рыжий кот в шляпе</code>`,
    noPhoto: html`Ответьте командой на фото: <code>/edit сделай зиму</code>`,
    noWish: html`Напишите, что сделать с фото: <code>/edit сделай зиму</code>`,
    cannot: html`Так не получится: ни одна модель этого сейчас не берёт. Попробуйте другие слова или другое фото.`,
    price: (it: GroupPrice) =>
      lines(
        html`<b>${it.name}</b>${it.words === undefined ? html`` : html` · ${it.words}`}`,
        it.isByGroup
          ? html`Цена: <b>${amount(it.priceKop)}</b> · платит группа`
          : html`Цена: <b>${priceText(it.priceKop, 'ru')}</b>`,
        it.isByGroup && html`Вам на сегодня остаётся: ${amount(it.leftKop)}`,
        !it.isByGroup && it.priceKop > 0 && html`На вашем балансе: ${amount(it.leftKop)}`,
        html`${it.priceKop > 0 ? 'Если не получится, деньги вернутся.' : 'Если не получится, бесплатный запуск вернётся.'}`,
        html`Результат увидит вся группа${it.title === undefined ? '' : ` «${it.title}»`}.`,
      ),
    short: (it: GroupPrice) =>
      lines(
        html`<b>${it.name}</b>${it.words === undefined ? html`` : html` · ${it.words}`}`,
        html`Цена ${amount(it.priceKop)}, на вашем балансе ${amount(it.leftKop)}: не хватает ${amount(it.priceKop - it.leftKop)}.`,
        html`Пополните в личных сообщениях, и заказ для группы${it.title === undefined ? '' : ` «${it.title}»`} продолжится.`,
      ),
    groupShort: html`На балансе группы не хватает денег. Можно пополнить его или заплатить самому.`,
    memberLimit: (kop: number) =>
      html`За день группа платит за одного участника не больше ${amount(kop)}, и на этот запуск сегодня уже не хватает. Можно заплатить самому.`,
    startButton: (kop: number) => (kop === 0 ? '✅ Запустить бесплатно' : `✅ Запустить за ${amount(kop)}`),
    selfButton: 'Заплатить самому',
    freshButton: '🔁 Узнать цену',
    cancelButton: 'Отмена',
    topUpButton: '➕ Пополнить',
    giveButton: '➕ Пополнить баланс группы',
    cancelled: html`Отменено. Деньги не тратились.`,
    started: html`Запущено. Результат придёт в группу.`,
    startedTo: (title: string) => html`✅ Запущено. Результат придёт в группу «${title}».`,
    backButton: '↩️ В группу',
    startedBefore: (title: string) => html`Этот заказ уже запущен. Результат ищите в группе «${title}».`,
    already: 'Уже запущено',
    notYours: 'Эта цена не для вас. Попросите свою: /imagine',
    old: html`Эта цена устарела.`,
    changed: html`Цена обновилась.`,
    gone: html`Эта модель сейчас недоступна. Попросите ещё раз, я возьму другую.`,
    isOffNow: html`Группу выключили, или платит она теперь иначе. Деньги не тратились.`,
    inDebt: html`Сначала погасите долг: откройте /balance в личных сообщениях.`,
    tooMany: html`Сейчас идёт столько запусков, сколько можно. Дождитесь одного, пожалуйста.`,
    notDelivered: (title: string) =>
      html`В группу «${title}» отправить не получилось: меня там нет или мне нельзя писать. Поэтому результат здесь.`,

    // Settings, for admins of the group in their private chats
    settings: (it: GroupFacts) =>
      lines(
        html`<b>Группа «${it.title}»</b>`,
        html`${it.isOn ? 'Включена.' : 'Выключена.'} ${it.isByGroup ? 'Платит группа со своего баланса.' : 'Каждый платит за себя.'}`,
        html`Баланс группы: <b>${amount(it.balanceKop)}</b>`,
        it.isByGroup && html`На одного участника: до ${amount(it.memberDailyKop)} в день`,
      ),
    groupPaysButton: 'Пусть платит группа',
    eachPaysButton: 'Пусть каждый платит за себя',
    limitButton: (kop: number) => `До ${amount(kop)} в день`,
    ledgerButton: '🧾 Движения денег',
    turnOnButton: '✅ Включить',
    turnOffButton: 'Выключить',
    toSettingsButton: '← К настройкам',
    ledger: (title: string, entries: GroupEntry[]) =>
      entries.length === 0
        ? html`На балансе группы «${title}» движений ещё не было.`
        : lines(html`<b>Баланс группы «${title}»</b>`, ...entries.map(entryLine)),
    noGroup: html`Этой группы я не знаю. Администратор может включить меня в ней командой /ai_on.`,
    cannotAsk: html`Не вижу вас в этой группе, или меня там больше нет.`,

    // Gifts of members
    give: (title: string, balanceKop: number) =>
      lines(
        html`<b>Баланс группы «${title}»</b>`,
        html`Деньги перейдут с вашего баланса на баланс группы, вернуть их себе будет нельзя. У вас ${amount(balanceKop)}.`,
        html`Сколько добавить?`,
      ),
    given: (title: string, kop: number) =>
      html`✅ На балансе группы «${title}» стало больше на ${amount(kop)}. Спасибо!`,
    giveRefused: {
      duplicate: html`Это уже сделано, второй раз деньги не списаны.`,
      unknown: html`Не получилось: группы уже нет. Деньги не тратились.`,
      short: html`На вашем балансе столько нет. Пополните его: /topup`,
      in_debt: html`Сначала погасите долг: /balance`,
      not_own: html`Группе можно передать только пополненное: бонусы остаются вам.`,
    },

    // Guest mode
    guest: (words: string) =>
      lines(html`🎨 «${words}»`, html`Нажмите кнопку: слова уже внутри, цена и результат в личных сообщениях.`),
    guestEmpty: html`🎨 Рисую картинки и видео по словам, правлю фото. Откройте меня кнопкой.`,
    guestTitle: 'Картинка по словам',
    guestButton: 'Продолжить',
    guestLast: 'Мой последний результат',
    noLast: html`Показать пока нечего: результатов ещё нет.`,
  },
  groupAdminCommands: {
    ai_on: 'Включить в группе (администраторы)',
    ai_off: 'Выключить в группе (администраторы)',
  },
}

function entryLine({ at, kind, amountKop, name, model }: GroupEntry): Html {
  const who = name ? ` · ${name}` : ''
  const what: Record<string, string> = {
    from_member: 'пополнение',
    debit: model ?? 'запуск',
    refund: 'возврат',
    part_refund: 'возврат части',
    to_group: 'перенос',
    adjust: 'исправление',
  }
  return html`${dateText(at, 'ru')}  ${amountKop > 0 ? '+' : '−'}${amount(Math.abs(amountKop))} · ${what[kind] ?? kind}${who}`
}

/** The words of groups and of guest mode. */
export type GroupWords = typeof groupsRu
