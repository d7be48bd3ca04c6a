import type { temporal } from '@temporalio/proto'
import { type Decode, failureMessage } from '../../activities/run/history-payload.ts'

/** A pending activity, and what it says where payloads may be encrypted. */
export interface Pending {
  activity: temporal.api.workflow.v1.IPendingActivityInfo
  /** Details of its last heartbeat; none where it gave none. */
  heartbeat: { phase?: unknown; since?: unknown }
  /** What its last attempt failed for; `''` where none did. */
  failed: string
}

/** @throws CannotDecrypt where the key is not here. */
export const readPending = async (activity: Pending['activity'], decode: Decode): Promise<Pending> => {
  const details = await decode(activity.heartbeatDetails?.payloads?.[0])
  const heartbeat = typeof details === 'object' && details !== null ? details : {}
  return { activity, heartbeat, failed: await failureMessage(activity.lastFailure, decode) }
}
