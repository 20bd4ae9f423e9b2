/** A client that leaves: every question, job and layout that was begun for it is told so, however far its answer is. */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { appOf } from '../helpers/app.js'
import { profileClient } from '../helpers/profile-client.js'

const urls = [
  '/',
  '/goroutines',
  '/goroutine?name=main.main',
  '/goroutine?goid=31',
  '/open',
  '/usertasks',
  '/usertask?type=request',
  '/userregions',
  '/userregion?type=parse&pc=4bee64',
  '/mmu',
  '/mmu?mode=plot',
  '/mmu?mode=details&window=1000',
  '/trace',
  '/perfetto',
  '/jsontrace',
  '/block',
  '/block?raw=1',
  '/block?as=graph',
  '/block?format=svg',
  '/block?format=speedscope',
  '/regionblock',
  '/timeline/tracks?view=runtime',
  '/timeline/tile?view=goroutine&tracks=0-0&level=10&index=0',
  '/timeline/tile?view=runtime&tracks=0-0&level=10&index=0',
  '/timeline/stacks?view=goroutine&tracks=0-0&level=10&index=0',
  '/timeline/arrows?from=0&to=1000',
  '/timeline/range?from=0&to=1000',
  '/timeline/search?q=a',
]

t.test('what was begun for it ends', async t => {
  const signals: (AbortSignal | undefined)[] = []
  /** The step of an answer that never comes to its end. */
  let hangsAt = 0
  let begun = () => {}
  const step = <A>(signal: AbortSignal | undefined, answer: () => A): A | Promise<never> => {
    signals.push(signal)
    if (signals.length !== hangsAt) return answer()
    begun()
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
  const client = profileClient()
  const { query } = client
  const none = { rows: [], tracks: [], total: 0 }
  client.query = ((name, params, signal) =>
    step(signal, () => query(name, params, signal).catch(() => none))) as typeof query
  const app = appOf(client, {
    file: 'x.trace',
    layout: async (_dot, signal) => step(signal, () => '<svg></svg>'),
    traceEvents: async (_job, signal) => step(signal, () => Promise.reject(new Error('it never gets here'))),
  })
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo

  let steps = 0
  for (const url of urls) {
    for (hangsAt = 1; ; hangsAt++) {
      signals.length = 0
      const hung = new Promise<'hung'>(resolve => {
        begun = () => resolve('hung')
      })
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(`GET ${url} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nconnection: close\r\n\r\n`)
      const outcome = await Promise.race([hung, once(socket.resume(), 'close')])
      if (outcome !== 'hung') break
      steps++
      const last = signals[hangsAt - 1]
      socket.destroy()
      if (!last?.aborted)
        await Promise.race([last && once(last, 'abort'), new Promise(resolve => setTimeout(resolve, 5000))])
      t.ok(last?.aborted, `${url}, step ${hangsAt}`)
    }
  }
  t.ok(steps > urls.length, `${steps} steps`)
})
