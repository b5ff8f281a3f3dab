import type { Task } from '../catalogue/models.ts'
import { type Html, html } from '../telegram/html.ts'
import { pluralRu } from './format.ts'
import type { UnusedFacts } from './request.ts'

/** What a person sent on their own: what was understood, and what else can be made of it. */
export const requestRu = {
  request: {
    /** The first line of a price: what was understood. */
    understood: {
      image: 'Картинка по вашим словам',
      video: 'Видео по вашим словам',
      speech: 'Озвучка вашего текста',
      sound: 'Звук по вашим словам',
      edit: 'Изменить фото по вашим словам',
      animate: 'Оживить фото',
      enlarge: 'Увеличить фото',
      cutout: 'Убрать фон',
      talk: 'Фото заговорит вашим голосом',
      clean: 'Очистить запись от шума',
      remake: 'Переделать видео по вашим словам',
      unmark: 'Убрать водяной знак Sora',
    } satisfies Record<Task, string>,
    /** Stands in for words that a model wants and nobody has written. */
    usualText: {
      animate: 'Оживи фото: лёгкое естественное движение, камера медленно приближается',
      talk: 'Человек говорит в камеру, естественная мимика',
    },
    askPhoto: (photos: number): Html =>
      html`<b>Что сделать с ${photos > 1 ? `этими ${photos} фото` : 'этим фото'}?</b>
Напишите словами, например: «сделай фон закатом». Или выберите:`,
    /** Below: voice makes a photo speak. */
    askPhotoVoice: html`Пришлёте голосовое — фото заговорит.`,
    askFilm: html`<b>Что изменить в этом видео?</b>
Напишите словами, например: «сделай зиму за окном».
Увеличить можно видео, которое сделано здесь: кнопка под ним.`,
    cleanAlone: html`Или пришлите фото: оно заговорит этим голосом.`,
    wishButtons: { animate: '✨ Оживить', enlarge: '🔍 Увеличить', cutout: '✂️ Убрать фон', style: '🎨 Мультфильм' },
    styleText: 'Перерисуй в стиле яркого рисованного мультфильма, сохрани лица и композицию',
    taskButtons: { image: '🖼 Картинка', video: '🎬 Видео', speech: '🎙 Озвучка' },
    priced: (name: string, price: string | undefined) => (price === undefined ? name : `${name} · ${price}`),
    otherModelButton: '🔀 Другая модель',
    tuneButton: '⚙️ Настроить',
    toPriceButton: '‹ К цене',
    /** In the menu. */
    backButton: '↩️ Вернуться к просьбе',
    models: (task: string): Html => html`<b>${task}</b>
Та же просьба у других моделей, с ценой:`,
    unusedFiles: ({ files, of }: UnusedFacts): Html =>
      html`⚠️ Модель берёт не всё: ${files} из ${of} ${pluralRu(of, 'файла', 'файлов', 'файлов')} не ${pluralRu(files, 'войдёт', 'войдут', 'войдут')}.`,
    unusedText: html`Слова здесь не нужны: модель берёт только файл.`,
    cutAfter: (tail: string): Html => html`⚠️ Текст длиннее, чем берёт модель: он взят до слов «…${tail}».`,
    noModel: html`Сейчас для этого нет свободной модели. Просьба сохранена, попробуйте немного позже.`,
    noFileAtLink: html`По ссылке нет фото, видео или звука, поэтому она осталась просто словами.`,
    tooMany: (most: number): Html => html`⚠️ В одной просьбе не больше ${most} сообщений; это не взято.`,
    describeButton: '✍️ Это описание картинки',
    intents: {
      refund: html`<b>Деньги</b>
Если запуск не удался, деньги возвращаются сами, сразу. Где они сейчас, видно в «Балансе» и под каждым запуском. Не сошлось — спросите, ответит человек.`,
      whereNothing: html`Сейчас ничего не готовится. Всё готовое — в «Истории».`,
      where: (n: number): Html =>
        html`${pluralRu(n, 'Готовится', 'Готовятся', 'Готовятся')} ${n} ${pluralRu(n, 'запуск', 'запуска', 'запусков')}. Пришлю сюда, как только будет готово.`,
      price: html`<b>Сколько стоит</b>
Цену покажу до запуска, до копейки. Напишите, что сделать, или пришлите фото, — или посмотрите цены в списке.`,
      greeting: (name: string): Html =>
        html`Здравствуйте, ${name}! Напишите, что нарисовать, или пришлите фото: цену покажу сразу.`,
      thanks: html`Рад помочь! Напишите, что сделать ещё, или пришлите фото.`,
      abuse: html`Жаль, что что-то не так. Расскажите, что случилось: ответит человек.`,
    },
    supportButton: '💬 Спросить человека',
    replyGone: html`Файл этого результата уже не достать. Пришлите картинку ещё раз, пожалуйста.`,
  },
}
export type RequestWords = typeof requestRu
