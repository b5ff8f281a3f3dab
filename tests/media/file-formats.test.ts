// What people may send is written in one place, and nothing that they read promises more, or advises what is not taken.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { formatNames } from '../../src/catalogue/files.ts'
import { loadModels } from '../../src/catalogue/models.ts'
import { orderingRu } from '../../src/i18n/ordering.ru.ts'
import { stringsFor } from '../../src/i18n/strings.ts'
import { foreignOf } from '../../src/media/foreign.ts'
import {
  codeByName,
  codeOf,
  convertedFormats,
  convertedTo,
  foreignIn,
  foreignKeys,
  plainFormats,
  saveAs,
} from '../../src/media/formats.ts'
import { knownTypes } from '../../src/media/inspect.ts'
import { toPlain } from '../../src/telegram/html.ts'

const models = loadModels()
const fileParams = models.flatMap(model => model.params.filter(({ formats }) => formats))
const takenNames = new Set([...plainFormats, ...convertedFormats].map(({ name }) => name))
const foreignNames = new Set(foreignKeys().map(key => foreignIn(codeOf(key))!.name))
// Words in capitals that are names of formats, in any text.
const formatWords = [...takenNames, ...foreignNames, 'JPG', 'TIF', 'M4V', 'OPUS', '3GP', 'GIF']
const mentioned = (text: string) =>
  formatWords.filter(word => new RegExp(`(?<![\\p{L}\\d])${word}(?![\\p{L}\\d])`, 'u').test(text))

t.test('the list is what is known by content, and the other way round', async t => {
  const detected = new Set(knownTypes.map(({ mime }) => mime))
  t.strictSame([...detected].sort(), plainFormats.map(({ mime }) => mime).sort())
})

t.test('every list of formats holds what is taken for the question, and nothing else', async t => {
  for (const param of fileParams) {
    const names = formatNames(param).split(', ')
    t.ok(names.length > 0 && names.every(name => takenNames.has(name)), names.join())
    t.ok(
      names.every(name =>
        [...plainFormats, ...convertedFormats].some(one => one.name === name && param.accept!.includes(one.kind)),
      ),
    )
    if (param.accept!.includes('image')) {
      for (const { name } of convertedFormats) t.ok(names.includes(name), `${name} for ${param.name}`)
      t.ok(
        convertedTo.every(mime => param.formats!.includes(mime)),
        'and what those become',
      )
    }
    t.equal(new Set(names).size, names.length)
  }
  const image = fileParams.find(({ accept }) => accept!.includes('image'))!
  t.equal(formatNames(image), 'JPEG, PNG, WEBP, HEIC, AVIF, TIFF, BMP')
})

t.test('what is advised is taken by every model with files of that kind', async t => {
  for (const param of fileParams) {
    const names = formatNames(param).split(', ')
    if (param.accept!.includes('image')) t.ok(names.includes(saveAs.image) && names.includes(saveAs.drawing))
    if (param.accept!.includes('video')) t.ok(names.includes(saveAs.video))
    if (param.accept!.includes('audio')) t.ok(names.includes(saveAs.audio))
  }
})

t.test('each format that cannot be taken is named, with what to do, in both languages', async t => {
  for (const key of foreignKeys()) {
    const foreign = foreignIn(codeOf(key))!
    t.notOk(takenNames.has(foreign.name), `${foreign.name} is not among those that are taken`)
    const ru = toPlain(stringsFor('ru').wizard.foreign(foreign, saveAs))
    t.match(ru, new RegExp(`^Это ${foreign.name}, .+\\. (Сохраните|Распакуйте|Пришлите) .+\\.$`))
    t.match(toPlain(stringsFor('en').wizard.foreign(foreign, saveAs)), new RegExp(`^This is ${foreign.name}, .+\\.$`))
    const advised = mentioned(ru.replace(`Это ${foreign.name}`, ''))
    t.ok(
      advised.every(name => takenNames.has(name)),
      ru,
    )
  }
  t.equal(
    toPlain(orderingRu.wizard.foreign(foreignIn('format_wma')!, saveAs)),
    'Это WMA, такой звук бот не принимает. Сохраните его как MP3 и пришлите снова.',
  )
})

