/**
 * Records the histories that test/workflows/replay.test.ts replays. Run it only when workflow code has changed on
 * purpose in a way that old histories cannot replay, and say so in the commit:
 *
 *     npx node test/histories/record.ts [offline] [model] [timed] [seldom] [ahead] [events]
 *
 * `timed-version-1-*` come from code that carried state of version 1, `evolution-*` from code that told search attributes of
 * every iteration, all but `turns-*` and `events-*` from code in which news did not take turns, `turns-*` from code in which
 * messages did so, too: they cannot be recorded again.
 */
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Payload } from '@temporalio/common'
import { execa } from 'execa'
import { temporalCliPath } from '../../scripts/setup/paths.ts'
import { compression } from '../../temporal/codec/compression.ts'
import { generationId } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import { startModelStub } from '../model-stub/server.ts'
import { type Engine, repoRoot, startEngine } from '../support/engine.ts'
import { measured, startFakeDevice } from '../support/fake-device.ts'
import { begin, runToEnd, untilStatus } from '../support/runs.ts'
import { startWorker } from '../support/workers.ts'

const folder = import.meta.dirname

const host = os.hostname()
const engine = await startEngine({ 'limit.historyCount.suggestContinueAsNew': 70 })

/** Texts that name this machine, and what stands for them. */
const named: [string, string][] = [
  [`@${host}`, '@machine'],
  [`"host":"${host}"`, '"host":"machine"'],
  [os.release(), 'release'],
  [os.cpus()[0]?.model ?? 'no model', 'chip'],
  [engine.home, 'home'],
  [repoRoot, 'project/'],
  [os.tmpdir(), 'temporary'],
]

const scrub = (text: string): string => named.reduce((clean, [name, stand]) => clean.replaceAll(name, stand), text)

/** What names this machine is replaced, inside payloads too, which are base64. */
const withoutMachine = (value: unknown, key = ''): unknown => {
  if (Array.isArray(value)) return value.map((inner) => withoutMachine(inner))
  if (typeof value === 'string') {
    return key === 'data' ? Buffer.from(scrub(Buffer.from(value, 'base64').toString())).toString('base64') : scrub(value)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutMachine(inner, name)]))
}

interface JsonPayload {
  metadata: Record<string, string>
  data: string
}

const isPayload = (value: object): value is JsonPayload => 'metadata' in value && 'data' in value

const base64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64')

const decompressed = async ({ metadata, data }: JsonPayload): Promise<JsonPayload> => {
  const bytes = Object.entries(metadata).map(([name, text]): [string, Uint8Array] => [name, Buffer.from(text, 'base64')])
  const payload: Payload = { metadata: Object.fromEntries(bytes), data: Buffer.from(data, 'base64') }
  const [clear = payload] = await compression.decode([payload])
  const names = Object.entries(clear.metadata ?? {}).map(([name, text]) => [name, base64(text)])
  return { metadata: Object.fromEntries(names), data: base64(clear.data) }
}

/** Compressed payloads as they were before: what names this machine is to be found in them, too. */
const inClear = async (value: unknown): Promise<unknown> => {
  if (Array.isArray(value)) return Promise.all(value.map(inClear))
  if (typeof value !== 'object' || value === null) return value
  if (isPayload(value)) return decompressed(value)
  const entries = Object.entries(value).map(async ([name, inner]) => [name, await inClear(inner)])
  return Object.fromEntries(await Promise.all(entries))
}

const record = async ({ address }: Engine, workflowId: string, runId: string | undefined, name: string) => {
  const of = ['--workflow-id', workflowId, ...(runId === undefined ? [] : ['--run-id', runId])]
  const { stdout } = await execa(temporalCliPath(), ['workflow', 'show', ...of, '--output', 'json', '--address', address])
  const history = withoutMachine(await inClear(JSON.parse(stdout)))
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(history)}\n`)
}

const chain = async ({ client }: Engine, workflowId: string): Promise<string[]> => {
  const runs: { runId: string; startTime: Date }[] = []
  while (runs.length < 2) {
    runs.length = 0
    for await (const run of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) runs.push(run)
  }
  return runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime()).map(({ runId }) => runId)
}

const input: RunInput = { problem: 'closed_form', iterations: 16, islands: 2, migration: { every: 2 } }

/** Every execution of a run's chain, numbered. */
const recordChain = async (workflowId: string, name: string): Promise<void> => {
  for (const [n, runId] of (await chain(engine, workflowId)).entries()) {
    await record(engine, workflowId, runId, `${name}-${n + 1}`)
  }
}

const recordings: Record<string, () => Promise<void>> = {
  offline: async () => {
    await runToEnd(engine.client, 'offline', { ...input, mutation: { mutator: 'offline' } })
    await record(engine, generationId('offline', 1, 2), undefined, 'generation-offline')
  },
  model: async () => {
    await runToEnd(engine.client, 'model', { ...input, iterations: 4, mutation: { mutator: 'model' } })
    await record(engine, generationId('model', 0, 1), undefined, 'generation-model')
  },
  ahead: async () => {
    stub.setLatency(400)
    await runToEnd(engine.client, 'ahead', { ...input, islands: 3, mutation: { mutator: 'model' } })
    await recordChain('ahead', 'ahead')
    for await (const { workflowId, runId } of engine.client.workflow.list({ query: 'WorkflowType = "proposals"' })) {
      await record(engine, workflowId, runId, 'proposals')
      await record(engine, workflowId, undefined, 'generation-drawn')
      break
    }
  },
  seldom: async () => {
    await runToEnd(engine.client, 'seldom', { ...input, mutation: { mutator: 'offline' } })
    await recordChain('seldom', 'seldom')
  },
  events: async () => {
    const handle = await begin(engine.client, 'events', {
      ...{ ...input, islands: 4, budget: { hours: 1 } },
      mutation: { mutator: 'offline' },
    })
    await untilStatus(handle, ({ iterations }) => iterations > 0)
    await handle.signal('pause')
    await handle.executeUpdate('setBudget', { args: [{ hours: 2 }] })
    await handle.executeUpdate('resume')
    await handle.result()
    await recordChain('events', 'events')
  },
  timed: async () => {
    // Every program promises more than the one before; confirmations find less.
    let screened = 1
    const device = await startFakeDevice(engine, ({ purpose }) =>
      purpose === 'confirmation' ? measured(1.1, 1.05) : measured((screened += 0.02)),
    )
    await runToEnd(engine.client, 'timed', {
      ...{ ...input, problem: 'mlx_training', heldOut: ['wide'] },
      ...{ mutation: { mutator: 'offline' }, confirmation: { maximum: 4 } },
    })
    await device.stop()
    await recordChain('timed', 'timed')
  },
}

const wanted = process.argv.slice(2)
const stub = await startModelStub()
const env = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: stub.url }
const orchestrator = await startWorker(engine, 'orchestrator', env)
try {
  for (const [name, recording] of Object.entries(recordings)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const mlx = name === 'timed' ? null : await startWorker(engine, 'mlx', env)
    await recording()
    await mlx?.kill('SIGTERM')
  }
} finally {
  await orchestrator.kill('SIGTERM')
  await stub.close()
  await engine.close()
}
