import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type EvaluationJob, evaluateOnce } from '../../activities/evaluation/evaluate-once.ts'
import { bench } from './fixture.ts'

/** A harness that reports what it was asked, and what lay in the incumbent's file. */
const tellTale = `
import json, os, sys
request = json.loads(sys.stdin.readline())
incumbent = (request["confirmation"] or {}).get("incumbent")
source = open(incumbent).read() if incumbent else "none"
ratio = {"median": 1.2, "low": 1.1, "high": 1.3, "pairs": 60, "launches": 5}
result = {
    "verdict": "scored", "stage": "complete", "reason": "r", "score": 1.1, "metrics": {}, "calls": None,
    "speedup": {"eager": ratio, "compiled": None, "incumbent": ratio},
    "confirmed": request["purpose"] == "confirmation",
    "artifacts": {"request": json.dumps(request), "incumbent": source},
}
os.write(3, json.dumps({"event": "result", "result": result}).encode() + b"\\n")
`

const ask = async (more: Partial<EvaluationJob>) => {
  const { machine, job, folder } = await bench()
  const harness = path.join(folder, 'optimized_kernels/measurement')
  await mkdir(harness, { recursive: true })
  await writeFile(path.join(folder, 'optimized_kernels/__init__.py'), '')
  await writeFile(path.join(harness, '__init__.py'), '')
  await writeFile(path.join(harness, '__main__.py'), tellTale)
  const asked = await job('', { evaluator: 'training', ...more })
  const evaluation = await evaluateOnce({ ...machine, repoRoot: folder }, asked)
  if (evaluation.verdict !== 'scored') throw new Error(evaluation.reason)
  return { evaluation, request: JSON.parse(evaluation.artifacts.request ?? '') }
}

test('a confirmation hands the incumbent over in a file of its own, and its figures come back whole', async () => {
  const confirmation = { index: 3, incumbentSource: 'best = 1\n' }
  const { evaluation, request } = await ask({ purpose: 'confirmation', confirmation, options: { launches: 5 } })
  expect(request).toMatchObject({ purpose: 'confirmation', confirmation: { index: 3 }, options: { launches: 5 } })
  expect(request.confirmation.incumbent).not.toBe(request.program)
  expect(evaluation.artifacts.incumbent).toBe('best = 1\n')
  expect(evaluation).toMatchObject({ confirmed: true, speedup: { eager: { launches: 5 }, incumbent: { low: 1.1 } } })
})

test('the first confirmation has no incumbent, a screening no confirmation', async () => {
  const first = await ask({ purpose: 'confirmation', confirmation: { index: 1, incumbentSource: null } })
  expect(first.request.confirmation).toEqual({ index: 1, incumbent: null })
  const screening = await ask({})
  expect(screening.request.confirmation).toBeNull()
  expect(screening.evaluation.confirmed).toBe(false)
})
