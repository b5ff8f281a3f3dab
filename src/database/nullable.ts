import { type TSchema, Type } from '@sinclair/typebox'

/** A column that may be null. */
export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
