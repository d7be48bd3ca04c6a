import { type Client, isGrpcServiceError } from '@temporalio/client'
import proto from '@temporalio/proto'
import type { Logger } from 'pino'
import { type SearchAttributeName, searchAttributeTypes } from '../temporal/names.ts'

const { IndexedValueType } = proto.temporal.api.enums.v1
const names = Object.keys(searchAttributeTypes) as SearchAttributeName[]

/** Those of the project's search attributes that the server knows. */
export const knownSearchAttributes = async (client: Client): Promise<string[]> => {
  const { namespace } = client.options
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace })
  return names.filter((name) => customAttributes !== null && name in customAttributes)
}

/**
 * Registers the project's search attributes where the server allows it. Where it does not (managed servers register
 * them elsewhere), runs work without them.
 * @returns the names that the server knows afterwards.
 */
export const registerSearchAttributes = async (client: Client, log: Logger): Promise<string[]> => {
  const { namespace } = client.options
  try {
    const known = await knownSearchAttributes(client)
    const missing = names.filter((name) => !known.includes(name))
    if (missing.length === 0) return known
    const types = missing.map((name) => [name, IndexedValueType[`INDEXED_VALUE_TYPE_${searchAttributeTypes[name]}`]])
    const searchAttributes = Object.fromEntries(types)
    await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
    return await knownSearchAttributes(client)
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error
    log.warn({ reason: error.details }, 'search attributes cannot be registered here: runs work without them')
    return []
  }
}
