/** Words that say what is to be made, after `lead`: greetings, politeness, verbs and adjectives. */
export const outputWords = {
  lead: `
    привет здравствуйте здравствуй добрый день вечер пожалуйста пж плиз ну а и мне нам бы можешь можете можно хочу
    нужно нужна нужен надо сделай сделайте сделать создай создайте создать сгенерируй сгенерируйте сгенерировать
    генерируй снять дай запиши смонтируй придумай короткий короткое короткую короткая небольшой небольшое красивый
    красивое красивую смешной смешное крутое крутой рекламный рекламное из этого мое свое один одно какое нибудь
    sdelay sdelai hi hello hey please pls can could would will you u i id im want wanna need like to make me us
    create generate do give shoot record produce get a an the some my short quick little small funny nice cool 0 sec
    second seconds minute секунд секундное секундный`,
  video: `
    видео видос видосик видик видеоролик видеоклип ролик клип мультик мультфильм мульт анимация анимацию анимации
    гиф гифка гифку video videos vid clip animation gif videoclip`,
  thing: 'camera cameras game games card call conference screen art style tape cassette editor wall icon',
  film: 'сними снимите анимируй оживи оживите animate',
  photo: 'фото фотографию кадр портрет картинку photo picture',
  frame: `
    кадр обложка превью заставка стоп frame still thumbnail cover poster постер icon иконка логотип logo`,
  from: 'из для от на к про of for from my about in on',
  speak: `
    озвуч* проговори начитай надиктуй прочитай_вслух прочти_вслух voice_over voiceover text_to_speech tts narrate
    narration`,
  say: 'прочитай прочитайте прочти читай зачитай скажи скажите произнеси голосом read say speak',
  aloud: 'вслух голосом голос озвучь текст aloud loud voice this text',
  sound: `
    звук звуки звука звуков шум шумы звуковой_эффект звуковые_эффекты zvuk sfx sound_of sounds_of sound_effect
    sound_effects sound_fx noise_of white_noise noises_of`,
}

/** Words beside a photo. `same` changes nothing: the photo itself, politeness is known elsewhere. */
export const photoWords = {
  animate: 'ожив* анимир* animate animated_video movement to_life come_alive make_alive помаш* ozhivi',
  video: 'видео видос видосик видеоролик видеоклип ролик клип анимацию гиф гифку video vid clip gif animation',
  thing: outputWords.thing,
  frame: outputWords.frame,
  let: 'пусть пускай чтобы чтоб заставь let make have',
  motion: `
    маш* мах* танц* двига* двин* шевел* мига* моргн* морга* подмиг* идет пойдет шага* беж* побеж* лет* полет* круж*
    прыга* прыгн* улыб* повернет* говор* заговор* поет споет запо* обним* целу* поцелу* кива* кивн* ожив* смеет*
    смея* дыш* move moves moving wave waves waving dance dances dancing walk walks walking run runs running blink
    blinks wink winks jump jumps sing sings singing talk talks talking nod nods turn turns fly flies breathe laugh
    laughs hug hugs kiss`,
  enlarge: `
    увелич* апскейл* улучш* четче резче четкост* резкост* качеств* качественн* разрешени* крупнее расшакаль
    убери_размытие убрать_размытие upscale* upscaling enlarge enlarged enhance enhanced sharpen sharper unblur
    quality resolution hd fullhd uhd bigger larger high_res 4k 4к 8k 8к 2k 2к remove_blur hires`,
  same: `
    фото фотк* фотку фотографи* картинк* изображени* снимок размер лучше больше выше хорошее хорошем высокое высоком
    максимальн* сделай сделайте сделать подними поднять повысь повысить исправь можешь можете почетче получше
    побольше photo photos picture image pic size better higher high best more make increase improve raise full much
    maximum 0 2x 4x x2 x4`,
  cut: 'убери уберите убрать удали удалите удалить сотри стереть уберем remove erase delete rid',
  cutout: 'вырежи вырежите вырезать обтрави cutout cut_out',
  person: `
    человека девушку парня мужчину женщину ребенка меня объект предмет кота собаку товар фигуру person man woman
    object subject product girl cat dog`,
  ground: 'фон фона фоне фоном бэкграунд background bg backgroud backround fon задний заднего',
  clear: 'прозрачн* без transparent without no',
}

/** Words that ask of a result what its buttons offer; `same` changes nothing. */
export const resultWords = {
  repeat: `
    еще повтор* снова заново опять по_новой again more one_more another repeat redo retry rerun once_more try_again
    povtori eshe esche`,
  enlarge: `${photoWords.enlarge}
    больше побольше`,
  animate: `
    ожив* анимир* animate в_видео to_video into_video into_a_video сделай_видео make_video a_video movement`,
  video: 'видео video',
  same: `${photoWords.same}
    давай давайте пожалуйста пж пжл плиз плз а и ну же мне можно хочу сделай сделайте раз разок разочек один одну
    одна вариант это этот эту ее его в до картинк* фото фотк* надо так то самое please pls it this that the a one
    time do try make now me let lets can you i want to in move image picture photo pic go times version ok ок да`,
}
