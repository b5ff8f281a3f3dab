/**
 * How the data of a button is written and parsed. Telegram allows 64 bytes, a client can send any string, and a button
 * lives for ever. So arguments are short and plain, and all are checked when parsed.
 */
export const id = '[a-z2-7]{12}'
export const key = '[a-z0-9-]{1,41}'
export const page = '\\d{1,2}'
export const count = '\\d{1,9}'
export const person = '\\d{1,15}'

type Entry<Args extends unknown[]> = {
  to: (...args: Args) => string
  shape: RegExp
  from: (parts: string[]) => Args
}
/** A button whose data has this pattern. */
export const route = <Args extends unknown[]>(
  pattern: string,
  to: Entry<Args>['to'],
  from: Entry<Args>['from'],
): Entry<Args> => ({
  to,
  shape: new RegExp(`^${pattern}$`),
  from,
})
/** A button without arguments. */
export const plain = (data: string) =>
  route<[]>(
    data,
    () => data,
    () => [],
  )
export const part = (parts: string[], n: number) => parts[n] ?? ''