t.test('no other text names a format: a list in it would grow old', async t => {
  const files = ['ordering', 'navigation', 'prompts', 'paying', 'gifts'].flatMap(name => [
    `${name}.ru.ts`,
    `${name}.en.ts`,
  ])
  for (const file of files) {
    const text = readFileSync(new URL(`../../src/i18n/${file}`, import.meta.url), 'utf8')
    // CSV is what a statement is.
    t.strictSame(mentioned(text), [], file)
  }
  const told = models.flatMap(({ description, params }) => [
    description,
    ...params.flatMap(({ label, hint }) => [label, hint]),
  ])
  for (const text of told) {
    for (const line of [text?.ru ?? '', text?.en ?? '']) {
      t.ok(
        mentioned(line).every(name => takenNames.has(name) || !foreignNames.has(name)),
        line,
      )
    }
  }
})

t.test('formats are known by their first bytes, whatever the file is called', async t => {
  const hex = (text: string) => Buffer.from(text, 'hex')
  const latin = (text: string) => Buffer.from(text, 'latin1')
  const asf = hex('3026b2758e66cf11a6d900aa0062ce6c')
  const zip = (name: string) => latin(`PK\x03\x04${'\0'.repeat(26)}${name}`)
  const heads: [string, Buffer][] = [
    ['wma', asf],
    ['wmv', Buffer.concat([asf, Buffer.alloc(100), hex('c0ef19bc4d5bcf11a8fd00805f5c442b')])],
    ['caf', latin('caff\0\x01')],
    ['aiff', latin('FORM\0\0\0\0AIFF')],
    ['aiff', latin('FORM\0\0\0\0AIFC')],
    ['amr', latin('#!AMR-WB\n')],
    ['avi', latin('RIFF\0\0\0\0AVI LIST')],
    ['flv', latin('FLV\x01\x05')],
    ['mpg', hex('000001ba44')],
    ['ts', Buffer.concat(Array.from({ length: 4 }, () => Buffer.concat([latin('G'), Buffer.alloc(187)])))],
    ['cr2', latin('II*\0\x10\0\0\0CR\x02\0')],
    ['cr3', latin('\0\0\0\x18ftypcrx \0\0\0\x01')],
    ['raf', latin('FUJIFILMCCD-RAW 0201')],
    ['orf', latin('IIRO\x08\0\0\0')],
    ['svg', latin('<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="http://www.w3.org/2000/svg">')],
    ['svg', latin('\xef\xbb\xbf<svg width="1">')],
    ['pdf', latin('%PDF-1.7')],
    ['docx', zip('[Content_Types].xmlPK\x03\x04word/document.xml')],
    ['xlsx', zip('[Content_Types].xmlPK\x03\x04xl/workbook.xml')],
    ['epub', zip('mimetypeapplication/epub+zip')],
    ['zip', zip('photo.jpg')],
    ['office', hex('d0cf11e0a1b11ae1')],
    ['rar', latin('Rar!\x1a\x07\x01\0')],
    ['7z', hex('377abcaf271c')],
    ['gz', hex('1f8b08')],
    ['psd', latin('8BPS\0\x01')],
    ['jxl', hex('ff0a')],
    ['exe', latin('MZ\x90\0')],
  ]
  for (const [key, head] of heads) {
    t.equal(foreignOf(head), key)
    t.ok(foreignIn(codeOf(key)), key)
  }
  for (const head of ['', '<html>', '<?xml version="1.0"?><a/>', 'просто текст', '\0\0\0\0']) {
    t.equal(foreignOf(Buffer.from(head)), undefined, head)
  }
})

t.test('where only the name is known it says what it can', async t => {
  const names: [string | undefined, string | undefined][] = [
    ['Голос.WMA', 'wma'],
    ['clip.final.mts', 'ts'],
    ['отчёт.doc ', 'office'],
    ['фото.heic', undefined],
    ['film.mp4', undefined],
    ['без точки', undefined],
    ['.wma.', undefined],
    [undefined, undefined],
    ['x.constructor', undefined],
    [`${'a'.repeat(9)}.${'b'.repeat(500)}`, undefined],
  ]
  for (const [name, key] of names) t.equal(codeByName(name), key && codeOf(key), String(name))
  t.equal(foreignIn('not_media'), undefined)
  t.equal(foreignIn('format_nonsense'), undefined)
})
