// HEIC files made by hand: the boxes around pictures that an encoder once made, so that a test can say what stands in
// them, or lie about it.

const u16 = (n: number) => Buffer.from([(n >> 8) & 255, n & 255])
const u32 = (n: number) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])
export const box = (name: string, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), Buffer.from(name, 'latin1'), body])
}
const full = (name: string, version: number, flags: number, ...parts: Uint8Array[]) =>
  box(name, Buffer.from([version, 0, 0, flags]), ...parts)

export const ispe = (width: number, height: number) => full('ispe', 0, 0, u32(width), u32(height))
/** Turned against the clock, in quarters. */
export const irot = (quarters: number) => box('irot', Buffer.from([quarters]))
/** Upside down (0) or left to right (1). */
export const imir = (axis: 0 | 1) => box('imir', Buffer.from([axis]))

export type Item = {
  type: string
  data: Uint8Array
  /** Boxes that say how to show it. */
  properties: Uint8Array[]
  /** Ids of the items that it is made of, or that it describes. */
  refs?: { type: string; to: number[] }
  /** Where its bytes lie, instead of where they do: pairs of offset and length. */
  extents?: [number, number][]
}

/** A file of these items, numbered from 1; the first is the picture. */
export function heif(items: Item[], { brand = 'heic', primary = 1 } = {}): Buffer {
  const ftyp = box('ftyp', Buffer.from(brand), u32(0), Buffer.from(`mif1${brand}`))
  const meta = (at: number) => metaOf(items, primary, at)
  const at = ftyp.length + meta(0).length + 8
  return Buffer.concat([ftyp, meta(at), box('mdat', ...items.map(({ data }) => data))])
}

