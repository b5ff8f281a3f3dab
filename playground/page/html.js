import htm from 'htm'
import { h } from 'preact'

export const html = htm.bind(h)

const shapes = {
  attach: 'M20 11.5 12.2 19.3a5 5 0 0 1-7.1-7.1l8.1-8.1a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0 1-2.4-2.4L14.7 7.2',
  send: 'M4 12 20 4.5 14.5 20l-3-6.5L4 12Zm7.5 1.5L20 4.5',
  menu: 'M4 7h16M4 12h16M4 17h10',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9a6 6 0 0 1 12 0M16 4.5a3.5 3.5 0 0 1 0 6.5M17.5 14.5A6 6 0 0 1 21 20',
  office: 'M4 5h16v14H4zM4 10h16M10 10v9',
  hint: 'M9.5 18h5M10.5 21h3M12 3a6 6 0 0 0-3.6 10.8c.7.6 1.1 1.3 1.1 2.2h5c0-.9.4-1.6 1.1-2.2A6 6 0 0 0 12 3Z',
  more: 'M12 6h.01M12 12h.01M12 18h.01',
  react: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM9 10h.01M15 10h.01M8.5 14a4 4 0 0 0 7 0',
  reply: 'M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 6',
  forward: 'M14 6l6 6-6 6M20 12h-9a7 7 0 0 0-7 6',
  edit: 'M5 19l.8-3.8L16 5l3 3L8.8 18.2 5 19ZM14 7l3 3',
  copy: 'M8 8h11v12H8zM5 16V4h11',
  close: 'M6 6l12 12M18 6 6 18',
  down: 'M12 5v14m-6-6 6 6 6-6',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  plus: 'M12 5v14M5 12h14',
  photo: 'M4 6h16v12H4zM4 15l4.5-4 4 3.5L15.5 12 20 16M15.5 9.2h.01',
  file: 'M7 3.5h7l4 4v13H7zM14 3.5v4h4',
  audio: 'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z',
  video: 'M4 6.5h11v11H4zM15 11l5-3v8l-5-3',
  voice: 'M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4ZM6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3',
  download: 'M12 4v11m-5-4.5 5 4.5 5-4.5M5 20h14',
}

/** A line drawing of ours, 24 × 24, in the colour of the text. */
export function Icon({ name, size = 22 }) {
  return html`<svg class="icon" viewBox="0 0 24 24" width=${size} height=${size} aria-hidden="true"><path d=${shapes[name]} /></svg>`
}
