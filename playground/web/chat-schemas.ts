import { Type } from '@sinclair/typebox'

export const UserParams = Type.Object({ userId: Type.String({ pattern: '^[0-9]{1,15}$' }) })
export const TopicParams = Type.Object({
  userId: Type.String({ pattern: '^[0-9]{1,15}$' }),
  threadId: Type.String({ pattern: '^[0-9]{1,15}$' }),
})
export const TopicName = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 128, pattern: '\\S' }) },
  { additionalProperties: false },
)
export const Language = Type.String({ pattern: '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$' })
export const NewPerson = Type.Object(
  {
    firstName: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
    username: Type.Optional(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{3,31}$' })),
    languageCode: Type.Optional(Language),
  },
  { additionalProperties: false },
)
export const PersonChange = Type.Object(
  {
    languageCode: Type.Optional(Language),
    blocked: Type.Optional(Type.Boolean()),
    topics: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)
const messageId = Type.Integer({ minimum: 1 })
// Longer than one Telegram message: a long text is cut as clients cut it.
export const Say = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 20_000 }),
    replyTo: Type.Optional(messageId),
    threadId: Type.Optional(messageId),
  },
  { additionalProperties: false },
)
export const Rewrite = Type.Object(
  { messageId, text: Type.String({ maxLength: 20_000 }) },
  { additionalProperties: false },
)
export const Open = Type.Object(
  { payload: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })) },
  { additionalProperties: false },
)
export const Push = Type.Object(
  {
    messageId,
    data: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export const Pay = Type.Object({ messageId }, { additionalProperties: false })
