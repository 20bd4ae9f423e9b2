/** What decides the slices knows no format: a sink of plain objects holds the same events as the JSON. */
import t from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import type { Dictionary } from '../../server/core/dictionary.js'
import type { Args, Counter, EventSink, Flow, Instant, Name, Slice, Track } from '../../server/export/sinks.js'
import { JsonSink } from '../../server/export/trace-event/json-sink.js'
import { type TraceEventPlan, wholeTrace } from '../../server/export/trace-event/plan.js'
import { Slices } from '../../server/export/trace-event/slices.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import type { ViewerEvent, ViewerShape } from '../helpers/canonical.js'
import { fixture } from '../helpers/fixtures.js'
import { readDetail } from '../helpers/local-detail.js'
import { analyseSource } from '../helpers/local-trace.js'

/** Gives what comes to two sinks. */
class Both implements EventSink {
  readonly isFull = false

  constructor(private readonly sinks: readonly EventSink[]) {}

  slice(slice: Slice): void {
    for (const sink of this.sinks) sink.slice(slice)
  }

  instant(instant: Instant): void {
    for (const sink of this.sinks) sink.instant(instant)
  }

  flow(flow: Flow): void {
    for (const sink of this.sinks) sink.flow(flow)
  }

  counter(counter: Counter): void {
    for (const sink of this.sinks) sink.counter(counter)
  }
}

/** Keeps what comes, with names and stacks in words. */
class PlainSink implements EventSink {
  readonly isFull = false
  readonly events: unknown[] = []

  constructor(private readonly dictionary: Dictionary) {}

  slice({ name, goroutine, track, start, end, stack, endStack, args, task }: Slice): void {
    const region = track.kind === 'region'
    const common = { kind: region ? 'region' : 'slice', name: this.name(name, goroutine), track: trackText(track) }
    const stacks = [this.frames(stack), this.frames(endStack)]
    this.events.push({
      ...common,
      times: [start, end],
      stacks,
      args: argsOf(args),
      colour: task !== null,
    })
  }

  instant({ name, track, time, stack, args, category }: Instant): void {
    const common = { kind: 'instant', name: this.name(name), track: trackText(track), times: [time] }
    this.events.push({ ...common, stacks: [this.frames(stack)], args: argsOf(args), category })
  }

  flow({ name, from, start, stack, to, end }: Flow): void {
    const tracks = [trackText(from), trackText(to)]
    const common = { kind: 'flow', name: this.name(name), tracks, times: [start, end] }
    this.events.push({ ...common, stacks: [this.frames(stack)] })
  }

  counter({ track: { name, series }, time, values }: Counter): void {
    const args = Object.fromEntries(values.map((value, i) => [series[i], Number(value)]))
    this.events.push({ kind: 'counter', name, times: [time], args })
  }

  private name({ text }: Name, goroutine = -1): string {
    const { goroutines, wide } = this.dictionary
    const id = goroutine < 0 ? '' : `G${wide.signedText(goroutines.ids[goroutine])}`
    return Buffer.from(id + text, 'latin1').toString()
  }

  /** `function:line`, leaf first. */
  private frames(stack: number): string[] {
    const { stackFrames, stackParents, strings, frameFunctions, frameLines } = this.dictionary
    const frames: string[] = []
    for (let at = stack; stackFrames[at] >= 0; at = stackParents[at]) {
      const frame = stackFrames[at]
      frames.push(`${Buffer.from(strings[frameFunctions[frame]], 'latin1')}:${frameLines[frame]}`)
    }
    return frames
  }
}

function trackText({ kind, id }: Track): string {
  return `${kind === 'task' ? 'task' : 'lane'} ${Number(id)}`
}

function argsOf(args: Args | null): Record<string, unknown> | null {
  if (args === null) return null
  return Object.fromEntries(args.map(([name, value]) => [name, typeof value === 'string' ? value : Number(value)]))
}

