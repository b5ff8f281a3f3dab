import { Refused } from '../errors.ts'

/**
 * Limits for the structure of a file. Each is far above what cameras, phones and encoders write and far below what can
 * crash a parser; docs/files.md has the table.
 */
export const most = {
  /** MP4 boxes at any depth. Three hours in fragments of a second have 80,000. A parser takes 5 µs for each. */
  boxes: 100_000,
  /** Nested boxes. A real file has 8 levels: moov, trak, mdia, minf, stbl, stsd, an entry and its settings. */
  boxDepth: 10,
  /** Tables, which a parser keeps in memory. Three hours at 30 frames a second have 10 MB. */
  tableBytes: 12 * 1_048_576,
  /** Tracks in one file. Cameras write up to a dozen. */
  tracks: 100,
  /** Codings in one track. Joined videos have several. */
  codings: 100,
  /** Samples in fragments, over all tracks. Three hours at 30 frames and 47 audio blocks a second have 830,000. */
  samples: 1_000_000,
  /** Brands in the first box. A parser compares them with each other. */
  brandBytes: 1_024,
  /**
   * Clusters of Matroska and WebM, including free space between them. Three hours in clusters of a tenth of a second
   * have 108,000.
   */
  clusters: 120_000,
  /** Other elements: tracks, tags, chapters, fonts. A parser takes 30 µs for a tag. */
  elements: 20_000,
  /** Nested elements. Real files have 7 levels: a compression in a track. Tags may contain tags. */
  elementDepth: 10,
  /** Attached fonts and covers. A parser keeps them in memory three times. */
  attachedBytes: 16 * 1_048_576,
  /** FLAC blocks before the audio. Real files have up to a dozen, plus some dozens of pictures. */
  blocks: 1_000,
  /** Bytes of all blocks before the audio, pictures included. */
  blockBytes: 32 * 1_048_576,
  /** Comments: title, artist, lyrics, covers as text. */
  comments: 10_000,
  commentBytes: 12 * 1_048_576,
  /** Ogg pages. An hour of Opus with a page per 20 ms packet has 180,000. Most encoders write a page a second. */
  pages: 250_000,
  /** Consecutive pages of one packet. A parser joins them and compares each with all. */
  runPages: 20_000,
  /** Empty pages. Encoders write one now and then to flush. */
  emptyPages: 1_000,
  /** Streams in one Ogg file, in parallel or in sequence. Each page is compared with all. */
  streams: 64,
  /** Consecutive audio tags. Careless programs leave two or three. */
  tags: 16,
  /** PNG chunks. The smallest common data chunk is 8 KB: 100 MB have 12,800. */
  chunks: 100_000,
  /** JPEG segments before the picture. A profile and a camera's notes take up to 300. */
  segments: 2_000,
  /** 0xFF bytes between two JPEG segments. */
  fillBytes: 65_536,
  /** WAV and WebP chunks. An animation has one per frame. */
  riffChunks: 20_000,
  /** HEIC and AVIF boxes, including table entries. A photo of 48 megapixels has 2,000. */
  heifBoxes: 20_000,
  /** The table of items. A phone writes up to 20 KB. */
  heifMetaBytes: 1_048_576,
  /** Items: tiles, thumbnails, depth, notes. A photo of 48 megapixels has 260. */
  heifItems: 1_000,
  /** Tiles of one picture. 48 megapixels in tiles of 512 × 512 are 192. */
  heifTiles: 600,
  /** Extents: the parts of the file that hold items. */
  heifExtents: 4_000,
  /** Tags of one TIFF page. Cameras write up to 80. */
  tiffTags: 4_096,
  /** TIFF pages: a long fax. */
  tiffPages: 1_000,
  /** Pictures and notes of GIF. */
  gifBlocks: 50_000,
  /** GIF blocks of at most 255 bytes. 100 MB have 410,000. */
  gifPieces: 2_000_000,
} as const

export const tooMuch = (what: string) => new Refused('not_media', `too many parts: ${what}`)

/** Returns a counter. It throws Refused `not_media` at the first item above the limit. */
export function counter(limit: number, what: string): (n?: number) => void {
  let count = 0
  return (n = 1) => {
    count += n
    if (count > limit) throw tooMuch(`more than ${limit} ${what}`)
  }
}
