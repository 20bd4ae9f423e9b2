/** Threads without the memory that they need; a file of its own, as the flag is that of the whole process. */
import { setFlagsFromString } from 'node:v8'
import t from 'tap'
import { hostTrace } from '../../server/engine/trace-host.js'
import { fixture } from '../helpers/fixtures.js'

t.setTimeout(120_000)

t.test('a thread that runs out of memory is an error with a reason, and no more than that', async t => {
  const { path } = fixture('procs-50k-go1.26')
  const list = { limit: 1, offset: 0, filter: '', sortby: '', order: '' } as const
  // Threads take the limit as it is when they start, those that take the place of dead ones too.
  setFlagsFromString('--max-old-space-size=4')
  const starved = hostTrace(path)
  t.teardown(() => starved.close())
  const died = { code: 'WORKER_DIED', message: /^the thread that \w+ the trace died: .*memory/ }
  await t.rejects(starved.query('goroutines', list), died)
  await t.rejects(starved.query('home', {}), died)

  setFlagsFromString('--max-old-space-size=1024')
  const other = hostTrace(path)
  t.teardown(() => other.close())
  t.equal((await other.query('goroutines', list)).groups.length, 1)
})
