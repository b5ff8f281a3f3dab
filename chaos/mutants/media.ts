import type { Mutant } from './mutant.ts'

/** Limits on files that people send. */
export const media: Mutant[] = [
  {
    what: 'boxes may stand in boxes without end',
    file: 'src/media/bounds/boxes.ts',
    find: "if (depth > most.boxDepth) throw tooMuch('boxes in boxes')",
    replace: '',
    test: 'media/hostile',
  },
  {
    what: 'a count of samples without a byte is believed',
    file: 'src/media/bounds/boxes.ts',
    find: 'return fields === 0 ? count :',
    replace: 'return fields === 0 ? 0 :',
    test: 'media/hostile',
  },
  {
    what: 'the memory of the process that looks at files is not watched',
    file: 'src/media/process.ts',
    find: 'if (now.rssMb > limits.rssMb)',
    replace: 'if (now.rssMb < 0)',
    test: 'media/hostile',
  },
  {
    what: 'one person’s files take the turns of everybody',
    file: 'src/media/turns.ts',
    find: 'if (waiting.delete(owner)) waiting.set(owner, all!)',
    replace: '',
    test: 'media/hostile',
  },
  {
    what: 'a picture is decoded whatever its pixels',
    file: 'src/media/bounds/heif.ts',
    find: 'if (area > 0 && area <= maxPixels) return area',
    replace: 'return area',
    test: 'media/convert',
  },
  {
    what: 'all pictures of a file are decoded',
    file: 'src/media/convert/picture.ts',
    find: 'frameIndex: 0, frameCount: 1 })',
    replace: '})',
    test: 'media/convert',
  },
]
