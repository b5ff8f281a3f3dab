import { randomBytes } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * Returns a new row id: 12 characters of lower-case base32, 60 random bits. It fits a button and a callback address.
 */
export const newId = (): string => Array.from(randomBytes(12), byte => alphabet[byte & 31]).join('')

export const isId = (text: string): boolean => /^[a-z2-7]{12}$/.test(text)

/** The short form of an id for people: «№ 7k2m». */
export const shortId = (id: string): string => id.slice(-4)
