/**
 * Mistakes of our own while one question is answered: that one fails with 500 and an id, the log has it once, and no
 * name of the trace.
 */

import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { FaultLog } from '../../server/commands/faults.js'
import { CodedError, faultOf } from '../../server/errors.js'
import { printable } from '../../server/shared/printable.js'
import { appOf, type TestOptions } from '../helpers/app.js'
import { fakeClient } from '../helpers/fake-client.js'

const secret = 'main.secret\n    at main.other'

function mistake(): never {
  throw new TypeError(`no such thing: ${secret}`)
}

function serve(t: Test, options: TestOptions = {}) {
  const log: string[] = []
  const client = fakeClient()
  const { query } = client
  client.query = async (name, params) => (name === 'taskTypes' || name === 'open' ? mistake() : query(name, params))
  const app = appOf(client, { file: 'x.trace', report: new FaultLog(text => log.push(text)).report, ...options })
  t.teardown(() => app.close())
  const ask = (url: string) => app.inject({ url, headers: { host: 'localhost', accept: 'text/html' } })
  return { log, ask }
}

t.test('one question fails, with an id that the log has once', async t => {
  const { log, ask } = serve(t)
  const page = await ask('/usertasks')
  t.equal(page.statusCode, 500)
  const [, id] = /as fault ([0-9a-f]{8})\./.exec(page.body) ?? []
  t.ok(id)
  const { statusCode, message, fault } = (await ask('/usertasks?format=json')).json()
  t.strictSame({ statusCode, fault }, { statusCode: 500, fault: id })
  t.notMatch(page.body + message, 'main.secret')
  t.equal(log.length, 1, 'once')
  t.match(log[0], new RegExp(`^fault ${id} in /usertasks: TypeError\\n +at .*mistake.*faults\\.test`))
  t.notMatch(log[0], /main\./, 'no name of the trace')

  t.not((await ask('/open?format=json')).json().fault, id, 'another route')
  t.equal(log.length, 2)
  t.equal((await ask('/goroutines')).statusCode, 200, 'the others are answered')
})

t.test('bad requests are no mistakes of ours', async t => {
  const { log, ask } = serve(t)
  for (const url of ['/nope', '/goroutines?limit=x', '/goroutine?goid=x', '/%', '/io?name=nobody']) {
    const { statusCode, body } = await ask(url)
    t.ok(statusCode < 500, `${url}: ${statusCode}`)
    t.notMatch(body, 'fault')
  }
  t.strictSame(log, [])
})

t.test('streams and graphs', async t => {
  const broken = async () => {
    const stream = new Readable({ read: () => {} })
    stream.push('[')
    void setTimeout(20).then(() =>
      stream.destroy(new CodedError('INTERNAL', 'failed', {}, faultOf(new RangeError(secret)))),
    )
    return stream
  }
  const { log, ask } = serve(t, {
    traceEvents: broken,
    layout: async () => {
      throw new CodedError(
        'WORKER_DIED',
        'The call graph could not be laid out: Error.',
        {},
        faultOf(new Error(secret)),
      )
    },
  })
  await t.rejects(ask('/jsontrace'))
  t.match(log[0], /^fault \w+ in \/jsontrace: RangeError\n/)
  const { statusCode, body } = await ask('/io?format=svg')
  t.equal(statusCode, 500)
  t.match(log[1], /^fault \w+ in \/io: Error\n/)
  t.match(body, /"fault":"\w+"/)
  t.match(
    (await ask('/io?as=graph')).body,
    /could not be laid out: Error\. [^<]*as fault \w+/,
    'the other tabs are there',
  )
})

t.test('what goes to a terminal is text', async t => {
  t.equal(printable('a\x1b]0;b\x07\r\nc\x9b31m\u202ed\u2028é '), 'a\\x1b]0;b\\x07\\x0d\\nc\\x9b31m\\u202ed\\u2028é ')
})
