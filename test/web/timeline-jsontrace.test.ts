/** What the timeline tells of spans, lanes and arrows is what the trace-event JSON has for the same moments. */
import t from 'tap'
import { decodeTile } from '../../server/shared/tile.js'
import type { ArrowsAnswer, SpanAnswer, TimelineFrame } from '../../server/shared/timeline.js'
import { serveTrace } from '../helpers/serve-trace.js'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly ts: number
  readonly dur?: number
  readonly tid: number
  readonly id?: number
  readonly esf?: number
}

interface TraceJson {
  readonly traceEvents: readonly TraceEvent[]
  readonly stackFrames: Readonly<Record<string, { readonly name: string; readonly parent?: number }>>
}

/** A run of a goroutine, or one of its syscalls, ns. */
interface Slice {
  readonly goid: string
  readonly place: number
  readonly start: number
  readonly end: number
  readonly stack: number
}

const nsOf = (us: number) => Math.round(us * 1000)

async function ask<A>(address: string): Promise<A> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`${response.status} for ${address}: ${await response.text()}`)
  return (await response.json()) as A
}

function slicesOf({ traceEvents }: TraceJson, isOne: (name: string) => boolean): Slice[] {
  return traceEvents
    .filter(({ ph, name }) => ph === 'X' && isOne(name))
    .map(({ name, tid, ts, dur = 0, esf = 0 }) => ({
      goid: /^G(\d+)/.exec(name)?.[1] ?? '',
      place: tid,
      start: nsOf(ts),
      end: nsOf(ts + dur),
      stack: esf,
    }))
}

/** Function and line of each frame, the leaf first. */
function stackText({ stackFrames }: TraceJson, id: number): string[] {
  const frames: string[] = []
  for (let at: number | undefined = id; at; at = stackFrames[at]?.parent) frames.push(stackFrames[at].name)
  return frames
}
const framesText = (frames: readonly TimelineFrame[]) => frames.map(({ func, line }) => `${func}:${line}`)

/** Numbers from 0 to 1, the same in every run. */
function* chances(): Generator<number, never> {
  for (let state = 4711; ; ) {
    state = (state * 1103515245 + 12345) % 2147483648
    yield state / 2147483648
  }
}

const moments = 60

t.setTimeout(600_000)
// In traces before Go 1.22 a syscall of the JSON lasts until the next one of its proc.
for (const name of ['web-go1.26', 'gc-go1.24', 'sync-go1.22', 'syscalls-go1.25', 'tasks-go1.26']) {
  t.test(`${name}: spans`, async t => {
    const url = await serveTrace(t, name)
    const json = await ask<TraceJson>(`${url}/jsontrace?view=proc&wait=1`)
    const runs = slicesOf(json, text => /^G\d+/.test(text)).filter(({ start, end }) => end > start)
    const syscalls = slicesOf(json, text => text === 'syscall')
    t.ok(runs.length > 20, `${runs.length} runs`)
    const next = chances()
    const chance = (most: number) => Math.floor(next.next().value * most)
    const executes = (span: SpanAnswer) => span.state === 'Running' || span.state === 'Syscall'
    let stacks = 0
    for (let i = 0; i < moments; i++) {
      const run = runs[chance(runs.length)]
      const at = run.start + chance(run.end - run.start)
      const span = await ask<SpanAnswer>(`${url}/timeline/span?goid=${run.goid}&at=${at}`)
      const tag = `G${run.goid} at ${at}`
      const inside = syscalls.find(({ place, start, end }) => place === run.place && start <= at && at < end)
      t.ok(executes(span), `${tag} executes`)
      if (span.state === 'Running' || inside !== undefined) {
        t.equal(span.state, inside === undefined ? 'Running' : 'Syscall', `${tag}: its state`)
      }
      t.equal(String(span.proc), String(run.place), `${tag}: its proc`)
      t.ok(span.startNs <= at && at < span.endNs, `${tag}: within the span`)
      if (inside !== undefined) {
        t.equal(span.startNs, inside.start, `${tag}: the syscall begins`)
        continue
      }
      if (span.state !== 'Running') continue
      const own = syscalls.filter(
        ({ place, start, end }) => place === run.place && start >= run.start && end <= run.end,
      )
      const starts = [run.start, ...own.map(({ end }) => end)].filter(time => time <= at)
      t.equal(span.startNs, Math.max(...starts), `${tag}: it begins`)
      if (span.endNs !== run.end || run.stack === 0 || span.endStack.length === 0) continue
      stacks++
      t.strictSame(framesText(span.endStack), stackText(json, run.stack), `${tag}: where it stopped`)
    }
    t.ok(stacks > 0, `${stacks} stacks compared`)

    // The runs of one goroutine leave the moments in which it runs nowhere.
    const goids = [...new Set(runs.map(({ goid }) => goid))]
    for (let i = 0; i < 5; i++) {
      const goid = goids[chance(goids.length)]
      const own = slicesOf(await ask<TraceJson>(`${url}/jsontrace?goid=${goid}`), text => text.startsWith(`G${goid}`))
      own.sort((a, b) => a.start - b.start)
      for (const [at, { start, end, place }] of own.entries()) {
        if (at >= 12) break
        t.equal(String(place), goid, 'in its own lane')
        const following = own[at + 1]
        if (end > start) {
          const span = await ask<SpanAnswer>(`${url}/timeline/span?goid=${goid}&at=${start}`)
          t.ok(executes(span) && span.endNs <= end, `G${goid} executes at ${start}`)
          if (span.beginKnown) t.equal(span.startNs, start, `G${goid}: the run begins`)
        }
        if (following === undefined || following.start <= end) continue
        const span = await ask<SpanAnswer>(`${url}/timeline/span?goid=${goid}&at=${end}`)
        t.notOk(executes(span), `G${goid} executes no more at ${end}`)
        t.ok(span.startNs === end && span.endNs <= following.start, `G${goid}: until the next run at most`)
      }
    }
  })
}

