import { Type } from '@sinclair/typebox'

const userId = Type.Integer({ minimum: 1 })
// Of an ephemeral message it is below zero.
const messageId = Type.Integer()

export const GroupParams = Type.Object({ groupId: Type.String({ pattern: '^-[0-9]{1,16}$' }) })
export const MemberParams = Type.Object({
  groupId: Type.String({ pattern: '^-[0-9]{1,16}$' }),
  userId: Type.String({ pattern: '^[0-9]{1,15}$' }),
})
export const NewGroup = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 128, pattern: '\\S' }),
    creator: userId,
    members: Type.Optional(Type.Array(userId, { maxItems: 50 })),
  },
  { additionalProperties: false },
)
export const BotChange = Type.Object(
  {
    bot: Type.Union(['administrator', 'member', 'restricted', 'kicked'].map(status => Type.Literal(status))),
    by: userId,
  },
  { additionalProperties: false },
)
export const GroupSay = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 4096 }), replyTo: Type.Optional(messageId) },
  { additionalProperties: false },
)
export const GroupPush = Type.Object(
  {
    messageId,
    data: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  },
  { additionalProperties: false },
)
export const Reaction = Type.Object(
  { messageId, emoji: Type.Array(Type.String({ maxLength: 16 }), { maxItems: 3 }) },
  { additionalProperties: false },
)
