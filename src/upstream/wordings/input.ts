import { DASHSCOPE, EVOLINK, FAL, IMAGE_4O, OPENAI_IMAGE, RECORDED, STEPFUN, VEO, WAVESPEED } from './sources.ts'
import type { Wording } from './wording.ts'

// Words for files. Without one of them, a sign about a file would match too much.
const FILE = '(file|image|picture|photo|video|audio|media|url|link|resource|mask|frame)s?'

/** The input does not fit the model's requirements. */
export const ofInput: readonly Wording[] = [
  {
    is: 'input',
    sign: new RegExp(
      `(failed|unable|couldn't|could not|cannot|can't|error|fail) (to |while |when )?(get|fetch|download|load|read|open|decode|parse|access|process|retriev|identify)(e|ed|ing)? (the |this |your |from |provided |given |input |source |reference |any |an? )*${FILE}|(fetch|download|load|read|decod|pars)(ed|e|ing)? (the |this |your |an? )?${FILE}( has| was)? fail`,
    ),
    text: 'Failed to fetch the image. Kindly verify any access limits set by you or your service provider.',
    from: VEO,
  },
  { is: 'input', text: 'Failed to get the file information', from: RECORDED },
  { is: 'input', text: "We couldn't process the provided image file (code=invalid_image_format)", from: IMAGE_4O },
  { is: 'input', text: 'failed_to_download_image', from: OPENAI_IMAGE },
  { is: 'input', text: 'Unable to access the provided media URL.', from: WAVESPEED },
  {
    is: 'input',
    sign: new RegExp(
      `${FILE}\\b.{0,40}(could not|couldn't|cannot|can't|can not|not|failed to) be (downloaded|fetched|loaded|read|opened|decoded|parsed|accessed|retrieved|identified)|(download|fetch) ?(has )?failed|unreachable ${FILE}|${FILE} (is |was )?(unreachable|not (reachable|accessible|found))|\\d{3} when fetching`,
    ),
    text: 'Download Failed - Unable to download image from the provided filesUrl',
    from: IMAGE_4O,
  },
  { is: 'input', text: 'image_file_not_found', from: OPENAI_IMAGE },
  { is: 'input', sign: /图片无法下载|参数/, text: '图片无法下载', from: STEPFUN },
  {
    is: 'input',
    sign: /too (small|large|big|long|short|many|few|high|low|wide|narrow|heavy)\b(?! requests)/,
    text: 'image_too_small',
    from: OPENAI_IMAGE,
  },
  { is: 'input', text: 'image_too_large', from: FAL },
  {
    is: 'input',
    sign: /unsupported|not supported|only .{1,30}(is|are) supported|supported( formats)?:|not a (supported|valid)|is not valid|type not allowed/,
    text: 'unsupported_image_media_type',
    from: OPENAI_IMAGE,
  },
  { is: 'input', text: 'Only English prompts are supported at this time.', from: VEO },
  {
    is: 'input',
    sign: /exceed(s|ed|ing)? .{0,24}(max|limit|size|length|allowed|character|pixel|second|mb\b)|(size|length|duration|resolution|dimensions?|characters?|pixels?) .{0,24}exceed|(text|prompt|length|size|character|duration) limit/,
    text: 'Image size exceeds maximum of 26214400 bytes',
    from: IMAGE_4O,
  },
  {
    is: 'input',
    sign: /must (be|have|contain|not)|should be|is required|fields? (are )?required|at (least|most) \d|(no|not) (more|less|larger|smaller|longer|shorter|greater) than|(longer|shorter|larger|smaller|greater|less) than \d|(out of|within the) range|between \d+ and \d+/,
    text: 'This field is required',
    from: RECORDED,
  },
  { is: 'input', text: 'aspect_ratio is required', from: RECORDED },
  {
    is: 'input',
    sign: /invalid(?! (json )?(response|answer|reply|state))|malformed|illegal (param|argument|value)|mismatch|corrupt|wrong (file )?(type|format)|format error/,
    text: 'Invalid URL provided in your request.',
    from: DASHSCOPE,
  },
  { is: 'input', text: 'The parameter value is invalid.', from: WAVESPEED },
  { is: 'input', text: 'image_dimension_mismatch', from: EVOLINK },
  {
    is: 'input',
    sign: /missing .{0,30}(param|field|prompt|image|file|url|input|value)|parameters?.{0,6} missing|(prompt|image|file|audio|text|video|input) (is |was )?empty|empty (prompt|image|file|audio|text|video|input)|no (face|person|speech|voice|audio|human) (was |is |could be )?(detected|found)|(face|speech|voice) (was |is )?not (detected|found)/,
    text: 'A required parameter is missing.',
    from: WAVESPEED,
  },
  { is: 'input', text: 'empty_image_file', from: OPENAI_IMAGE },
  { is: 'input', sign: /image (parse|processing) (error|failed)/, text: 'image_processing_error', from: EVOLINK },
  { is: 'input', text: 'image_parse_error', from: OPENAI_IMAGE },
]
