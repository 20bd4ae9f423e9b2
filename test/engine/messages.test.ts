/** How many messages a question costs: one to one thread, and one more where that thread lacks a part of the answer. */
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { GoroutineHistory } from '../../server/analysis/passes/history.js'
import { answerTimelineTracks } from '../../server/analysis/queries/timeline.js'
import type { QueryName } from '../../server/contract/trace.js'
import { type FactContext, factHandlers } from '../../server/engine/fact-queries.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import type { TimelineView, TracksAnswer } from '../../server/shared/timeline.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import { appOf } from '../helpers/app.js'
import { fixture } from '../helpers/fixtures.js'
import { analyseSource } from '../helpers/local-trace.js'

t.setTimeout(300_000)

t.test('each request of the timeline is one message to one thread', async t => {
  const trace = hostTrace(fixture('web-go1.26').path)
  const app = appOf(trace)
  t.teardown(async () => {
    await app.close()
    await trace.close()
  })
  const { tracks } = (await app.inject('/timeline/tracks?view=goroutine')).json() as TracksAnswer
  const proc = ((await app.inject('/timeline/tracks?view=proc')).json() as TracksAnswer).tracks[0]
  const sent: string[] = []
  const { postMessage } = Worker.prototype
  t.teardown(() => {
    Worker.prototype.postMessage = postMessage
  })
  Worker.prototype.postMessage = function (message, ...rest) {
    sent.push(message.name)
    postMessage.call(this, message, ...rest)
  }
  const range = 'from=1000000&to=9000000'
  const asked: [QueryName, url: string][] = [
    ['timelineTracks', '/timeline/tracks?view=runtime'],
    ['timelineTile', '/timeline/tile?view=goroutine&tracks=0-31&level=10&index=0'],
    ['timelineTile', '/timeline/tile?view=group&tracks=0-7&level=17&index=0'],
    ['timelineTile', '/timeline/tile?view=runtime&tracks=0-7&level=17&index=0'],
    ['timelineStacks', '/timeline/stacks?view=goroutine&tracks=0-31&level=10&index=0'],
    ['timelineSpan', `/timeline/span?goid=${tracks[0].id}&at=${tracks[0].startNs}`],
    ['timelineNeighbours', `/timeline/neighbours?view=proc&id=${proc.id}&at=1000000`],
    ['timelineArrows', `/timeline/arrows?${range}`],
    ['timelineRegions', `/timeline/regions?view=goroutine&tracks=0-31&${range}`],
    ['timelineRange', `/timeline/range?${range}`],
    ['timelineSearch', '/timeline/search?q=main'],
  ]
  for (const [name, url] of asked) {
    sent.length = 0
    const { statusCode, body } = await app.inject(url)
    t.equal(statusCode, 200, `${url}: ${statusCode === 200 ? '' : body}`)
    t.strictSame(sent, [name], url)
  }
})

t.test('the thread of the facts asks the other for its part, once, and no more than that', async t => {
  const { path } = fixture('web-go1.26')
  const source = openSource(path)
  const facts = analyseSource(source, openTrace(source))
  source.close()
  const asked: string[] = []
  const parts = { span: {}, samples: { samples: [], total: 0 }, range: {}, history: new GoroutineHistory(0).toData() }
  const replay: FactContext['replay'] = {
    call: async name => {
      asked.push(name)
      return parts[name] as never
    },
  }
  const context = { facts, tracks: { quickLevel: 0, emptyLanes: [] }, replay }
  const { signal } = new AbortController()
  const goid = answerTimelineTracks(facts, context.tracks, tracksOf('goroutine')).tracks[0].id
  const range = { fromNs: 0, toNs: 1e9 }
  const answers: [(typeof asked)[number][], () => unknown][] = [
    [[], () => factHandlers.timelineTracks(context, tracksOf('group'), signal)],
    [['span'], () => factHandlers.timelineSpan(context, { goid, atNs: 0 }, signal)],
    [
      ['samples'],
      () => factHandlers.timelineRegions(context, { ...range, view: 'goroutine', first: 0, last: 9 }, signal),
    ],
    [[], () => factHandlers.timelineRegions(context, { ...range, view: 'task', first: 0, last: 9 }, signal)],
    [['range'], () => factHandlers.timelineRange(context, range, signal)],
    [[], () => factHandlers.timelineSearch(context, { text: 'a', offset: 0, limit: 9 }, signal)],
    [['history'], () => factHandlers.goroutine(context, { ...list, goid }, signal)],
  ]
  for (const [wanted, answer] of answers) {
    asked.length = 0
    await answer()
    t.strictSame(asked, wanted)
  }
})

const list = { limit: 0, offset: 0, filter: '', sortby: '', order: '' } as const
const tracksOf = (view: TimelineView) => ({ view, filter: '', offset: 0, limit: 1 })
