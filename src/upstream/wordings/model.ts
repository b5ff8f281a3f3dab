import { DETAILS, EVOLINK, IMAGE_4O, RECORDED, SORA_ERRORS, VERTEX, WAVESPEED } from './sources.ts'
import type { Wording } from './wording.ts'

/** The model failed or was too slow. The last rows carry no information. */
export const ofModel: readonly Wording[] = [
  {
    is: 'slow',
    sign: /time(d |s )? ?out|deadline exceeded|time limit|took too long|no result for over/,
    text: 'Request timeout…',
    from: RECORDED,
  },
  { is: 'slow', text: 'Upstream returned no result for over 10 minutes', from: DETAILS },
  {
    is: 'fault',
    sign: /internal (server )?error|server (is )?(error|busy)|service (is )?(temporarily )?unavailable|service error|(try|retry) (it )?again/,
    text: 'Internal Error, Please try again later.',
    from: RECORDED,
  },
  { is: 'fault', text: 'service_error', from: EVOLINK },
  {
    is: 'fault',
    sign: /(task|generation|request|job|run|execution|inference|rendering) ?(has |was |execution )?(failed|crashed|aborted)|failed to (generate|render|create|edit|get user token)|generate failed|could not be completed/,
    text: 'Playground task failed.',
    from: 'docs/providers/kie.md, Refusals',
  },
  { is: 'fault', text: 'Failed to generate image', from: IMAGE_4O },
  { is: 'fault', text: 'The task could not be completed.', from: WAVESPEED },
  {
    is: 'fault',
    sign: /no (image|video|audio|output|content|result|data) (data )?(was |were |has been )?(returned|generated|produced|found)|returned no|empty (response|result)|invalid (json )?response|out of memory|access violation|segmentation fault|exception|connection (reset|refused|closed|lost)/,
    text: 'Vertex AI Gemini image generation failed: No image data returned from Vertex AI',
    from: VERTEX,
  },

  // ── Texts without information. ──
  { is: 'unknown', text: 'null', from: IMAGE_4O },
  { is: 'unknown', text: "Hmmm something didn't look right with your request.", from: SORA_ERRORS },
  { is: 'unknown', text: 'unknown_error', from: EVOLINK },
]