function metaOf(items: Item[], primary: number, dataAt: number): Buffer {
  let at = dataAt
  const places = items.map(({ data, extents }) => {
    const own: [number, number][] = extents ?? [[at, data.length]]
    at += data.length
    return own
  })
  const infe = items.map(({ type }, n) => full('infe', 2, 0, u16(n + 1), u16(0), Buffer.from(`${type}\0`)))
  const iloc = places.map((own, n) =>
    Buffer.concat([u16(n + 1), u16(0), u16(own.length), ...own.flatMap(([from, length]) => [u32(from), u32(length)])]),
  )
  // Equal ones stand there once: a decoder takes a hundred at the most.
  const all = new Map(items.flatMap(({ properties }) => properties).map(one => [Buffer.from(one).toString('hex'), one]))
  const keys = [...all.keys()]
  const ipma = items.map(({ properties }, n) => {
    const own = properties.map(one => u16(0x8000 | (keys.indexOf(Buffer.from(one).toString('hex')) + 1)))
    return Buffer.concat([u16(n + 1), Buffer.from([own.length]), ...own])
  })
  const refs = items.flatMap(({ refs }, n) =>
    refs ? [box(refs.type, u16(n + 1), u16(refs.to.length), ...refs.to.map(u16))] : [],
  )
  return full(
    'meta',
    0,
    0,
    full('hdlr', 0, 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
    full('pitm', 0, 0, u16(primary)),
    full('iinf', 0, 0, u16(items.length), ...infe),
    ...(refs.length > 0 ? [full('iref', 0, 0, ...refs)] : []),
    box('iprp', box('ipco', ...all.values()), full('ipma', 0, 1, u32(items.length), ...ipma)),
    full('iloc', 0, 0, Buffer.from([0x44, 0x00]), u16(items.length), ...iloc),
  )
}

/** What a grid consists of: rows and columns of equal pictures, and the size of the whole. */
export const gridOf = (rows: number, columns: number, width: number, height: number): Buffer =>
  Buffer.concat([Buffer.from([0, 1, rows - 1, columns - 1]), u32(width), u32(height)])

type Coded = { data: Buffer; coding: Buffer }

/** The coded picture of a file with one item, and the box that says how it is coded. */
function codedIn(file: Buffer): Coded {
  const at = file.indexOf('hvcC') - 4
  const coding = file.subarray(at, at + file.readUInt32BE(at))
  const mdat = file.lastIndexOf('mdat') + 4
  return { coding, data: file.subarray(mdat) }
}

// 128 × 64 points in four quarters (red, green; blue, yellow), from `heif-enc -q 70` of libheif 1.15 with x265 3.5.
const quarters = [
  'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAA',
  'AAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFmAAEAAAAAAAAAgwAAACNpaW5mAAAAAAABAAAAFWluZmUCAAAAAAEAAGh2YzEAAAAAwmlwcnAAAACk',
  'aXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAA',
  'AwAeoBAgQWW6kkprm4EBAwIAAAMAAgAAAwACECIAAQAHRAHBcrAiQAAAABRpc3BlAAAAAAAAAIAAAABAAAAAEHBpeGkAAAAAAwgICAAAABZpcG1h',
  'AAAAAAAAAAEAAQOBAoMAAACLbWRhdAAAAH8oAa8O4DSDAcnX+w+L//0YdyH83/2Da3kn/Z+m0/xkRP/+YV0yCB1PkPhCBFAELHMdXEB7cFraEI6Z',
  'zwXBd9/xemR+9oaXaPFTiHogLzRnzTkrsL9gquK5UHxx7rZtyT/bCf/+TTxf/GgorXu8xf+of0j/iVQVfpCnXOI/w9jb',
]
// The same with nothing in the right half: it shows through.
const halfClear = [
  'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAkZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAA',
  'AAABAAAANGlsb2MAAAAAREAAAgABAAAAAAJqAAEAAAAAAAAA6AACAAAAAANSAAEAAAAAAAAAIAAAADhpaW5mAAAAAAACAAAAFWluZmUCAAAAAAEA',
  'AGh2YzEAAAAAFWluZmUCAAAAAAIAAGh2YzEAAAABhWlwcnAAAAFgaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEAGEABDAH/',
  '/wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoBAgQWW6kkprm4EBAwIAAAMAAgAAAwACECIAAQAHRAHBcrAiQAAAABRp',
  'c3BlAAAAAAAAAIAAAABAAAAAEHBpeGkAAAAAAwgICAAAAHNodmNDAQQIAAAAAAAAAAAAHvAA/Pz4+AAADwMgAAEAF0ABDAH//wQIAAADAJ/4AAAD',
  'AAAeugJAIQABACdCAQEECAAAAwCf+AAAAwAAHsBAgQWW6kkprmwIAAADAAgAAAMACEAiAAEAB0QBwXKwIkAAAAAUaXNwZQAAAAAAAACAAAAAQAAA',
  'AA5waXhpAAAAAAEIAAAAJ2F1eEMAAAAAdXJuOm1wZWc6aGV2YzoyMDE1OmF1eGlkOjEAAAAAHWlwbWEAAAAAAAAAAgABA4ECgwACBIQFhocAAAAa',
  'aXJlZgAAAAAAAAAOYXV4bAACAAEAAQAAARBtZGF0AAAA5CgBrw7gNIMBydf7D4v//Rh3Ifzf/YNreSf9n6bT/GRE//5hXTIIHU+Q+EIEUAQscx1c',
  'QHtwWtoQjpnPBcF33/F6ZH72hpdo8VOIeiAvNGfNOSuwv2Cq4rlQfHHupsCcSp/5TSM4+g2j/+XeGq1MAmN/8TUpVS5FyejHuS1tCAu/2LLjxrSq',
  'XDXCUuTE9yeUAJDwjGjUdA1tPZ7lZZFOimoKluBJG8Heg+FjUF3J9hZYIop1njwwlDdsOm7J46YFNfPBKm7s4t7LkeAxmYfkOEsnnir+K+5LubEB',
  'WDsh/FS8ceyoMAAAABwoAa4dwFUn8hm/5X66khBWw/++Oy07Zf9g+bbg',
]
const decoded = (lines: string[]) => Buffer.from(lines.join(''), 'base64')

/** A photo as an encoder writes it. */
export const heicFile = decoded(quarters)
export const clearHeicFile = decoded(halfClear)
/** Its picture alone, 128 × 64 points, to be put into boxes of a test's own. */
export const coded: Coded = codedIn(heicFile)
