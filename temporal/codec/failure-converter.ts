import { DefaultFailureConverter } from '@temporalio/common'

/** Messages and stack traces of failures become payloads, so that they are encrypted as well. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
