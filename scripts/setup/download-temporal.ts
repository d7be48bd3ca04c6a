// Child process of set-up: has Temporal's testing package download the CLI into the folder given, and try it once.
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [downloadDir] = process.argv.slice(2)
if (downloadDir === undefined) throw new Error('usage: download-temporal.ts <folder>')

try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  })
  await environment.teardown()
} catch (error) {
  // One line: this is an attempt among others, its stack helps nobody.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
