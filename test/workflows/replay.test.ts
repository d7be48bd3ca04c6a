import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { beforeAll, describe, expect, test } from 'vitest'
import { dataConverter } from '../../temporal/data-converter.ts'
import { workflowBundlePath } from '../../workers/bundle.ts'
import { repoRoot } from '../support/engine.ts'

const folder = path.join(repoRoot, 'test/histories')
const names = readdirSync(folder).filter((name) => name.endsWith('.json'))

const read = (name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'))

describe('recorded histories', () => {
  let codePath: string

  beforeAll(async () => {
    codePath = await workflowBundlePath()
  })

  test('cover confirmations on the way, and runs begun before there were any', () => {
    const activities = (name: string): string[] =>
      read(name).events.flatMap(
        (event: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }) =>
          event.activityTaskScheduledEventAttributes?.activityType.name ?? [],
      )
    const evaluations = (name: string) => activities(name).filter((activity) => activity === 'evaluate').length
    expect(evaluations('timed-1.json')).toBeGreaterThan(1)
    expect(evaluations('timed-version-1-1.json')).toBe(1)
    expect(evaluations('timed-version-1-2.json')).toBe(1)
  })

  test('cover proposals that were made ahead of a continue-as-new', () => {
    const children = read('ahead-1.json').events.flatMap(
      (event: { startChildWorkflowExecutionInitiatedEventAttributes?: { workflowType: { name: string } } }) =>
        event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType.name ?? [],
    )
    expect(children).toContain('proposals')
    expect(read('ahead-1.json').events.at(-1).eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW')
  })

  test('cover messages, and what selection repeats of clock and history', () => {
    const [first, next] = ['events-1.json', 'events-2.json'].map((name) => JSON.stringify(read(name)))
    expect(first).toContain('workflowExecutionUpdateCompletedEventAttributes')
    expect(first).toContain('workflowExecutionSignaledEventAttributes')
    for (const text of [first, next]) {
      const payloads = [...(text ?? '').matchAll(/"data":"([^"]+)"/g)].map(([, data]) =>
        Buffer.from(data ?? '', 'base64'),
      )
      expect(payloads.some((payload) => payload.includes('"askedAt"'))).toBe(true)
    }
  })

  test('cover both workflows, and an evolution across continue-as-new', () => {
    expect(names).toContain('generation-offline.json')
    expect(names).toContain('generation-model.json')
    const lastEvents = names.map((name) => read(name).events.at(-1).eventType)
    expect(names).toContain('evolution-2.json')
    expect(lastEvents).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW')
    expect(lastEvents).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED')
  })

  test.each(names)('%s replays', async (name) => {
    const history = read(name)
    const { workflowId } = history.events[0].workflowExecutionStartedEventAttributes
    await Worker.runReplayHistory({ workflowBundle: { codePath }, dataConverter: dataConverter() }, history, workflowId)
  })

  test('a history that workflow code no longer agrees with is noticed', async () => {
    const history = read('generation-offline.json')
    const scheduled = history.events.find(
      (event: { activityTaskScheduledEventAttributes?: object }) => event.activityTaskScheduledEventAttributes,
    )
    scheduled.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse'
    await expect(
      Worker.runReplayHistory({ workflowBundle: { codePath }, dataConverter: dataConverter() }, history),
    ).rejects.toThrow(DeterminismViolationError)
  })
})
