/** The four profiles (endpoints.md §11): spans of goroutines, cut to intervals, summed by stack. */

import { type ProfileAnswer, type ProfileKind, type ProfileParams, profileKinds } from '../../contract/profile.js'
import { type Dictionary, EMPTY_STACK, NO_STACK } from '../../core/dictionary.js'
import { CodedError } from '../../errors.js'
import { firstPlace } from '../../shared/search.js'
import { G, N } from '../facts/goroutines.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { framesOf } from './frames.js'
import { findGroup, goroutineRow } from './goroutines.js'
import { type Intervals, regionIntervals } from './regions.js'

export const profileTypes = [
  { type: 'contentions', unit: 'count' },
  { type: 'delay', unit: 'nanoseconds' },
]

export function answerProfile(facts: TraceFacts, params: ProfileParams): ProfileAnswer {
  const sums = new StackSums(facts.dictionary)
  countSpans(facts, params, sums)
  return { sampleTypes: profileTypes, samples: sums.samples(), ready: true, partial: facts.partial }
}

/** Samples and delay of a whole profile. */
export function profileTotals(facts: TraceFacts, kind: ProfileKind): { count: number; delayNs: number } {
  if (facts.groups.rows.length === 0) return { count: 0, delayNs: 0 }
  const totals = {
    count: 0,
    delayNs: 0,
    add(_: number, time: number) {
      this.count++
      this.delayNs += time
    },
  }
  countSpans(facts, { kind }, totals)
  return { count: totals.count, delayNs: totals.delayNs }
}

/** Gives every span of the profile that lies, with a part of it, within its goroutine's intervals and the window. */
function countSpans(facts: TraceFacts, params: ProfileParams, sums: { add(stack: number, time: number): void }): void {
  const { goroutines, spans, endNs } = facts
  const kind = profileKinds.indexOf(params.kind)
  const only = params.goid === undefined ? -1 : goroutineRow(facts, params.goid)
  const regions = params.regions === undefined ? undefined : regionIntervals(facts, params.regions)
  const name = regions !== undefined && params.name === undefined ? -1 : nameRowOf(facts, params.name)
  const from = params.from ?? 0
  const to = params.to ?? Number.POSITIVE_INFINITY
  for (const span = spans[kind].after(from); span.next(); ) {
    const row = span.goroutine
    if (only >= 0 && row !== only) continue
    if (name >= 0 && goroutines.number(row, N.Name) !== name) continue
    const start = Math.max(span.start, from)
    const end = Math.min(span.end, to)
    let time: number
    if (regions === undefined) {
      // What lies before a goroutine's first run does not count, as in cmd/trace.
      const died = goroutines.time(row, G.End)
      time = Math.min(end, died < 0 ? endNs : died) - Math.max(start, goroutines.time(row, G.Start))
    } else time = overlap(regions, row, start, end)
    if (time > 0) sums.add(span.stack, time)
  }
}

/** How much of [start, end] lies in the intervals of a goroutine row. */
function overlap({ firsts, bounds }: Intervals, row: number, start: number, end: number): number {
  const limit = firsts[row + 1]
  // first interval that ends after `start`
  const first = firstPlace(firsts[row] / 2, limit / 2, place => bounds[2 * place + 1] > start)
  let sum = 0
  for (let at = 2 * first; at < limit && bounds[at] < end; at += 2) {
    sum += Math.min(end, bounds[at + 1]) - Math.max(start, bounds[at])
  }
  return sum
}

/** Row of the name; −1: any name. Refuses a name that no goroutine has. */
function nameRowOf(facts: TraceFacts, name: string | undefined): number {
  const group = name === undefined ? -1 : findGroup(facts, name)
  if (group < 0 && (name !== undefined || facts.groupNames.length === 0)) {
    throw new CodedError('UNKNOWN_GROUP', `failed to find matching goroutines for name: ${name ?? ''}`)
  }
  return group < 0 ? -1 : facts.groupNames[group]
}

/**
 * Frames from the leaf on that a profile knows of a stack, as in cmd/trace. Only formats before Go 1.22 have longer
 * ones.
 */
const MOST_FRAMES = 128

/**
 * Counts and times by stack. Stacks are the same when their program counters are (whatever a generation says of their
 * functions), where counters of 0 at the root end do not count: a stack of one such frame is no stack.
 */
export class StackSums {
  private readonly counts: Float64Array
  private readonly times: Float64Array
  /** Number of the last sample of each stack: the stack seen last lends its frames to all that are the same. */
  private readonly lasts: Float64Array
  private added = 0

  constructor(private readonly dictionary: Dictionary) {
    const { length } = dictionary.stackParents
    this.counts = new Float64Array(length)
    this.times = new Float64Array(length)
    this.lasts = new Float64Array(length)
  }

  add(stack: number, time: number): void {
    this.counts[stack]++
    this.times[stack] += time
    this.lasts[stack] = ++this.added
  }

  /** Samples, longest delay first. */
  samples(): ProfileAnswer['samples'] {
    const same = new SameStacks(this.dictionary)
    const merged = new Map<number, { stack: number; count: number; delayNs: number }>()
    for (let stack = 0; stack < this.counts.length; stack++) {
      if (this.counts[stack] === 0) continue
      const key = same.keyOf(stack)
      const sample = merged.get(key)
      if (sample === undefined) merged.set(key, { stack, count: this.counts[stack], delayNs: this.times[stack] })
      else {
        sample.count += this.counts[stack]
        sample.delayNs += this.times[stack]
        if (this.lasts[stack] > this.lasts[sample.stack]) sample.stack = stack
      }
    }
    return Array.from(merged.values())
      .sort((a, b) => b.delayNs - a.delayNs || a.stack - b.stack)
      .map(({ stack, count, delayNs }) => ({
        stack: framesOf(this.dictionary, stack).slice(0, MOST_FRAMES),
        count,
        delayNs,
      }))
  }
}

/** Numbers stacks by their program counters: the same number for the same counters. */
class SameStacks {
  private readonly keys: Int32Array
  /** Frames by stack, where its key is known. */
  private readonly depths: Int32Array
  private readonly nodes = new Map<string, number>()

  constructor(private readonly dictionary: Dictionary) {
    this.keys = new Int32Array(dictionary.stackParents.length).fill(-1)
    this.keys[NO_STACK] = 0
    this.keys[EMPTY_STACK] = 0
    this.depths = new Int32Array(this.keys.length)
  }

  keyOf(stack: number): number {
    const key = this.wholeKey(stack)
    if (this.depths[stack] <= MOST_FRAMES) return key
    const frames = this.dictionary.frames(stack).slice(0, MOST_FRAMES)
    return frames.reduceRight((outer, frame) => this.keyIn(outer, frame), 0)
  }

  private wholeKey(stack: number): number {
    const { stackParents, stackFrames } = this.dictionary
    const path: number[] = []
    let at = stack
    for (; this.keys[at] < 0; at = stackParents[at]) path.push(at)
    let key = this.keys[at]
    for (let node = path.pop(); node !== undefined; node = path.pop()) {
      key = this.keyIn(key, stackFrames[node])
      this.keys[node] = key
      this.depths[node] = this.depths[stackParents[node]] + 1
    }
    return key
  }

  /** Key of a frame inside those of a key. */
  private keyIn(outer: number, frame: number): number {
    const pc = this.dictionary.framePcs[frame]
    if (outer === 0 && pc === 0n) return 0
    const text = `${outer},${pc}`
    const known = this.nodes.get(text)
    if (known !== undefined) return known
    const key = this.nodes.size + 1
    this.nodes.set(text, key)
    return key
  }
}
