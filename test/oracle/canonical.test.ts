/**
 * The comparison itself: pages of the original read right, forms that tell different answers apart, and readable
 * differences.
 */
import t from 'tap'
import {
  goroutineGroupForm,
  goroutinesForm,
  hashForm,
  profileForm,
  tasksForm,
  type ViewerShape,
  viewerEventsForm,
  viewerMetadataForm,
} from '../helpers/canonical.js'
import { differenceFrom } from '../helpers/golden.js'
import { readGoroutineGroup, readGoroutines, readRegionTypes, readTasks, readTaskTypes, unquoted } from './pages.js'
import { usablePart } from './usable.js'

t.test('/goroutines', async t => {
  const html = `<h1>Goroutines</h1><table><tr><th>Start location</th></tr>
    <tr><td><code><a href="/goroutine?name=">(Inactive, no stack trace sampled)</a></code></td>
    <td>5</td> <td>497.665µs</td></tr>
    <tr><td><code><a href="/goroutine?name=main.%28*T%29.run%5b%e2%80%a6%5d">main.(*T).run[…]</a></code></td><td>1</td><td>1h0m0.5s</td></tr></table>`
  const answer = readGoroutines(html)
  t.strictSame(answer.groups, [
    { name: '', count: 5, execTimeNs: 497_665 },
    { name: 'main.(*T).run[…]', count: 1, execTimeNs: 3_600_500_000_000 },
  ])
  const other = { groups: [...answer.groups].reverse() }
  t.equal(hashForm(goroutinesForm(other)), hashForm(goroutinesForm(answer)), 'the order of groups does not count')
  other.groups[0] = { ...other.groups[0], execTimeNs: 1 }
  t.not(hashForm(goroutinesForm(other)), hashForm(goroutinesForm(answer)))
})

t.test('/goroutine', async t => {
  const head = (name: string) => `<th class="link" style="background-color: #d7191c;"> ${name}</th>`
  const html = `<td>Goroutine start location:</td> <td><code>a&lt;b&gt;</code></td> <td>Count:</td> <td>2</td>
    <td>Execution Time:</td> <td>12.50% of total program execution time </td>
    <table class="details"><tr><th> Goroutine</th><th class="link"> Total</th><th></th>${head('Execution time')}${head('Unknown time')}</tr>
    <tr><td> <a href="/trace?goid=7">7</a> </td><td> 3µs </td><td><div><span style="width: 1%;">&nbsp;</span></div></td><td> 1ns</td><td> 0s</td></tr>
    <tr><td> <a href="/trace?goid=9">9</a> </td><td> 2µs </td><td></td><td> 5ns</td><td> 1m0s</td></tr></table>
    <table class="details"><tr><th> Goroutine</th><th> Total</th>${head('GC mark assist')}</tr>
    <tr><td> <a href="/trace?goid=9">9</a> </td><td> 2µs </td><td> 1.5ms</td></tr></table>`
  const form = goroutineGroupForm(readGoroutineGroup(html))
  t.strictSame(form, [
    '"a<b>" 2 12.50',
    'columns "Execution time" "Unknown time"',
    'ranges "GC mark assist"',
    '7: 3000 = 1 0',
    '9: 2000 = 5 60000000000 + 1500000',
  ])
})

t.test('/usertask', async t => {
  const cell = (kind: string, text: string) => `<td class="${kind}">${text}</td>`
  const html = `<table id="reqs"><tr><th>When</th></tr>
    <tr class="first">${cell('when', '0.000001500s')}${cell('elapsed', '2.5µs')}<td></td>
    <td><a href="/trace?focustask=3#0:1">Task 3</a> <a href="/trace?taskid=3#0:1">(goroutine view)</a> (incomplete)</td></tr>
    <tr>${cell('when', '0.000001500')}${cell('elapsed', ' .     1500')}${cell('goid', '8')}<td>task &#34;a\\&#34;b&#34; (ID 3, parent 18446744073709551615) begin</td></tr>
    <tr>${cell('when', '1.000000001')}${cell('elapsed', ' .9    8501')}${cell('goid', '8')}<td>log (category: a): b): &#34;(ID 1)&#34;</td></tr></table>`
  const answer = readTasks(html.replace(' .9    8501', ' .999998501'))
  t.strictSame(tasksForm(answer), [
    '3 incomplete 1500 2500 | 1500 1500 8 task "a\\"b" 3 of 0 begins | 1000000001 999998501 8 log "a): b" "(ID 1)"',
  ])
  t.throws(() => readTasks(html.replace('task &#34;', 'what &#34;')), /not understood/)
})

