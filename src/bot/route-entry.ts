// Parts of `callback_data` as patterns.
export const id = '[a-z2-7]{12}'
export const key = '[a-z0-9-]{1,41}'
export const page = '\\d{1,2}'
export const count = '\\d{1,9}'
export const person = '\\d{1,15}'

/** How the data of one kind of button is written, recognised, and read back from its parts between the colons. */
export type Entry<Args extends unknown[]> = {
  to: (...args: Args) => string
  shape: RegExp
  from: (parts: string[]) => Args
}

export const route = <Args extends unknown[]>(
  pattern: string,
  to: Entry<Args>['to'],
  from: Entry<Args>['from'],
): Entry<Args> => ({
  to,
  shape: new RegExp(`^${pattern}$`),
  from,
})

export const plain = (data: string) =>
  route<[]>(
    data,
    () => data,
    () => [],
  )

export const part = (parts: string[], n: number) => parts[n] ?? ''
