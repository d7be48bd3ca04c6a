import { program } from 'commander'
import { startModelStub } from './server.ts'

program
  .description('An OpenAI-compatible server without a model: it changes one numeric constant of the parent program')
  .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', Number, 8900)
  .option('--latency-ms <n>', 'time before each answer', Number, 0)
  .parse()
const { port, latencyMs } = program.opts<{ port: number; latencyMs: number }>()
const stub = await startModelStub({ port, latencyMs })
console.log(`OPENAI_BASE_URL=${stub.url}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stub.close())
