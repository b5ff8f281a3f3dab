import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Nullable } from '../database/nullable.ts'

const only = { additionalProperties: false }
const optional = <S extends TSchema>(schema: S) => Type.Optional(schema)
const oneOf = <const V extends string[]>(...values: V) =>
  Type.Unsafe<V[number]>(Type.Union(values.map(value => Type.Literal(value))))
const Line = Type.String({ minLength: 1 })
const ParamName = Type.String({ pattern: '^[a-z][a-z0-9_]*$' })

export const Text = Type.Object({ en: Line, ru: Line }, only)
export type Text = Static<typeof Text>

export const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()])
export type Scalar = Static<typeof Scalar>
const Condition = Type.Record(Type.String(), Scalar)

export const Category = oneOf(
  'text-to-image',
  'image-to-image',
  'text-to-video',
  'image-to-video',
  'video-to-video',
  'audio-to-video',
  'text-to-audio',
  'audio-to-audio',
)
export type Category = Static<typeof Category>

const Media = oneOf('image', 'video', 'audio')
export type Output = Static<typeof Media>

/**
 * One parameter of a model. `type` is what a person sends, `value_type` its form on the wire (files become addresses).
 */
export const Param = Type.Object(
  {
    name: ParamName,
    type: oneOf('string', 'integer', 'number', 'boolean', 'enum', 'file', 'file[]'),
    required: Type.Boolean(),
    label: Text,
    hint: optional(Text),
    enum: optional(Type.Array(Scalar, { minItems: 2, uniqueItems: true })),
    /** The group of `enum_labels` with the labels of the values. A value without a label is shown unchanged. */
    enum_labels: optional(Type.String()),
    value_type: oneOf('string', 'integer', 'number', 'boolean', 'string[]'),
    default: optional(Scalar),
    /** The default instead, if the text to be spoken is mostly Cyrillic. */
    cyrillic_default: optional(Scalar),
    /** Where the provider publishes a recording of each value, to listen to: an address with `{value}`. */
    sample: optional(Type.String({ pattern: '^https://[^{}/]+/[^{}]*\\{value\\}[^{}]*$' })),
    min: optional(Type.Number()),
    max: optional(Type.Number()),
    step: optional(Type.Number({ exclusiveMinimum: 0 })),
    /** Values for buttons. Without it, values are spread between `min` and `max`. */
    handy: optional(Type.Array(Type.Number(), { minItems: 1, maxItems: 5, uniqueItems: true })),
    /** In characters, as all text lengths are. */
    min_length: optional(Type.Integer({ minimum: 0 })),
    max_length: optional(Type.Integer({ minimum: 1 })),
    pattern: optional(Type.String()),
    /** This text is spoken word for word: only the person may change it. */
    spoken: optional(Type.Literal(true)),
    accept: optional(Type.Array(Media, { minItems: 1 })),
    min_files: optional(Type.Integer({ minimum: 0 })),
    max_files: optional(Type.Integer({ minimum: 1 })),
    max_mb: optional(Type.Number({ exclusiveMinimum: 0 })),
    max_seconds: optional(Type.Number({ exclusiveMinimum: 0 })),
    max_megapixels: optional(Type.Number({ exclusiveMinimum: 0 })),
    max_side_px: optional(Type.Integer({ minimum: 1 })),
    min_side_px: optional(Type.Integer({ minimum: 1 })),
    formats: optional(Type.Array(Type.String({ pattern: '^(image|video|audio)/' }), { minItems: 1 })),
    /** The value is an earlier successful generation by one of these models. Its task id goes on the wire. */
    previous_models: optional(Type.Array(Line, { minItems: 1 })),
    /** Sent even if it equals the default, because the price depends on it. */
    always_send: optional(Type.Literal(true)),
    /** Set by the service and not offered to people. */
    hidden: optional(Type.Literal(true)),
    /** The unit of the values, written after them. */
    unit: optional(Type.Literal('seconds')),
    /** Counted from this number on screens and from 0 on the wire. */
    shown_from: optional(Type.Literal(1)),
    /** A number that the provider expects as text. */
    numeric: optional(Type.Literal(true)),
    /** The provider's content filter. The operator decides its value. */
    content_filter: optional(Type.Literal(true)),
    /** Fine tuning that most people do not change. */
    advanced: optional(Type.Literal(true)),
    note: optional(Type.String()),
  },
  only,
)
export type Param = Static<typeof Param>

const rule = <const T extends string, P extends Record<string, TSchema>>(type: T, properties: P) =>
  Type.Object({ type: Type.Literal(type), ...properties, text: Line, why: Text }, only)

// A constant, since an object literal with this key would look like a promise.
const consequence = 'then'

