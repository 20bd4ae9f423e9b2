/**
 * The states of a goroutine as pictures: each has a colour class and a rung of the ladder (taller is nearer to the
 * CPU). Statistics titles of cmd/trace are brought down to these states.
 */
import { reasonOf, type Wait } from '../../core/reasons.js'
import { durationText } from './format.js'

export const stateClasses = [
  'running',
  'syscall',
  'runnable',
  'sync',
  'chan',
  'net',
  'sleep',
  'gcwait',
  'other',
] as const
export type StateClass = (typeof stateClasses)[number]

export const stateLabels: Record<StateClass, string> = {
  running: 'running',
  syscall: 'in a syscall',
  runnable: 'runnable',
  sync: 'waiting: sync',
  chan: 'waiting: chan, select',
  net: 'waiting: network',
  sleep: 'waiting: sleep',
  gcwait: 'waiting: GC',
  other: 'unknown',
}

/** As the end of “spent most of their life …”. */
export const statePhrases: Record<StateClass, string> = {
  running: 'running',
  syscall: 'in system calls',
  runnable: 'waiting for a free proc',
  sync: 'waiting for a mutex, condition or wait group',
  chan: 'waiting for channels',
  net: 'waiting for the network',
  sleep: 'asleep',
  gcwait: 'waiting for work from the garbage collector or runtime',
  other: 'in a state that the trace does not tell',
}

/** Height in a lane of 12. */
export function rungHeight(state: StateClass): number {
  return state === 'running' ? 12 : state === 'syscall' ? 9 : state === 'runnable' ? 6 : 3
}

const waitClasses: Readonly<Record<Wait, StateClass>> = {
  chan: 'chan',
  sync: 'sync',
  network: 'net',
  sleep: 'sleep',
  gc: 'gcwait',
  other: 'other',
}

/** The class of a reason to wait, as Go words it. */
export function reasonClass(reason: string): StateClass {
  return reason === 'syscall' ? 'syscall' : waitClasses[reasonOf(reason).wait]
}

/** The class of a statistics title: `Execution time`, `Block time (chan receive)`, … */
export function titleClass(title: string): StateClass {
  if (title === 'Execution time') return 'running'
  if (title === 'Sched wait time') return 'runnable'
  if (title === 'Syscall execution time') return 'syscall'
  const reason = /^Block time \((.*)\)$/.exec(title)
  return reason === null ? 'other' : reasonClass(reason[1])
}

export interface LadderRect {
  readonly state: StateClass
  readonly x: string
  readonly y: number
  readonly width: string
  readonly height: number
}

export interface LadderBar {
  readonly rects: LadderRect[]
  /** The picture in words. */
  readonly label: string
}

const barUnits = 1000
const narrowestRect = 1.2

/** Sums of ns by state class of a row of statistics. */
export function sumByState(stats: Readonly<Record<string, number>>): Record<StateClass, number> {
  const sums = Object.fromEntries(stateClasses.map(state => [state, 0])) as Record<StateClass, number>
  for (const [title, ns] of Object.entries(stats)) sums[titleClass(title)] += ns
  return sums
}

/**
 * A stacked bar of one row's statistics, 1000 units wide for `longestNs`. What is there at all stays visible; the last
 * rectangles give way where the smallest widths add up to more than the bar.
 */
export function ladderBar(name: string, stats: Readonly<Record<string, number>>, longestNs: number): LadderBar {
  const sums = sumByState(stats)
  const rects: LadderRect[] = []
  const words: string[] = []
  let x = 0
  for (const state of stateClasses) {
    const ns = sums[state]
    if (ns <= 0 || longestNs <= 0) continue
    const width = Math.min(Math.max((ns / longestNs) * barUnits, narrowestRect), barUnits - x)
    const height = rungHeight(state)
    if (width > 0) rects.push({ state, x: x.toFixed(1), y: 12 - height, width: width.toFixed(1), height })
    words.push(`${stateLabels[state]} ${durationText(ns)}`)
    x += width
  }
  return { rects, label: `${name}: ${words.length === 0 ? 'nothing recorded' : words.join(', ')}` }
}

export interface LegendItem {
  readonly state: StateClass
  readonly label: string
  readonly y: number
  readonly height: number
}

/** The legend of the states that occur in these rows of statistics. */
export function legendOf(titles: Iterable<string>): LegendItem[] {
  const present = new Set<StateClass>()
  for (const title of titles) present.add(titleClass(title))
  return stateClasses
    .filter(state => present.has(state))
    .map(state => ({ state, label: stateLabels[state], y: 12 - rungHeight(state), height: rungHeight(state) }))
}
