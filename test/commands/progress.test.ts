import t from 'tap'
import { reportLosses } from '../../server/commands/progress.js'
import type { Progress, QueryName, Trace } from '../../server/contract/trace.js'

const reading: Progress = {
  ready: false,
  progress: 0.5,
  generationsRead: 1,
  generationsTotal: 2,
  bytesRead: 10,
  bytesTotal: 20,
  failed: null,
}

t.test('losses are told once, by a question that holds up nobody', async t => {
  const asked: QueryName[] = []
  let progress = reading
  let listener: (progress: Progress) => void = () => {}
  const partial = { error: 'it breaks off', lostBytes: 3, lostPercent: 15, generations: 1 }
  const client = {
    progress: () => progress,
    onProgress: (report: typeof listener) => {
      listener = report
      return () => {}
    },
    query: async (name: QueryName) => {
      asked.push(name)
      return { partial }
    },
  } as unknown as Trace
  const told: string[] = []
  reportLosses(client, 'app.trace', sentence => told.push(sentence))
  t.same(asked, [], 'nothing is asked while the trace is read')
  progress = { ...reading, ready: true }
  listener(progress)
  listener(progress)
  await new Promise(setImmediate)
  // Not `home`, for which the analyst goes through all regions while the first page waits.
  t.same(asked, ['traceView'])
  t.same(told, ['app.trace is incomplete: 1 generation is used, 3 bytes (15.00%) are lost: it breaks off'])
})
