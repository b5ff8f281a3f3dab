// Controls, format characters (zero widths, directions, tags, the soft hyphen), marks without their letter, characters
// that Unicode says to ignore (variation selectors, Hangul fillers), and the empty Braille pattern, which is classed as
// a symbol.
const unseen = /[\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]+/gu

/** Returns the text without invisible characters. Use it to count, not to send: a joiner is part of its emoji. */
export const visible = (text: string): string => text.replace(unseen, '').trim()

/** Returns whether a reader would see nothing at all. */
export const isBlank = (text: string): boolean => visible(text) === ''
