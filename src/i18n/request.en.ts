import { type Html, html } from '../telegram/html.ts'
import { pluralEn } from './format.ts'
import type { RequestWords } from './request.ru.ts'
import type { UnusedFacts } from './request.ts'

export const requestEn: RequestWords = {
  request: {
    understood: {
      image: 'A picture from your words',
      video: 'A video from your words',
      speech: 'Your text read aloud',
      sound: 'A sound from your words',
      edit: 'Change the photo as you say',
      animate: 'Bring the photo to life',
      enlarge: 'Enlarge the photo',
      cutout: 'Remove the background',
      talk: 'The photo will speak with your voice',
      clean: 'Remove noise from the recording',
      remake: 'Change the video as you say',
      unmark: 'Remove the Sora watermark',
    },
    usualText: {
      animate: 'Bring the photo to life: gentle natural motion, the camera slowly moves closer',
      talk: 'A person speaks to the camera with natural facial expressions',
    },
    askPhoto: (photos: number): Html =>
      html`<b>What should I do with ${photos > 1 ? `these ${photos} photos` : 'this photo'}?</b>
Say it in words, for example: “make it a sunset”. Or choose:`,
    askPhotoVoice: html`Send a voice message and the photo will speak.`,
    askFilm: html`<b>What should I change in this video?</b>
Say it in words, for example: “make it winter outside”.
A video made here can be enlarged: use the button below it.`,
    cleanAlone: html`Or send a photo: it will speak with this voice.`,
    wishButtons: { animate: '✨ Animate', enlarge: '🔍 Enlarge', cutout: '✂️ Cut out', style: '🎨 Cartoon' },
    styleText: 'Redraw it as a bright hand-drawn cartoon, keep the faces and the composition',
    taskButtons: { image: '🖼 Picture', video: '🎬 Video', speech: '🎙 Speech' },
    priced: (name: string, price: string | undefined) => (price === undefined ? name : `${name} · ${price}`),
    otherModelButton: '🔀 Other model',
    tuneButton: '⚙️ Settings',
    toPriceButton: '‹ To the price',
    backButton: '↩️ Back to your request',
    models: (task: string): Html => html`<b>${task}</b>
The same request with other models, and its price:`,
    unusedFiles: ({ files, of }: UnusedFacts): Html =>
      html`⚠️ The model does not take everything: ${files} of ${of} ${pluralEn(of, 'file', 'files')} will be left out.`,
    unusedText: html`Words are not needed here: the model takes the file only.`,
    cutAfter: (tail: string): Html => html`⚠️ The text is longer than the model takes: it is used up to “…${tail}”.`,
    noModel: html`No model for this is available right now. Your request is saved, please try again a little later.`,
    noFileAtLink: html`The link does not lead to a photo, a video or a sound, so it stays a part of the words.`,
    tooMany: (most: number): Html => html`⚠️ A request holds at most ${most} messages; this one was left out.`,
    describeButton: '✍️ It describes a picture',
    intents: {
      refund: html`<b>Money</b>
When a run fails, its money comes back by itself, at once. “Balance” and every run show where it is now. If something does not add up, ask: a person will answer.`,
      whereNothing: html`Nothing is being made right now. Everything that is ready is in “History”.`,
      where: (n: number): Html =>
        html`${n} ${pluralEn(n, 'run is', 'runs are')} under way. I will send the result here as soon as it is ready.`,
      price: html`<b>What it costs</b>
You see the exact price before every start. Write what to make or send a photo, or look at the prices in the list.`,
      greeting: (name: string): Html =>
        html`Hello, ${name}! Write what to draw or send a photo: you will see the price at once.`,
      thanks: html`Glad to help! Write what to make next, or send a photo.`,
      abuse: html`Sorry that something is wrong. Tell us what happened: a person will answer.`,
    },
    supportButton: '💬 Ask a person',
    replyGone: html`The file of this result can no longer be fetched. Please send the picture again.`,
  },
}
