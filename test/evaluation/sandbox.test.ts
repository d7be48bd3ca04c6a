import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { evaluateOnce } from '../../activities/evaluation/evaluate-once.ts'
import { bench } from './fixture.ts'

test('an evaluation says which sandbox it ran in', async () => {
  const { machine, job } = await bench()
  const evaluator = 'def evaluate(path): return {"score": 1}'
  const any = await evaluateOnce(machine, await job(evaluator))
  expect(any.environment.sandbox).toMatch(/^(bubblewrap|sandbox-exec|limited)$/)
  const weaker = await evaluateOnce(machine, await job(evaluator, { options: { sandbox: 'limited' } }))
  expect(weaker).toMatchObject({ verdict: 'scored', environment: { sandbox: 'limited' } })
})

test('a program beyond its limits fails with the limit named', async () => {
  const { machine, job } = await bench()
  const evaluator = `
import mmap
def evaluate(path):
    block = mmap.mmap(-1, 2**32)
    while True:
        block.write(b"x" * 2**20)
`
  const options = { sandbox: { memoryMb: 200 } }
  const verdict = await evaluateOnce(machine, await job(evaluator, { options }))
  expect(verdict).toMatchObject({ verdict: 'failed', stage: 'crash' })
  expect(verdict.reason).toMatch(/^used \d+ MiB of memory; limit 200 MiB \(options\.sandbox\.memoryMb\)$/)
})

test('a problem may allow the network', async () => {
  const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const evaluator = `
import socket
def evaluate(path):
    with socket.create_connection(("127.0.0.1", ${port}), 5) as connection:
        return {"score": len(connection.recv(9))}
`
  const { machine, job } = await bench()
  const allowed = await evaluateOnce(machine, await job(evaluator, { options: { sandbox: { network: true } } }))
  expect(allowed).toMatchObject({ verdict: 'scored', score: 5 })
  const { environment, verdict, reason } = await evaluateOnce(machine, await job(evaluator))
  if (environment.sandbox !== 'limited') expect({ verdict, reason }).toMatchObject({ verdict: 'failed' })
})

test('wrong options are trouble with the set-up, not a verdict', async () => {
  const { machine, job } = await bench()
  const wrong = await job('def evaluate(path): return {"score": 1}', { options: { sandbox: 'loose' } })
  await expect(evaluateOnce(machine, wrong)).rejects.toMatchObject({
    type: 'SandboxRefused',
    nonRetryable: true,
    message: expect.stringContaining("options.sandbox is 'loose'; expected"),
  })
})
