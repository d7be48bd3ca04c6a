import type { Client } from '@temporalio/client'
import temporalProto from '@temporalio/proto'
import { KeyRingInvalid } from '../../temporal/codec/key-ring.ts'
import { connectClient, resolveConnection, ServerUnreachable } from '../../temporal/connection.ts'
import { evolutionQueue, mlxQueue, mutationQueue, searchAttributeTypes } from '../../temporal/names.ts'
import { readRetention } from '../../temporal/retention.ts'
import { type Check, fail, ok, warn } from './check.ts'

const shortestRetentionDays = 30
const { TaskQueueType } = temporalProto.temporal.api.enums.v1

/** Everything that is asked of the Temporal server; where none answers that is the only check. */
export async function checkServer(): Promise<Check[]> {
  const to = resolveConnection()
  try {
    const client = await connectClient({ to, waitMs: 5000 })
    try {
      const found = `${to.address}, namespace ${to.namespace} (${to.source})`
      return [ok('Temporal server', found), ...(await checkNamespace(client))]
    } finally {
      await client.connection.close()
    }
  } catch (error) {
    if (error instanceof KeyRingInvalid) return [] // told by the check of the encryption
    if (!(error instanceof ServerUnreachable)) throw error
    const [found = '', ...mend] = error.message.split(/(?<=\)\.) /)
    return [fail('Temporal server', found, mend.join(' '))]
  }
}

const checkNamespace = (client: Client): Promise<Check[]> =>
  Promise.all([
    checkRetention(client),
    checkSearchAttributes(client),
    checkPollers(client, evolutionQueue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, 'orchestrator'),
    checkPollers(client, mutationQueue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, 'orchestrator'),
    checkPollers(client, mlxQueue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, 'mlx'),
  ])

async function checkRetention(client: Client): Promise<Check> {
  const days = await readRetention(client)
  const name = 'Retention of closed runs'
  const mend =
    '`resume`, `fork` and `export` read closed runs: `temporal operator namespace update --retention 90d ' +
    `--namespace ${client.options.namespace}\``
  if (days === null) return warn(name, 'the server does not say', mend)
  const found = `${days.toFixed(days < 2 ? 1 : 0)} days`
  return days < shortestRetentionDays ? warn(name, found, mend) : ok(name, found)
}

async function checkSearchAttributes(client: Client): Promise<Check> {
  const { namespace } = client.options
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace })
  const types = temporalProto.temporal.api.enums.v1.IndexedValueType
  const entries = Object.entries(searchAttributeTypes)
  const missing = entries.filter(([name, type]) => customAttributes[name] !== types[`INDEXED_VALUE_TYPE_${type}`])
  if (missing.length === 0) return ok('Search attributes', `all ${entries.length} registered`)
  const flags = missing.map(([name, type]) => `--name ${name} --type ${type[0]}${type.slice(1).toLowerCase()}`)
  return warn(
    'Search attributes',
    `${missing.map(([name]) => name).join(', ')} not registered; runs work without`,
    `an orchestrator registers them where it may; else \`temporal operator search-attribute create ${flags.join(' ')}\``,
  )
}

async function checkPollers(client: Client, queue: string, type: number, worker: string): Promise<Check> {
  const { namespace } = client.options
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: type,
  })
  const name = `Workers on queue ${queue}`
  const identities = pollers.map((poller) => poller.identity)
  if (identities.length > 0) return ok(name, identities.join(', '))
  return warn(name, 'none', `start one with \`npx mlx-evolve worker ${worker}\` (\`npm start\` starts them all)`)
}
