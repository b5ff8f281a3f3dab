import { useState } from 'preact/hooks'
import { fileUrl } from '../dialog.js'
import { html, Icon } from '../html.js'
import { words } from '../words.js'
import { Inline, plainOf, RichKey } from './rich-inline.js'

/**
 * A message of blocks. As in Telegram's clients, a table wider than the bubble scrolls inside of it, details unfold, and a
 * slideshow shows one picture at a time.
 */
export function RichBlocks({ rich, message, act }) {
  return html`<div data-testid="rich" dir=${rich.is_rtl ? 'rtl' : 'auto'}>
    <${Blocks} blocks=${rich.blocks} of=${{ message, act }} />
  </div>`
}

function Blocks({ blocks, of }) {
  return html`<div class="blocks">${blocks.map((block, n) => html`<${Block} key=${n} block=${block} of=${of} />`)}</div>`
}

const shapes = {
  paragraph: ({ block, of }) => html`<p><${Inline} text=${block.text} of=${of} /></p>`,
  heading: ({ block, of }) =>
    html`<h3 style=${{ '--size': block.size }}><${Inline} text=${block.text} of=${of} /></h3>`,
  pre: ({ block, of }) => html`<div class="rich"><pre><${Inline} text=${block.text} of=${of} /></pre></div>`,
  footer: ({ block, of }) => html`<footer><${Inline} text=${block.text} of=${of} /></footer>`,
  divider: () => html`<hr />`,
  mathematical_expression: ({ block }) => html`<p><code>${block.expression}</code></p>`,
  anchor: () => null,
  list: ({ block, of }) => html`<ul>${block.items.map(item => html`<${Item} item=${item} of=${of} />`)}</ul>`,
  blockquote: ({ block, of }) =>
    html`<blockquote><${Blocks} blocks=${block.blocks} of=${of} /><${Credit} text=${block.credit} of=${of} /></blockquote>`,
  expandable_blockquote: ({ block, of }) =>
    html`<blockquote><${Inline} text=${block.text} of=${of} /><${Credit} text=${block.credit} of=${of} /></blockquote>`,
  pullquote: ({ block, of }) =>
    html`<blockquote class="pull"><${Inline} text=${block.text} of=${of} /><${Credit} text=${block.credit} of=${of} /></blockquote>`,
  collage: ({ block, of }) =>
    html`<figure data-testid="collage"><div class="tiles">${block.blocks.map(one => html`<${File} block=${one} of=${of} />`)}</div><${Caption} caption=${block.caption} of=${of} /></figure>`,
  slideshow: Slideshow,
  table: Table,
  details: ({ block, of }) =>
    html`<details open=${block.is_open === true} data-testid="details"><summary><${Inline} text=${block.summary} of=${of} /></summary><${Blocks} blocks=${block.blocks} of=${of} /></details>`,
  map: ({ block, of }) =>
    html`<figure>${words.rich.map}: ${block.location.latitude}, ${block.location.longitude}<${Caption} caption=${block.caption} of=${of} /></figure>`,
  buttons: ({ block, of }) =>
    html`<div class="rich-row" style=${{ justifyContent: block.align ?? 'left' }}>${block.buttons.map(one => html`<${RichKey} button=${one} of=${of} />`)}</div>`,
}

function Block({ block, of }) {
  const shape = shapes[block.type]
  if (shape) return html`<${shape} block=${block} of=${of} />`
  return html`<figure><${File} block=${block} of=${of} /><${Caption} caption=${block.caption} of=${of} /></figure>`
}

function Item({ item, of }) {
  const box = item.is_checked ? '☑' : '☐'
  return html`<li><span>${item.has_checkbox ? box : item.label}</span><${Blocks} blocks=${item.blocks} of=${of} /></li>`
}

function Table({ block, of }) {
  const { cells, caption, is_bordered, is_striped, is_compact } = block
  const looks = [is_bordered && 'bordered', is_striped && 'striped', is_compact && 'compact'].filter(Boolean)
  // A reader with the keyboard scrolls it too.
  return html`<div class="grid" tabindex="0" role="group" aria-label=${plainOf(caption)} data-testid="table">
    <table class=${looks.join(' ')}>
      ${caption && html`<caption><${Inline} text=${caption} of=${of} /></caption>`}
      <tbody>${cells.map(row => html`<tr>${row.map(cell => html`<${Cell} cell=${cell} of=${of} />`)}</tr>`)}</tbody>
    </table>
  </div>`
}

function Cell({ cell, of }) {
  const tag = cell.is_header ? 'th' : 'td'
  const style = { textAlign: cell.align, verticalAlign: cell.valign }
  return html`<${tag} colspan=${cell.colspan} rowspan=${cell.rowspan} style=${style}><${Inline} text=${cell.text} of=${of} /></${tag}>`
}

function Slideshow({ block, of }) {
  const [shown, setShown] = useState(0)
  const all = block.blocks.length
  const turn = by => () => setShown((shown + by + all) % all)
  return html`<figure data-testid="slideshow">
    <${File} key=${shown} block=${block.blocks[shown]} of=${of} />
    <div class="slide-turns">
      <button class="round" aria-label=${words.rich.previous} onClick=${turn(-1)}><${Icon} name="back" /></button>
      <span>${words.rich.of(shown + 1, all)}</span>
      <button class="round" aria-label=${words.rich.next} onClick=${turn(1)}><${Icon} name="next" /></button>
    </div>
    <${Caption} caption=${block.caption} of=${of} />
  </figure>`
}

function File({ block, of }) {
  const { type } = block
  if (type === 'photo') {
    const fileId = block.photo.at(-1).file_id
    const open = () => of.act.view([{ fileId, kind: 'photo', fileName: '' }], 0)
    return html`<button class="picture" data-testid="photo" aria-label=${words.chat.openPhoto} onClick=${open}><img src=${fileUrl(fileId)} alt="" loading="lazy" /></button>`
  }
  const { file_id: fileId, file_name: name = '' } = block[type]
  if (type === 'video' || type === 'animation') {
    const loops = type === 'animation'
    return html`<video src=${fileUrl(fileId)} controls playsinline preload="metadata" loop=${loops} muted=${loops} aria-label=${words.media.video}></video>`
  }
  if (type === 'document') return html`<a href=${fileUrl(fileId, true)} download=${name}>${name}</a>`
  return html`<audio src=${fileUrl(fileId)} controls preload="metadata" aria-label=${words.media.audio}></audio>`
}

const Credit = ({ text, of }) => text && html`<cite><${Inline} text=${text} of=${of} /></cite>`
const Caption = ({ caption, of }) =>
  caption &&
  html`<figcaption><${Inline} text=${caption.text} of=${of} /><${Credit} text=${caption.credit} of=${of} /></figcaption>`
