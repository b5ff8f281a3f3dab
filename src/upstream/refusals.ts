/**
 * What a refusal is about. `content` and `input`: what the person sent. `no_credit` and `auth`: our account. `rate` and
 * `maintenance`: it may be sent again later. `slow` and `fault`: the model. `unknown`: nobody can tell.
 */
export type Cause = 'content' | 'input' | 'no_credit' | 'auth' | 'rate' | 'maintenance' | 'slow' | 'fault' | 'unknown'

/**
 * One wording: by what of it the cause is known, one text in which it was said, and where that was read. A row without a
 * sign is another text for the signs of its cause; of the unknown ones nothing can be known.
 */
export type Wording = { is: Cause; sign?: RegExp; said: string; from: string }

const RECORDED = 'docs/providers/kie.md, Refusals'
const VEO = 'https://docs.kie.ai/veo3-api/generate-veo-3-video-callbacks'
const IMAGE_4O = 'https://docs.kie.ai/4o-image-api/get-4-o-image-details'
const DETAILS = 'https://docs.kie.ai/market/common/get-task-detail'
const APIFOX = 'https://apifox.com/apiskills/kie-ai-api/'
const VIECOM = 'https://github.com/jeffli2002/viecom/blob/main/KIE_API_CREDITS_ISSUE.md'
const SORA = 'https://sora2.center/posts/sora-2-content-violation'
const SORA_ERRORS = 'https://help.apiyi.com/en/sora-2-api-error-messages-complete-guide-en.html'
const OPENAI = 'https://community.openai.com/t/sora-2-pro-moderation-block/1372868'
const OPENAI_GUARD = 'https://github.com/openai/codex/issues/40816'
const OPENAI_IMAGE =
  'https://v03.api.js.langchain.com/interfaces/_langchain_openai.OpenAIClient.Responses.ResponseError.html'
const ARK = 'https://docs.byteplus.com/en/docs/ModelArk/1299023'
const SEEDANCE = 'https://seedance2-api.com/blog/debugging-seedance-face-blocks-and-ip-warnings'
const KLING = 'https://app.klingai.com/global/dev/document-api/apiReference/commonInfo'
const DASHSCOPE = 'https://www.alibabacloud.com/help/en/model-studio/developer-reference/error-code'
const GOOGLE = 'https://github.com/epam/ai-dial-adapter-vertexai/issues/66'
const VERTEX = 'https://github.com/pollinations/pollinations/issues/4241'
const EVOLINK = 'https://docs.evolink.ai/en/api-manual/task-management/error-codes'
const WAVESPEED = 'https://wavespeed.ai/docs/error-codes'
const FAL = 'https://fal.ai/docs/model-apis/errors'
const FAL_CONTENT = 'https://wavespeed.ai/blog/ai-guides/fal-ai-content-policy-violation-422-fix/'
const STEPFUN = 'https://platform.stepfun.com/docs/zh/api-reference/error-codes'

// What files are called. A sign about one of them would say nothing without its name.
const FILE = '(file|image|picture|photo|video|audio|media|url|link|resource|mask|frame)s?'

/**
 * The provider's words, and those of the models behind it, which it hands through. Signs are for a text in lower case
 * whose words are apart (`plain`). The first sign found decides: what is surely ours stands first, what says least last.
 * A new wording is a new row, and that is its test too.
 */
