import { setTimeout as delay } from 'node:timers/promises'
import { log } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { type CallKey, type Claim, isLedgerError, type ReplyLedger } from './reply-ledger.ts'

const lookMs = 200

/**
 * The reply to a call: the one that was kept, or that of `call`, kept before this returns. Waits while another attempt
 * of this host has the call under way.
 *
 * @throws ApplicationFailure `LedgerUnavailable`, retryable, where a reply could not be kept: then none is paid for.
 */
export async function paidOnce(
  ledger: ReplyLedger,
  key: CallKey,
  model: string,
  signal: AbortSignal,
  call: () => Promise<unknown>,
): Promise<unknown> {
  let claim = claimed(ledger, key, model)
  while (claim.outcome === 'in flight') {
    await delay(lookMs, undefined, { signal })
    claim = claimed(ledger, key, model)
  }
  if (claim.outcome === 'kept') return claim.body
  try {
    const body = await call()
    keep(ledger, key, body)
    return body
  } catch (error) {
    release(ledger, key)
    throw error
  }
}

/** Why the call failed is what matters: a ledger that cannot be written now is found out by the next attempt. */
function release(ledger: ReplyLedger, key: CallKey): void {
  try {
    ledger.release(key)
  } catch (error) {
    if (!isLedgerError(error)) throw error
    log.warn('the ledger of replies could not be written', { file: ledger.file, reason: error.message })
  }
}

function claimed(ledger: ReplyLedger, key: CallKey, model: string): Claim {
  try {
    return ledger.claim(key, model)
  } catch (error) {
    if (!isLedgerError(error)) throw error
    throw ApplicationFailure.create({
      type: 'LedgerUnavailable',
      message: `${ledger.file}: ${error.message}; a reply that cannot be kept there is not asked for`,
      nonRetryable: false,
    })
  }
}

/** The reply is here and paid for: a disk that filled up meanwhile is no reason to throw it away. */
function keep(ledger: ReplyLedger, key: CallKey, body: unknown): void {
  try {
    ledger.keep(key, body)
  } catch (error) {
    if (!isLedgerError(error)) throw error
    log.warn('a model reply could not be kept on disk', { file: ledger.file, reason: error.message })
  }
}
