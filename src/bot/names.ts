import type { Catalogue } from '../catalogue/models.ts'
import type { Language } from '../money.ts'
import type { ReceivedPayment } from '../payments/statement.ts'

/** Returns the display name of a model; its id when the catalogue no longer has it. */
export const modelName = (catalogue: Catalogue, modelId: string, language: Language): string =>
  catalogue.byId(modelId)?.name[language] ?? modelId

/** Returns the name of a model within a list of its format; its id when the catalogue no longer has it. */
export const shortModelName = (catalogue: Catalogue, modelId: string, language: Language): string =>
  catalogue.byId(modelId)?.short[language] ?? modelId

/** Returns the display name of a person for admins: «Anna @anna». */
export const personName = ({ firstName, username }: { firstName: string; username: string | null }): string =>
  username === null ? firstName || '—' : `${firstName} @${username}`.trim()

/** The last four characters of a payment's charge id, which the provider's own receipt shows at its end. */
export const chargeTail = ({ chargeId }: Pick<ReceivedPayment, 'chargeId'>): string => chargeId.slice(-4)