/** The JSON's events in the same words; both halves of an arrow or a region are one. */
function plainEvents({ traceEvents, stackFrames }: ViewerShape): unknown[] {
  const frames = (node: number | undefined): string[] => {
    const found: string[] = []
    for (let at = node; at !== undefined; at = stackFrames[at].parent) found.push(stackFrames[at].name)
    return found
  }
  const ns = (us: number): number => Math.round(us * 1000)
  const trackOf = ({ pid, tid }: ViewerEvent): string => `${pid === 2 ? 'task' : 'lane'} ${tid}`
  const begun = new Map<string, ViewerEvent>()
  const plain: unknown[] = []
  for (const event of traceEvents ?? []) {
    const { ph, ts, dur, sf, esf, id, cname, cat } = event
    const name = event.name ?? ''
    const args = event.args ?? null
    const common = { name, track: trackOf(event) }
    if (ph === 'X') {
      const times = [ns(ts), ns(ts) + ns(dur ?? 0)]
      const stacks = [frames(sf), frames(esf)]
      plain.push({ kind: 'slice', ...common, times, stacks, args, colour: cname !== undefined })
    } else if (ph === 'I') {
      plain.push({ kind: 'instant', ...common, times: [ns(ts)], stacks: [frames(sf)], args, category: cat ?? null })
    } else if (ph === 'C') {
      plain.push({ kind: 'counter', name, times: [ns(ts)], args })
    } else if (ph === 's' || ph === 'b') {
      begun.set(`${ph} ${id}`, event)
    } else if (ph === 't') {
      const start = begun.get(`s ${id}`) as ViewerEvent
      const tracks = [trackOf(start), trackOf(event)]
      plain.push({ kind: 'flow', name, tracks, times: [ns(start.ts), ns(ts)], stacks: [frames(start.sf)] })
    } else if (ph === 'e') {
      const start = begun.get(`b ${id}`) as ViewerEvent
      const stacks = [frames(start.sf), frames(sf)]
      plain.push({
        kind: 'region',
        ...common,
        times: [ns(start.ts), ns(ts)],
        stacks,
        args,
        colour: cname !== undefined,
      })
    }
  }
  return plain
}

function compare(name: string, plan: Partial<TraceEventPlan>): number {
  const { path } = fixture(name)
  const local = readDetail(path)
  try {
    const { detail, viewer, blocks } = local
    const { dictionary } = detail
    const json = new JsonSink(dictionary, 0, Number.POSITIVE_INFINITY)
    const plain = new PlainSink(dictionary)
    const whole = { ...wholeTrace, ...plan }
    const slices = new Slices(dictionary, whole, viewer, detail.startTime, new Both([json, plain]))
    const pieces: Uint8Array[] = []
    for (const block of blocks) for (const _ of slices.feed(block)) pieces.push(...json.takePieces())
    for (const _ of slices.finish()) pieces.push(...json.takePieces())
    pieces.push(...json.finish(slices.tracks.groups()))
    const shape = JSON.parse(Buffer.concat(pieces).toString()) as ViewerShape
    const found = plainEvents(shape)
    const difference = plain.events.findIndex((event, i) => JSON.stringify(event) !== JSON.stringify(found[i]))
    if (difference >= 0) t.same(found[difference], plain.events[difference], `event ${difference} of ${name}`)
    t.equal(found.length, plain.events.length, `${name} by ${whole.view}`)
    const tracks = [...slices.tracks.groups()].flatMap(group => [...group.tracks()])
    const named = (shape.traceEvents ?? []).filter(event => event.name === 'thread_name')
    t.same(
      tracks.map(({ track, name }) => [trackText(track), Buffer.from(name, 'latin1').toString()]),
      named.map(event => [`${event.pid === 2 ? 'task' : 'lane'} ${event.tid}`, event.args?.name]),
      'tracks have the same names in the same order',
    )
    return plain.events.length
  } finally {
    local.close()
  }
}

t.test('the same events in both sinks', t => {
  let events = 0
  for (const view of ['proc', 'thread', 'goroutine'] as const) events += compare('tasks-go1.24', { view })
  events += compare('cpuprofile-go1.19', {})
  const source = openSource(fixture('tasks-go1.26').path)
  const { tasks } = answerQuery(analyseSource(source, openTrace(source)), 'traceView', { taskid: 1 })
  source.close()
  events += compare('tasks-go1.26', { view: 'goroutine', tasks })
  t.ok(events > 20_000, `${events} events`)
  t.end()
})
