// Controls, formats (zero widths, directions, tags, the soft hyphen), marks without their letter, what Unicode says to
// ignore (variation selectors, Hangul fillers), and the empty Braille pattern, which is a symbol by its class.
const unseen = /[\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]+/gu

/** The text without what nobody sees: to be counted, not to be sent on, since a joiner within an emoji is part of it. */
export const visible = (text: string): string => text.replace(unseen, '').trim()

/** Whether a reader would see nothing at all. */
export const isBlank = (text: string): boolean => visible(text) === ''