export const wordings: readonly Wording[] = [
  // ── Our account: no model and no person is at fault. ──
  {
    is: 'no_credit',
    sign: /credits? (are |is )?(insufficient|not enough|exhausted)|(insufficient|not enough|no enough|no|out of) (account )?(credit|balance|fund)/,
    said: 'Credits insufficient : Your current balance isn’t enough to run this request. Please top up to continue.',
    from: RECORDED,
  },
  {
    is: 'no_credit',
    sign: /(balance|credits?|funds?) (is|are|isn't|aren't|was|were)? ?(not |in)?(enough|sufficient)|balance (is )?(too low|exhausted)/,
    said: 'Your current balance isn’t enough to run this request.',
    from: RECORDED,
  },
  {
    is: 'no_credit',
    sign: /please (top up|recharge)/,
    said: 'The current credits are insufficient. Please top up.',
    from: VIECOM,
  },
  {
    is: 'no_credit',
    sign: /arrearage|account .{0,30}(good standing|overdue|in arrears|suspended|quota)|quota .{0,30}account/,
    said: 'Arrearage: Access denied, plesase make sure your account is in good standing.',
    from: DASHSCOPE,
  },
  { is: 'no_credit', sign: /余额不足|欠费/, said: '余额不足', from: STEPFUN },
  { is: 'no_credit', sign: /sub ?key .{0,20}limit/, said: 'Sub-key limit reached', from: APIFOX },
  { is: 'auth', sign: /access permissions/, said: 'You do not have access permissions', from: RECORDED },
  {
    is: 'auth',
    sign: /authentication failed|unauthorized|(invalid|incorrect|expired|wrong|missing) (api )?(key|token)\b|\b(api )?key .{0,12}(disabled|invalid|expired|revoked|deleted)|ip .{0,20}(whitelist|allow ?list)/,
    said: 'Unauthorized – Authentication failed...',
    from: APIFOX,
  },

  // ── It may be sent again later. ──
  {
    is: 'maintenance',
    sign: /being maintained|(undergoing|under|system|scheduled) maintenance/,
    said: 'The server is currently being maintained, please try again later~',
    from: RECORDED,
  },
  {
    is: 'rate',
    sign: /too many requests|rate limit|throttl|request frequency/,
    said: 'Too many requests, please try again later.',
    from: RECORDED,
  },
  {
    is: 'rate',
    sign: /high demand|heavy load|overloaded|at capacity|queue is full|resources? exhausted|resources temporarily/,
    said: 'resource_exhausted: Upstream resources temporarily depleted',
    from: EVOLINK,
  },

  // ── What the person sent is not wanted. ──
  {
    is: 'content',
    sign: /nsfw|nudity|\bnude|sexual|erotic|porn|\bracy\b|suggestive|adult content/,
    said: 'We’re so sorry, but the prompt may violate our guardrails around nudity, sexuality, or erotic content. If you think we got it wrong, please retry or edit your prompt.',
    from: OPENAI_GUARD,
  },
  {
    is: 'content',
    sign: /guard ?rail/,
    said: 'This content may violate OpenAI’s guardrails concerning similarity to third-party content.',
    from: SORA,
  },
  {
    is: 'content',
    sign: /real (person|people|human|face)|photo ?realistic (person|people|human)|prominent (person|people)|public figure|celebrit|likeness|privacy information/,
    said: 'The request failed because the input image may contain real person.',
    from: ARK,
  },
  {
    is: 'content',
    said: 'OpenAI currently do not support uploads of images containing photorealistic people.',
    from: SORA,
  },
  { is: 'content', said: 'InputImageSensitiveContentDetected.PrivacyInformation', from: ARK },
  { is: 'content', said: 'contains real-person reference', from: SEEDANCE },
  { is: 'content', said: 'public error prominent people upload', from: VEO },
  { is: 'content', said: 'celebrity detected in image', from: EVOLINK },
  {
    is: 'content',
    sign: /copyright|trademark|intellectual property|\bip conflict|protected (content|material)|third party content|existing work|recitation/,
    said: 'contains protected content',
    from: SEEDANCE,
  },
  { is: 'content', said: 'potential IP conflict', from: SEEDANCE },
  {
    is: 'content',
    said: 'The request failed because the output video may be related to copyright restrictions.',
    from: ARK,
  },
  { is: 'content', said: 'third-party content violation', from: EVOLINK },
  {
    is: 'content',
    sign: /(?<!access |protocol |constraint |schema )violat(e|es|ed|ing|ion|ions)\b(?! of (the )?(constraint|schema))/,
    said: 'Your prompt was flagged by Website as violating content policies.',
    from: VEO,
  },
  {
    is: 'content',
    said: 'The response is blocked, as it may violate our policies. If you believe this is an error, please send feedback to your account team.',
    from: GOOGLE,
  },
  { is: 'content', said: 'The image content in filesUrl violates content policy', from: IMAGE_4O },
  {
    is: 'content',
    sign: /moderat(ion|ed|or)/,
    said: 'Your request was blocked by our moderation system.',
    from: OPENAI,
  },
  { is: 'content', said: 'moderation_blocked', from: SORA_ERRORS },
  {
    is: 'content',
    sign: /(?<!case )sensitive/,
    said: 'The request failed because the input text may contain sensitive information.',
    from: ARK,
  },
  { is: 'content', said: 'SENSITIVE_WORD_ERROR', from: RECORDED },
  { is: 'content', said: 'The content contains sensitive information.', from: WAVESPEED },
  {
    is: 'content',
    sign: /inappropriate|data ?inspection|green ?net/,
    said: 'DataInspectionFailed: Input or output data may contain inappropriate content.',
    from: DASHSCOPE,
  },
  {
    is: 'content',
    sign: /risk control|content security/,
    said: 'Failure to pass the risk control system',
    from: KLING,
  },
  { is: 'content', sign: /flagged/, said: 'The content was flagged by a content checker.', from: FAL_CONTENT },
  { is: 'content', said: 'Your content was flagged by OpenAI as violating content policies', from: IMAGE_4O },
  {
    is: 'content',
    sign: /\bpolic(y|ies)\b|terms of (service|use)|(usage|community|content) (guidelines|standards|rules)/,
    said: 'This content may violate OpenAI’s content policies.',
    from: SORA,
  },
  {
    is: 'content',
    sign: /\bsafety\b(?! (checker|tolerance))|unsafe|harmful|offensive|self harm|\bhate(ful)?\b/,
    said: 'public error unsafe image upload.',
    from: VEO,
  },
  { is: 'content', said: 'IMAGE_SAFETY', from: VERTEX },
  {
    is: 'content',
    sign: /prohibited|(forbidden|restricted|banned|illegal) (content|words?|terms?|image|material)|disallowed/,
    said: 'PROHIBITED_CONTENT',
    from: VERTEX,
  },
  {
    is: 'content',
    sign: /violence|violent|\bgore\b|graphic content|\bminors\b|minor upload|underage/,
    said: 'public error minor upload',
    from: VEO,
  },
  { is: 'content', said: 'violence content blocked', from: EVOLINK },
  {
    is: 'content',
    sign: /(prompt|image|request|content|input|text|output|video|audio) (cannot|can't|could not) be (processed|used|accepted)|content (check|review|audit)|(face|artist|name|word|term|style)s? .{0,30}not allowed|can't help with/,
    said: 'We’re so sorry, but the prompt cannot be processed.',
    from: RECORDED,
  },
  {
    is: 'content',
    sign: /(content|prompt|request|image|video|audio|result|output|generation)s? (.{0,24} )?(blocked|filtered|refused|rejected|censored)|(blocked|filtered|refused|rejected) (by|due to|for|because of|out) .{0,24}(content|filter|google|openai|review|rules)|content filter/,
    said: 'Your request was rejected by Flow',
    from: VEO,
  },
  { is: 'content', sign: /违规|敏感|审核|违禁/, said: '请求内容或者响应内容未审核通过', from: STEPFUN },

  // ── What the person sent does not fit. ──
  {
    is: 'input',
    sign: new RegExp(
      `(failed|unable|couldn't|could not|cannot|can't|error|fail) (to |while |when )?(get|fetch|download|load|read|open|decode|parse|access|process|retriev|identify)(e|ed|ing)? (the |this |your |from |provided |given |input |source |reference |any |an? )*${FILE}|(fetch|download|load|read|decod|pars)(ed|e|ing)? (the |this |your |an? )?${FILE}( has| was)? fail`,
    ),
    said: 'Failed to fetch the image. Kindly verify any access limits set by you or your service provider.',
    from: VEO,
  },
  { is: 'input', said: 'Failed to get the file information', from: RECORDED },
  { is: 'input', said: "We couldn't process the provided image file (code=invalid_image_format)", from: IMAGE_4O },
  { is: 'input', said: 'failed_to_download_image', from: OPENAI_IMAGE },
  { is: 'input', said: 'Unable to access the provided media URL.', from: WAVESPEED },
  {
    is: 'input',
    sign: new RegExp(
      `${FILE}\\b.{0,40}(could not|couldn't|cannot|can't|can not|not|failed to) be (downloaded|fetched|loaded|read|opened|decoded|parsed|accessed|retrieved|identified)|(download|fetch) ?(has )?failed|unreachable ${FILE}|${FILE} (is |was )?(unreachable|not (reachable|accessible|found))|\\d{3} when fetching`,
    ),
    said: 'Download Failed - Unable to download image from the provided filesUrl',
    from: IMAGE_4O,
  },
  { is: 'input', said: 'image_file_not_found', from: OPENAI_IMAGE },
  { is: 'input', sign: /图片无法下载|参数/, said: '图片无法下载', from: STEPFUN },
  {
    is: 'input',
    sign: /too (small|large|big|long|short|many|few|high|low|wide|narrow|heavy)\b(?! requests)/,
    said: 'image_too_small',
    from: OPENAI_IMAGE,
  },
  { is: 'input', said: 'image_too_large', from: FAL },
  {
    is: 'input',
    sign: /unsupported|not supported|only .{1,30}(is|are) supported|supported( formats)?:|not a (supported|valid)|is not valid|type not allowed/,
    said: 'unsupported_image_media_type',
    from: OPENAI_IMAGE,
  },
  { is: 'input', said: 'Only English prompts are supported at this time.', from: VEO },
  {
    is: 'input',
    sign: /exceed(s|ed|ing)? .{0,24}(max|limit|size|length|allowed|character|pixel|second|mb\b)|(size|length|duration|resolution|dimensions?|characters?|pixels?) .{0,24}exceed|(text|prompt|length|size|character|duration) limit/,
    said: 'Image size exceeds maximum of 26214400 bytes',
    from: IMAGE_4O,
  },
  {
    is: 'input',
    sign: /must (be|have|contain|not)|should be|is required|fields? (are )?required|at (least|most) \d|(no|not) (more|less|larger|smaller|longer|shorter|greater) than|(longer|shorter|larger|smaller|greater|less) than \d|(out of|within the) range|between \d+ and \d+/,
    said: 'This field is required',
    from: RECORDED,
  },
  { is: 'input', said: 'aspect_ratio is required', from: RECORDED },
  {
    is: 'input',
    sign: /invalid(?! (json )?(response|answer|reply|state))|malformed|illegal (param|argument|value)|mismatch|corrupt|wrong (file )?(type|format)|format error/,
    said: 'Invalid URL provided in your request.',
    from: DASHSCOPE,
  },
  { is: 'input', said: 'The parameter value is invalid.', from: WAVESPEED },
  { is: 'input', said: 'image_dimension_mismatch', from: EVOLINK },
  {
    is: 'input',
    sign: /missing .{0,30}(param|field|prompt|image|file|url|input|value)|parameters?.{0,6} missing|(prompt|image|file|audio|text|video|input) (is |was )?empty|empty (prompt|image|file|audio|text|video|input)|no (face|person|speech|voice|audio|human) (was |is |could be )?(detected|found)|(face|speech|voice) (was |is )?not (detected|found)/,
    said: 'A required parameter is missing.',
    from: WAVESPEED,
  },
  { is: 'input', said: 'empty_image_file', from: OPENAI_IMAGE },
  { is: 'input', sign: /image (parse|processing) (error|failed)/, said: 'image_processing_error', from: EVOLINK },
  { is: 'input', said: 'image_parse_error', from: OPENAI_IMAGE },

  // ── The model. ──
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
    from: 'docs/providers/kie.md, Callbacks',
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

// Names of parameters of ours, which say nothing of what a person sent.
const parameterNames = /nsfw_checker|(enable_)?safety_checker|safety_tolerance/gi

/**
 * What a text of the provider is about. Such texts quote what they refuse, so a sign that the person wrote (`own`) speaks
 * against nobody else: a prompt about an empty balance would close our account for everybody.
 */
export function causeOf(text: string, own: readonly string[] = []): Cause {
  const said = plain(text.replace(parameterNames, ''))
  const isQuoted = (sign: RegExp) => own.some(one => sign.test(plain(one)))
  const found = wordings.find(({ is, sign }) => sign?.test(said) && (isOfPerson(is) || !isQuoted(sign)))
  return found?.is ?? 'unknown'
}

const isOfPerson = (cause: Cause) => cause === 'content' || cause === 'input'

/** In lower case, with plain quotes, the words of `a_name`, `aName` and `a-name` apart. */
const plain = (text: string): string =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[‘’ʼ`]/g, "'")
    .replace(/[\s_‐-―-]+/g, ' ')

// Deeper than any input of ours; what a stranger nests further is not read.
const deepest = 6

/** All texts in what a person sent, at any depth. */
export function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || depth >= deepest) return []
  return Object.values(value).flatMap(inner => textsIn(inner, depth + 1))
}