/** Place of the fake lanes in the JSON, by the lane of the timeline. */
const lanes = { Network: 4, Syscalls: 6 } as const

for (const name of ['sync-go1.26', 'syscalls-go1.24', 'web-newconns-go1.23', 'restart-go1.25', 'cgocall-go1.22']) {
  t.test(`${name}: lanes and arrows`, async t => {
    const url = await serveTrace(t, name)
    const { traceEvents } = await ask<TraceJson>(`${url}/jsontrace?view=proc&wait=1`)
    const endNs = (await ask<{ endNs: number }>(`${url}/timeline/tracks?view=runtime`)).endNs
    const laneNames = traceEvents.filter(({ name, ph }) => ph === 'M' && name === 'thread_name') as (TraceEvent & {
      args: { name: string }
    })[]
    for (const [lane, index] of Object.entries(lanes)) {
      const place = laneNames.find(({ args }) => args.name === lane)!.tid
      const wanted = traceEvents.filter(({ ph, tid }) => ph === 'I' && tid === place).map(({ ts }) => nsOf(ts))
      const found: number[] = []
      // Of so short tiles every one comes as single moments.
      const level = 12
      for (let tile = 0; tile <= Math.floor(endNs / (512 * 2 ** level)); tile++) {
        const response = await fetch(
          `${url}/timeline/tile?view=runtime&tracks=${index}-${index}&level=${level}&index=${tile}`,
        )
        const [track] = decodeTile(new Uint8Array(await response.arrayBuffer())).tracks
        if (track.form === 'spans') found.push(...track.starts)
        else t.fail(`${lane} as columns`)
      }
      t.strictSame(
        found.sort((a, b) => a - b),
        wanted.sort((a, b) => a - b),
        `${lane}: ${wanted.length} moments`,
      )
    }

    const network = laneNames.find(({ args }) => args.name === 'Network')!.tid
    const ends = new Map(traceEvents.filter(({ ph }) => ph === 't').map(event => [event.id, event]))
    const causes = traceEvents.filter(({ ph, name }) => ph === 's' && name !== 'exit blocked syscall')
    t.ok(causes.length > 20, `${causes.length} arrows`)
    const drawn = causes.map(({ id, tid, ts }) => {
      const end = ends.get(id)!
      return { at: nsOf(ts), ran: nsOf(end.ts), from: tid === network ? 'network' : String(tid), to: String(end.tid) }
    })
    const isNetwork = new Set(
      drawn.filter(({ from }) => from === 'network').map(({ at, ran, to }) => `${at} ${ran} ${to}`),
    )
    const windows = 8
    for (let i = 0; i < windows; i++) {
      const [from, to] = [i, i + 1].map(part => Math.floor(((endNs + 1) * part) / windows))
      const { arrows, total } = await ask<ArrowsAnswer>(`${url}/timeline/arrows?from=${from}&to=${to}`)
      t.equal(arrows.length, total, 'all arrows are there')
      const wanted = drawn.filter(({ at, ran }) => at >= from && ran < to)
      const found = arrows.flatMap(({ atNs, ranNs, fromProc, toProc }) => {
        if (ranNs === null) return []
        if (isNetwork.has(`${atNs} ${ranNs} ${toProc}`)) return [`${atNs} ${ranNs} network ${toProc}`]
        // A wake by nobody that runs on a proc has no arrow in the JSON.
        return fromProc === null ? [] : [`${atNs} ${ranNs} ${fromProc} ${toProc}`]
      })
      t.strictSame(
        found.sort(),
        wanted.map(({ at, ran, from, to }) => `${at} ${ran} ${from} ${to}`).sort(),
        `${wanted.length} arrows of the JSON in window ${i}`,
      )
    }
  })
}

t.test('arrows of a window that is crowded, empty or wrong', async t => {
  const url = await serveTrace(t, 'web-go1.26')
  const { arrows, total } = await ask<ArrowsAnswer>(`${url}/timeline/arrows?from=0&to=1000000000&wait=1`)
  t.ok(total! > 1000 && arrows.length <= 1000 && arrows.length >= 500, `${arrows.length} of ${total}`)
  const times = arrows.map(({ atNs }) => atNs)
  t.strictSame(
    times,
    [...times].sort((a, b) => a - b),
    'in the order of time',
  )
  t.ok(times.at(-1)! > 60e6, 'chosen from all of the window')
  t.strictSame(await ask(`${url}/timeline/arrows?from=900000000&to=1000000000`), { arrows: [], total: 0 })
  t.equal((await fetch(`${url}/timeline/arrows?from=x&to=3`)).status, 400)
})
