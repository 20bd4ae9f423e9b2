import t from 'tap'
import { LayoutPool } from '../../server/engine/layout.js'
import { callGraph, pageSvg, standaloneSvg } from '../../server/export/call-graph.js'
import { emptyProfile, profileOf, webProfile } from '../helpers/profiles.js'

/** A graph whose layout takes far longer than any deadline here. */
const endless = `digraph { ${Array.from({ length: 9000 }, (_, i) => `n${i % 600} -> n${(i * i * 7 + 13) % 600}`).join('; ')} }`

t.test('a call graph becomes an SVG for a page and one that stands by itself', async t => {
  const pool = new LayoutPool()
  t.teardown(() => pool.close())
  const graph = callGraph(webProfile)
  const svg = await pool.layout(graph.dot)
  const page = pageSvg(svg, graph, 'Call "graph"')
  t.match(page, /^<svg class="callgraph" role="img" aria-label="Call &quot;graph&quot;" width="/)
  t.match(page, '<g class="node fm">')
  t.match(page, '<title>main.worker → runtime.chansend1: 49ms</title>')
  t.notMatch(page, /style=|<style|fill="#|stroke="#|font-family| id=/)
  t.equal(page.match(/class="node /g)?.length, graph.shown)

  const file = standaloneSvg(svg, graph)
  t.match(file, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  t.match(file, /<rect x="-8" y="-8" [^>]*fill="#ffffff"\/>/)
  t.match(file, 'fill="#a8dfcb"')

  const nothing = callGraph(emptyProfile)
  t.match(pageSvg(await pool.layout(nothing.dot), nothing, ''), /^<svg /)
})

t.test('names are text, not markup', async t => {
  const pool = new LayoutPool()
  t.teardown(() => pool.close())
  const answer = profileOf('main.f 1 1')
  answer.samples[0].stack.splice(0, 1, { func: 'main.<script>alert("1")</script>&\u0007', file: '', line: 1, pc: '1' })
  const graph = callGraph(answer)
  const page = pageSvg(await pool.layout(graph.dot), graph, '')
  t.notMatch(page, '<script')
  t.match(page, '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;\ufffd')
})

t.test('a layout that is too late is ended, and the next one works', async t => {
  const pool = new LayoutPool({ threads: 1, deadlineMs: 300 })
  t.teardown(() => pool.close())
  const late = pool.layout(endless)
  const behind = pool.layout(endless)
  await t.rejects(late, { code: 'TIMED_OUT', message: /within 0.3 seconds/ })
  await t.rejects(behind, { code: 'TIMED_OUT' })
  const patient = new LayoutPool({ threads: 1 })
  t.teardown(() => patient.close())
  const stop = new AbortController()
  const cancelled = patient.layout(endless, stop.signal)
  const waiting = patient.layout('digraph { a -> b }')
  stop.abort()
  await t.rejects(cancelled, { code: 'CANCELLED' })
  t.match(await waiting, '<svg', 'the thread that was ended is replaced')
  await t.rejects(patient.layout(endless, stop.signal), { code: 'CANCELLED' }, 'aborted before it began')
})

t.test('bad DOT text and a closed pool reject', async t => {
  const pool = new LayoutPool({ threads: 1 })
  await t.rejects(pool.layout('digraph {'), { code: 'WORKER_DIED' })
  t.match(await pool.layout('digraph { a }'), '<svg')
  const running = pool.layout(endless)
  const rejected = t.rejects(running, { code: 'CANCELLED' })
  await pool.close()
  await rejected
  await t.rejects(pool.layout('digraph { a }'), { code: 'CANCELLED' })
})
