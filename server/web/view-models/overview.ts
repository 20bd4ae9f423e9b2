/**
 * The overview strip as geometry: share of procs busy, GC and stop-the-world bars, density of events, ticks. Graphics
 * live in a stretched viewBox of one unit a bucket; times stand at percent of the width, so that text is never
 * stretched.
 */
import type { HomeAnswer, Overview } from '../../contract/home.js'
import { roundStep, tickLabel } from '../../shared/time-ticks.js'
import { counted, durationText, percentText } from './format.js'

export interface OverviewView {
  readonly buckets: number
  readonly procs: number
  /** SVG paths of the stacked areas, the one that is painted first before the others. */
  readonly areas: { readonly className: string; readonly path: string }[]
  readonly gc: Bar[]
  readonly stw: Bar[]
  readonly events: string
  readonly ticks: Tick[]
  readonly label: string
}

interface Bar {
  readonly x: string
  readonly width: string
}

interface Tick {
  readonly x: string
  readonly text: string
  readonly anchor: 'start' | 'middle' | 'end'
  /** Every second tick is left out on small screens. */
  readonly second: boolean
}

const busyHeight = 72
const eventsHeight = 20
const narrowestBar = 0.12

export function overviewView(home: HomeAnswer): OverviewView | null {
  const { overview, durationNs } = home
  if (overview === null || overview.events.length === 0 || durationNs === null || durationNs === 0) return null
  const buckets = overview.events.length
  return {
    buckets,
    procs: home.procs ?? 0,
    areas: stackedAreas(overview, home.procs ?? 1),
    gc: barsOf(overview.gcOn, overview.bucketNs, durationNs),
    stw: barsOf(overview.stw, overview.bucketNs, durationNs),
    events: steps(overview.events, Math.max(1, ...overview.events), eventsHeight),
    ticks: ticksOf(durationNs),
    label: labelOf(home),
  }
}

/** Bytes of each generation over the file, for the time before the events are read. */
export function densityView(home: HomeAnswer, read: number): object | null {
  const most = Math.max(0, ...home.generations.map(generation => generation.bytes))
  const shown = home.generations.slice(0, 400)
  if (most === 0 || shown.length < 2) return null
  return {
    count: shown.length,
    bars: shown.map((generation, index) => {
      const height = Math.max(1, (generation.bytes / most) * 64)
      return { x: index + 0.05, y: (64 - height).toFixed(1), height: height.toFixed(1), read: index < read }
    }),
    label: `Bytes of ${counted(home.generations.length, 'generation')}; ${read} are read`,
  }
}

/** Each area reaches from the floor to its upper edge, and the lower ones are painted over it. */
function stackedAreas(overview: Overview, procs: number): OverviewView['areas'] {
  const { gcWorker, syscall, bucketNs } = overview
  const running = overview.running.map((ns, bucket) => Math.max(0, ns - gcWorker[bucket]))
  const full = Math.max(1, procs) * bucketNs
  const edge = new Float64Array(running.length)
  const areas: { className: string; path: string }[] = []
  for (const [className, values] of [
    ['c-gc', gcWorker],
    ['c-running', running],
    ['c-syscall', syscall],
  ] as const) {
    for (let bucket = 0; bucket < values.length; bucket++) edge[bucket] += values[bucket]
    areas.unshift({ className, path: steps(edge, full, busyHeight) })
  }
  return areas
}

/** A filled staircase of one step a bucket, `full` as high as the picture; equal neighbours make one step. */
function steps(values: ArrayLike<number>, full: number, height: number): string {
  let path = `M0 ${height}`
  let last = ''
  for (let bucket = 0; bucket < values.length; bucket++) {
    const y = String(Math.round(height * (1 - Math.min(1, values[bucket] / full)) * 10) / 10)
    if (y !== last) path += `H${bucket}V${y}`
    last = y
  }
  return `${path}H${values.length}V${height}Z`
}

/** Neighbouring buckets make one bar; its first and last bucket are as wide as the time in them. */
function barsOf(values: readonly number[], bucketNs: number, durationNs: number): Bar[] {
  const bars: Bar[] = []
  const percent = (bucketPosition: number): number => (bucketPosition * bucketNs * 100) / durationNs
  for (let first = 0; first < values.length; first++) {
    if (values[first] <= 0) continue
    let last = first
    while (last + 1 < values.length && values[last + 1] > 0) last++
    const share = (bucket: number): number => Math.min(1, values[bucket] / bucketNs)
    const from = last === first ? first : first + 1 - share(first)
    const to = last === first ? first + share(first) : last + share(last)
    const width = Math.max(narrowestBar, percent(to) - percent(from))
    bars.push({ x: `${percent(from).toFixed(2)}%`, width: `${width.toFixed(2)}%` })
    first = last
  }
  return bars
}

/** At most nine of them. */
export function ticksOf(durationNs: number): Tick[] {
  const step = roundStep(durationNs / 8)
  const ticks: Tick[] = []
  for (let index = 0; index * step < durationNs; index++) {
    const share = (index * step) / durationNs
    // A label so near to the end that it would leave the picture is left out.
    if (share > 0.97) break
    ticks.push({
      x: `${(share * 100).toFixed(2)}%`,
      text: tickLabel(index * step, step),
      anchor: index === 0 ? 'start' : 'middle',
      second: index % 2 === 1,
    })
  }
  return ticks
}

function labelOf(home: HomeAnswer): string {
  const parts = [`Overview of the whole trace, ${durationText(home.durationNs!)}.`]
  if (home.busyShare !== null) parts.push(`Procs were busy ${percentText(home.busyShare)} of the time.`)
  if (home.gc !== null) parts.push(`${counted(home.gc.cycles, 'GC cycle')}.`)
  if (home.stw !== null)
    parts.push(`${counted(home.stw.count, 'stop-the-world stop')}, ${durationText(home.stw.totalNs)} in all.`)
  return parts.join(' ')
}
