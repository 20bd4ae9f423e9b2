/**
 * A mix of all endpoints over many connections: every answer succeeds, and memory does not grow. `npm run load` does it
 * on large traces.
 */
import t from 'tap'
import { fixture } from '../helpers/fixtures.js'
import { isFlat, LoadServer, mixOf, runLoad } from './load.js'

t.setTimeout(600_000)

t.test('a mix of all endpoints', async t => {
  const server = await LoadServer.start(fixture('sample').path)
  t.teardown(() => server.stop())
  const mix = await mixOf(server)
  t.ok(mix.length > 60, `${mix.length} addresses`)
  // At first memory grows with what is compiled and with the threads that start.
  const options = { connections: 16, kills: 0, abusers: { each: 2, idle: 100 } }
  await runLoad(server, mix, { ...options, requests: 400 })
  const requests = 900
  const { answered, failures, memory } = await runLoad(server, mix, { ...options, requests })
  t.strictSame([...failures], [])
  t.equal(answered, requests)
  t.ok(isFlat(memory), `memory by thirds: ${memory.map(bytes => Math.round(bytes / 2 ** 20)).join(', ')} MiB`)
})
