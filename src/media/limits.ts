import { Refused } from '../errors.ts'

/**
 * How much structure a file may have. Every limit lies far above what cameras, phones and encoders write and far below
 * what a parser can be felled with; docs/files.md has the table.
 */
export const most = {
  /** Of a film, wherever they stand. Three hours in fragments of a second have 80,000; a parser takes 5 µs for each. */
  boxes: 100_000,
  /** Boxes in boxes. A real film has 8: moov, trak, mdia, minf, stbl, stsd, an entry and its settings. */
  boxDepth: 10,
  /** What a parser keeps in memory of a film: its tables. Three hours of 30 pictures a second have 10 MB. */
  tableBytes: 12 * 1_048_576,
  /** Of one film. Cameras write up to a dozen. */
  tracks: 100,
  /** Ways of coding in one track. Films that were joined have some. */
  codings: 100,
  /** In fragments, over all tracks. Three hours of 30 pictures and 47 blocks of sound a second have 830,000. */
  samples: 1_000_000,
  /** Names of standards in the first box; they are compared with each other. */
  brandBytes: 1_024,
  /** Of Matroska and WebM, with room left free between them. Three hours in clusters of a tenth of a second are 108,000. */
  clusters: 120_000,
  /** Everything else: tracks, tags, chapters, fonts. A parser takes 30 µs for a tag. */
  elements: 20_000,
  /** Real ones have 7: a compression in a track. Tags may stand in tags. */
  elementDepth: 10,
  /** Fonts and covers beside the film; a parser keeps them in memory three times. */
  attachedBytes: 16 * 1_048_576,
  /** Before the sound of FLAC. Real files have up to a dozen, and some dozens of pictures. */
  blocks: 1_000,
  /** All blocks before the sound, pictures included. */
  blockBytes: 32 * 1_048_576,
  /** A file's notes: title, artist, lyrics, covers in letters. */
  comments: 10_000,
  commentBytes: 12 * 1_048_576,
  /** An hour of Opus with a page for every packet of 20 ms has 180,000; others have a page a second. */
  pages: 250_000,
  /** One after another that go on with what the page before began: a parser joins them, and compares each with all. */
  runPages: 20_000,
  /** With nothing in them: writers flush with one now and then. */
  emptyPages: 1_000,
  /** In one Ogg file, side by side or one after another. Every page asks them all. */
  streams: 64,
  /** Tags of sound one behind the other. Careless writers leave two or three. */
  tags: 16,
  /** Of PNG. The smallest common piece of a picture is 8 KB: 100 MB have 12,800. */
  chunks: 100_000,
  /** Of JPEG, before the picture. A profile and notes of a camera have up to 300. */
  segments: 2_000,
  /** 0xFF between two segments of JPEG. */
  fillBytes: 65_536,
  /** Of WAV and WebP. An animation has one for each of its pictures. */
  riffChunks: 20_000,
  /** Of HEIC and AVIF, with entries of their tables. A photo of 48 megapixels has 2,000. */
  heifBoxes: 20_000,
  /** The table of their items; a phone writes up to 20 KB. */
  heifMetaBytes: 1_048_576,
  /** Tiles, thumbnails, depth, notes. A photo of 48 megapixels has 260. */
  heifItems: 1_000,
  /** Of one picture: 48 megapixels in tiles of 512 × 512 are 192. */
  heifTiles: 600,
  /** Pieces of the file in which items lie. */
  heifExtents: 4_000,
  /** Tags of a page of TIFF; cameras write up to 80. */
  tiffTags: 4_096,
  /** Pages of TIFF: a long fax. */
  tiffPages: 1_000,
  /** Pictures and notes of GIF. */
  gifBlocks: 50_000,
  /** Pieces of at most 255 bytes, of which pictures of GIF consist. 100 MB have 410,000. */
  gifPieces: 2_000_000,
} as const

export const tooMuch = (what: string) => new Refused('not_media', `too many parts: ${what}`)

/** Counts, and throws Refused `not_media` with the first one over the limit. */
export function counter(limit: number, what: string): (n?: number) => void {
  let count = 0
  return (n = 1) => {
    count += n
    if (count > limit) throw tooMuch(`more than ${limit} ${what}`)
  }
}
