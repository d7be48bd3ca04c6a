/**
 * Records the histories that test/workflows/replay.test.ts replays. Run it only when workflow code has changed on
 * purpose in a way that old histories cannot replay, and say so in the commit:
 *
 *     npx node test/histories/record.ts
 */
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { temporalCliPath } from '../../scripts/setup/paths.ts'
import { generationId } from '../../temporal/names.ts'
import type { RunInput } from '../../temporal/run-config.ts'
import { startModelStub } from '../model-stub/server.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { runToEnd } from '../support/runs.ts'
import { startWorkers } from '../support/workers.ts'

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

const record = async ({ address }: Engine, workflowId: string, runId: string | undefined, name: string) => {
  const of = ['--workflow-id', workflowId, ...(runId === undefined ? [] : ['--run-id', runId])]
  const { stdout } = await execa(temporalCliPath(), ['workflow', 'show', ...of, '--output', 'json', '--address', address])
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(withoutMachine(JSON.parse(stdout)))}\n`)
}

const chain = async ({ client }: Engine, workflowId: string): Promise<string[]> => {
  const runs: { runId: string; startTime: Date }[] = []
  while (runs.length < 2) {
    runs.length = 0
    for await (const run of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) runs.push(run)
  }
  return runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime()).map(({ runId }) => runId)
}

const stub = await startModelStub()
const workers = await startWorkers(engine, { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: stub.url })
try {
  const input: RunInput = { problem: 'closed_form', iterations: 16, islands: 2, migration: { every: 2 } }
  await runToEnd(engine.client, 'offline', { ...input, mutation: { mutator: 'offline' } })
  for (const [n, runId] of (await chain(engine, 'offline')).entries()) {
    await record(engine, 'offline', runId, `evolution-${n + 1}`)
  }
  await record(engine, generationId('offline', 1, 2), undefined, 'generation-offline')
  await runToEnd(engine.client, 'model', { ...input, iterations: 4, mutation: { mutator: 'model' } })
  await record(engine, generationId('model', 0, 1), undefined, 'generation-model')
} finally {
  await workers.stop()
  await stub.close()
  await engine.close()
}