/** What one answer requires of another. `text` is for operators, `why` for people. */
export const Rule = Type.Union([
  Type.Object({ type: Type.Literal('note'), text: Line }, only),
  rule('requires', { if: Condition, [consequence]: Type.Record(Type.String(), Type.Array(Scalar)) }),
  rule('exactly_one_of', { params: Type.Array(ParamName, { minItems: 2 }) }),
  rule('only_with', { param: ParamName, with: ParamName }),
  rule('forbidden_when_present', { present: ParamName, param: ParamName, values: Type.Array(Scalar) }),
  rule('max_files_when', { param: ParamName, max: Type.Integer({ minimum: 1 }), if: Condition }),
  rule('multiple_of', { param: ParamName, value: Type.Integer({ minimum: 1 }) }),
  /** The earlier generation's own answers, if they are known, must have one of these values. */
  rule('requires_earlier', {
    param: ParamName,
    if: Condition,
    earlier: Type.Record(Type.String(), Type.Array(Scalar)),
  }),
  /** The index of a file of the earlier generation, from 0. Checked if the number of its files is known. */
  rule('within_results', { param: ParamName, of: ParamName }),
  /** The longest side of the file, if it is known, times a factor must not exceed `max` pixels. */
  rule('max_output_side', { param: ParamName, times: ParamName, max: Type.Integer({ minimum: 1 }) }),
])
export type Rule = Static<typeof Rule>

const Bounds = Type.Object(
  {
    from: oneOf('constant', 'param', 'params', 'measure'),
    min: Type.Number({ exclusiveMinimum: 0 }),
    max: Type.Number({ exclusiveMinimum: 0 }),
    round: oneOf('none', 'up'),
    of: optional(ParamName),
    divide_by: optional(Type.Number({ exclusiveMinimum: 0 })),
  },
  only,
)

const Measure = Type.Object(
  {
    name: oneOf('output_tier', 'source_resolution'),
    enum: Type.Array(Type.String(), { minItems: 2 }),
    how: Line,
    /**
     * The parameters it is computed from: image and factor of an `output_tier`, the earlier run of a
     * `source_resolution`.
     */
    of: Type.Array(ParamName, { minItems: 1 }),
  },
  only,
)
export type Measure = Static<typeof Measure>

/** Provider credits, before rate and markup. Exactly one variant matches every allowed combination. */
export const Pricing = Type.Object(
  {
    unit: oneOf('generation', 'image', 'second', '1000 characters'),
    quantity: oneOf('1', 'duration', 'duration_seconds', 'audio_seconds', 'characters', 'num_frames/frames_per_second'),
    quantity_bounds: Bounds,
    measures: optional(Type.Array(Measure, { minItems: 1 })),
    variants: Type.Array(
      Type.Object(
        {
          when: Condition,
          credits: Type.Number({ exclusiveMinimum: 0 }),
          /** The row of the upstream's price feed, if there is one. */
          feed: optional(Type.Object({ row: Line, unit: Line }, only)),
        },
        only,
      ),
      { minItems: 1 },
    ),
    default_quantity: Type.Number({ exclusiveMinimum: 0 }),
    default_credits: Type.Number({ exclusiveMinimum: 0 }),
    max_credits: Type.Number({ exclusiveMinimum: 0 }),
    source: Line,
    /** When the source was read. */
    date: Type.String({ pattern: '^\\d{4}-\\d{2}(-\\d{2})?$' }),
    confidence: oneOf('high', 'medium', 'low'),
    note: Type.String(),
  },
  only,
)

export const Model = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9./-]*$' }),
    provider: Line,
    category: Category,
    name: Text,
    /** The name within a list of its format, where it is unique. */
    short: Text,
    /** What it is best at, in two or three words, for a row of a list that has room. */
    mark: optional(Text),
    /** Other ways to write its name or what it does: what people search for. */
    aliases: Type.Array(Line, { minItems: 1, uniqueItems: true }),
    description: Text,
    output: Media,
    /** Enlarges its input. Offered below results that it accepts. */
    upscales: optional(Type.Literal(true)),
    params: Type.Array(Param, { minItems: 1 }),
    rules: Type.Array(Rule),
    price: Pricing,
    expected_seconds: Nullable(Type.Number({ exclusiveMinimum: 0 })),
    timeout_seconds: Type.Integer({ minimum: 60 }),
    example_input: Type.Record(Type.String(), Type.Unknown()),
    schema_source: Line,
    available_2026_08: Nullable(Type.Boolean()),
    successor: optional(Line),
    notes: Type.Array(Type.String()),
  },
  only,
)
export type Model = Static<typeof Model>

/** Models beside the core, with what they refer to. */
export const ShelfFile = Type.Object(
  {
    as_of: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    sources: Type.Record(Type.String(), Line),
    enum_labels: Type.Record(Type.String(), Type.Record(Type.String(), Text)),
    models: Type.Array(Model),
  },
  only,
)

/** What a request of a person can be for. */
export const Task = oneOf(
  'image',
  'video',
  'speech',
  'sound',
  'edit',
  'animate',
  'enlarge',
  'cutout',
  'talk',
  'clean',
  'remake',
  'unmark',
)
export type Task = Static<typeof Task>

export const CatalogueFile = Type.Object(
  {
    as_of: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    credit_usd: Type.Literal(0.005),
    sources: Type.Record(Type.String(), Line),
    enum_labels: Type.Record(Type.String(), Type.Record(Type.String(), Text)),
    /** The models to begin with for each task: the first that can be had and fits. */
    usual: Type.Record(Task, Type.Array(Line, { minItems: 1, uniqueItems: true })),
    /** What people search for when they want any model of a list. */
    format_aliases: Type.Record(Type.String(), Type.Array(Line, { minItems: 1, uniqueItems: true })),
    models: Type.Array(Model),
  },
  only,
)
