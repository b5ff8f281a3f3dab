import { DETAILS, EVOLINK, IMAGE_4O, RECORDED, SORA_ERRORS, VERTEX, WAVESPEED } from './sources.ts'
import type { Wording } from './wording.ts'

/** The model failed or was too slow; at the end, what tells nothing. */
export const ofModel: readonly Wording[] = [
  {
    is: 'slow',
    sign: /time(d |s )? ?out|deadline exceeded|time limit|took too long|no result for over/,
    said: 'Request timeout…',
    from: RECORDED,
  },
  { is: 'slow', said: 'Upstream returned no result for over 10 minutes', from: DETAILS },
  {
    is: 'fault',
    sign: /internal (server )?error|server (is )?(error|busy)|service (is )?(temporarily )?unavailable|service error|(try|retry) (it )?again/,
    said: 'Internal Error, Please try again later.',
    from: RECORDED,
  },
  { is: 'fault', said: 'service_error', from: EVOLINK },
  {
    is: 'fault',
    sign: /(task|generation|request|job|run|execution|inference|rendering) ?(has |was |execution )?(failed|crashed|aborted)|failed to (generate|render|create|edit|get user token)|generate failed|could not be completed/,
    said: 'Playground task failed.',
    from: 'docs/providers/kie.md, Refusals',
  },
  { is: 'fault', said: 'Failed to generate image', from: IMAGE_4O },
  { is: 'fault', said: 'The task could not be completed.', from: WAVESPEED },
  {
    is: 'fault',
    sign: /no (image|video|audio|output|content|result|data) (data )?(was |were |has been )?(returned|generated|produced|found)|returned no|empty (response|result)|invalid (json )?response|out of memory|access violation|segmentation fault|exception|connection (reset|refused|closed|lost)/,
    said: 'Vertex AI Gemini image generation failed: No image data returned from Vertex AI',
    from: VERTEX,
  },

  // ── What tells nothing. ──
  { is: 'unknown', said: 'null', from: IMAGE_4O },
  { is: 'unknown', said: "Hmmm something didn't look right with your request.", from: SORA_ERRORS },
  { is: 'unknown', said: 'unknown_error', from: EVOLINK },
]
