import { DatabaseSync } from 'node:sqlite'
import { idempotencyKey } from '../../activities/mutation/model-call.ts'
import type { Outage } from './restarts.ts'

/** A request as the model's server saw it; milliseconds since the epoch. */
export interface ModelCall {
  key: string
  receivedAt: number
  /** null where the answer was cut off. */
  answeredAt: number | null
}

/** A call as the reply ledger has it. */
export interface LedgerRow {
  key: string
  /** When its reply was on the disk; null where it never was. */
  keptAt: number | null
}

/** The ledger's calls of a run, by the id of its first execution. */
export const readLedger = (file: string, run: string): LedgerRow[] => {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = database.prepare('select draw, request, arrived_at from replies where run = ?').all(run)
    return rows.map(({ draw, request, arrived_at }) => ({
      key: idempotencyKey({ run, draw: String(draw), request: String(request) }),
      keptAt: arrived_at === null ? null : Number(arrived_at),
    }))
  } finally {
    database.close()
  }
}

export interface RepeatedCalls {
  repeated: number
  /** Whose reply had left the model's server, but was not on the orchestrator's disk, when the orchestrator died. */
  onTheWay: number
  /** Whose reply was in the ledger: paid for twice. */
  kept: number
  /** Made again although no orchestrator had died meanwhile: when the two requests came. */
  unexplained: [number, number][]
}

/**
 * Whether an orchestrator died between two requests. One may be read after the death of the orchestrator that sent it:
 * until the next one is at work it can be nobody else's.
 */
const isBetween = ({ at, until }: Outage, first: number, second: number): boolean =>
  at <= second && (first <= at || (first < until && until <= second))

/** What was asked more than once, and why. Pure. */
export const repeatedCalls = (calls: ModelCall[], ledger: LedgerRow[], all: Outage[]): RepeatedCalls => {
  const keptAt = new Map(ledger.map((row) => [row.key, row.keptAt]))
  const deaths = all.filter(({ victim }) => victim === 'orchestrator')
  const found: RepeatedCalls = { repeated: 0, onTheWay: 0, kept: 0, unexplained: [] }
  const byKey = Map.groupBy(calls, ({ key }) => key)
  for (const [key, asked] of byKey) {
    const ordered = asked.toSorted((a, b) => a.receivedAt - b.receivedAt)
    for (const [index, { receivedAt }] of ordered.entries()) {
      const before = ordered[index - 1]
      if (before === undefined) continue
      const death = deaths.find((outage) => isBetween(outage, before.receivedAt, receivedAt))
      found.repeated += 1
      if ((keptAt.get(key) ?? Infinity) < receivedAt) found.kept += 1
      else if (death === undefined) found.unexplained.push([before.receivedAt, receivedAt])
      else if (before.answeredAt !== null && before.answeredAt <= death.at) found.onTheWay += 1
    }
  }
  return found
}