t.test('histograms', async t => {
  const bucket = (label: string, count: number) =>
    `<tr><td class="histoTime" align="right">${count > 0 ? `<a href=/x>${label}</a>` : label}</td><td><div style="width:4px">&nbsp;</div></td><td align="right"><div style="position:relative">${count}</div></td></tr>`
  const table = `<table>${bucket('1µs', 2)}${bucket('1.584µs', 0)}${bucket('2.511µs', 1)}<tr><td align="right">3.981µs</td></tr></table>`
  const histogram = [
    { minNs: 1000, maxNs: 1584, count: 2 },
    { minNs: 1584, maxNs: 2511, count: 0 },
    { minNs: 2511, maxNs: 3981, count: 1 },
  ]
  const tasks = `<table><tr><td>a</td> <td><a href="/usertask?type=a%20%ff">3</a></td> <td>${table}</td> </tr>
    <tr><td>b</td> <td><a href="/usertask?type=b">1</a></td> <td></td> </tr></table></body>`
  t.strictSame(readTaskTypes(tasks).types, [
    { type: 'a \ufffd', param: 'a+%FF', count: 3, histogram },
    { type: 'b', param: 'b', count: 1, histogram: [] },
  ])
  const regions = `<table><tr> <td><pre>&#34;r&#34;<br>main.f @ 0x1f<br>f.go:3</pre></td> <td><a href="/userregion?type=%c3%a4&pc=1f">3</a></td> <td>${table}</td> </tr></table></body>`
  t.strictSame(readRegionTypes(regions).regions, [
    { type: 'ä', param: '%C3%A4', func: 'main.f', pc: '1f', file: 'f.go', line: '3', count: 3, histogram },
  ])
})

t.test('profiles', async t => {
  const frame = (pc: string) => ({ func: 'f', file: 'f.go', line: 1, pc })
  const sampleTypes = [{ type: 'contentions', unit: 'count' }]
  const one = { sampleTypes, samples: [{ stack: [frame('a'), frame('b')], count: 3, delayNs: 5 }] }
  const parts = [1, 2].map(count => ({ stack: [frame('a'), frame('b')], count, delayNs: count + 1 }))
  t.strictSame(profileForm({ sampleTypes, samples: parts }), profileForm(one), 'samples of one stack add up')
  const turned = { sampleTypes, samples: [{ stack: [frame('b'), frame('a')], count: 3, delayNs: 5 }] }
  t.notSame(profileForm(turned), profileForm(one))
})

t.test('/jsontrace', async t => {
  const answer = (sf: number, stackFrames: ViewerShape['stackFrames'], Running: number): ViewerShape => ({
    traceEvents: [
      { name: 'G1', ph: 'X', ts: 0.5, dur: 1.25, pid: 0, tid: 1, sf },
      { name: 'Goroutines', ph: 'C', ts: 1, pid: 1, tid: 0, args: { Running } },
      { name: 'thread_name', ph: 'M', ts: 0, pid: 0, tid: 1, args: { name: 'Proc 1' } },
    ],
    stackFrames,
  })
  const one = answer(2, { 1: { name: 'main:1' }, 2: { name: 'f:2', parent: 1 } }, 2 ** 64 - 1)
  const same = answer(9, { 7: { name: 'main:1' }, 9: { name: 'f:2', parent: 7 } }, 0)
  t.strictSame(viewerEventsForm(same), viewerEventsForm(one), 'stacks by their frames, counters not below zero')
  t.equal(viewerEventsForm(one).length, 2)
  t.equal(viewerMetadataForm(one).length, 1)
  const other = answer(2, { 1: { name: 'main:2' }, 2: { name: 'f:2', parent: 1 } }, 0)
  t.notSame(viewerEventsForm(other), viewerEventsForm(one), 'another caller is another stack')
  t.throws(() => viewerEventsForm(answer(3, {}, 0)), /not in the answer/)
})

t.test('differences', async t => {
  const form = ['a', 'b', 'c']
  const golden = { hash: hashForm(form), lines: 3, form }
  t.equal(differenceFrom(golden, form), '')
  t.match(differenceFrom(golden, ['a', 'c', 'd']), /missing 1, extra 1\n- b\n\+ d$/)
  t.match(differenceFrom(golden, ['a', 'c', 'b']), /another order from line 1: wanted b, found c/)
  t.match(differenceFrom({ hash: golden.hash, lines: 3 }, ['a']), /^1 lines .* recorded 3 lines/)
})

t.test("Go's quotes", async t => {
  t.equal(unquoted(String.raw`"a\"\\\n\x7f\u200b\U0001f600é\xff"`), 'a"\\\n\x7f\u200b😀é\ufffd')
})

t.test('the usable part of a file', async t => {
  const batch = (generation: number, size: number) => [1, generation, 5, 9, size, ...new Array(size).fill(0)]
  const head = new Array(16).fill(0)
  const old = Buffer.from([...head, ...batch(1, 3), ...batch(1, 2), ...batch(2, 1), ...batch(3, 4)])
  t.strictSame(usablePart(old, 4, 0), { bytes: old.length, generations: 3 }, 'read to the end')
  t.strictSame(usablePart(old, 3, 1), { bytes: 16 + 8 + 7 + 6, generations: 2 })
  t.strictSame(
    usablePart(old.subarray(0, -1), 4, 1),
    { bytes: 16 + 8 + 7 + 6, generations: 3 },
    'a cut batch is left out',
  )
  t.equal(usablePart(old, 1, 1), null)
  t.equal(usablePart(old, 0, 1), null)
  const marked = Buffer.from([...head, ...batch(4, 3), 52, ...batch(4, 2), 52, 255])
  t.strictSame(usablePart(marked, 2, 1), { bytes: 16 + 8 + 1, generations: 1 }, 'its end byte belongs to it')
  t.strictSame(usablePart(marked, 3, 1), { bytes: marked.length - 1, generations: 2 })
})
