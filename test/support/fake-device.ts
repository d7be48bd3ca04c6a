import { Context } from '@temporalio/activity'
import { NativeConnection, Worker } from '@temporalio/worker'
import { dataConverter } from '../../temporal/data-converter.ts'
import type { EvaluateInput, Evaluation, Scored, Speedup } from '../../temporal/evaluation.ts'
import { mlxQueue } from '../../temporal/names.ts'
import type { Engine } from './engine.ts'

/** An interval of 1 % to each side. */
export const around = (median: number): Speedup => ({
  ...{ median, low: median * 0.99, high: median * 1.01, pairs: 60, launches: 0 },
})

/** A verdict with this speedup over stock, and over the incumbent where one was measured. */
export const measured = (
  eager: number,
  incumbent: number | null = null,
  metrics: Scored['metrics'] = {},
): Evaluation => ({
  verdict: 'scored',
  stage: 'complete',
  reason: '',
  score: around(eager).low,
  metrics,
  speedup: { eager: around(eager), compiled: null, incumbent: incumbent === null ? null : around(incumbent) },
  calls: { matmul: { forward: 4, backward: 8 } },
  confirmed: true,
  seconds: 1,
  startedAt: Date.now(),
  artifacts: {},
  environment: { chip: 'Fake M1', mlx: '0.0' },
})

export type Measure = (input: EvaluateInput) => Evaluation | Promise<Evaluation>

/** A device whose figures a test decides. */
export interface FakeDevice {
  /** Every evaluation asked for, oldest first. */
  asked: EvaluateInput[]
  stop: () => Promise<void>
}

const evaluateWith =
  (asked: EvaluateInput[], measure: Measure) =>
  async (input: EvaluateInput): Promise<Evaluation> => {
    const context = Context.current()
    const beat = setInterval(() => context.heartbeat(), 500)
    asked.push(input)
    try {
      return await Promise.race([measure(input), context.cancelled])
    } finally {
      clearInterval(beat)
    }
  }

/** Evaluates on the queue of the device, without one: `measure` gives the verdicts. */
export const startFakeDevice = async ({ address }: Engine, measure: Measure): Promise<FakeDevice> => {
  const connection = await NativeConnection.connect({ address })
  const asked: EvaluateInput[] = []
  const worker = await Worker.create({
    connection,
    taskQueue: mlxQueue,
    dataConverter: dataConverter(),
    activities: { evaluate: evaluateWith(asked, measure) },
    maxHeartbeatThrottleInterval: '200ms',
    defaultHeartbeatThrottleInterval: '200ms',
  })
  const running = worker.run()
  return {
    asked,
    stop: async () => {
      worker.shutdown()
      await running
      await connection.close()
    },
  }
}
