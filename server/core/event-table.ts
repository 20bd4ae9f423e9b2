/**
 * The one table of event facts. Everything that knows an event by its number derives from here: the wire decoder,
 * the text dumps, the ordering, the analyses and the tests.
 *
 * Two layouts stand side by side. `args` is the wire layout: names as Go's text format writes them, without the
 * time delta that every timed event carries first; the type of an argument is the part after its last `_`, or the
 * whole name. `slots` is the layout of the ordered columns (event-block.ts): what remains when sequence numbers
 * are gone and ids have become rows. A slot is one signed 32-bit integer; `…Low`/`…High` pairs hold the halves of an
 * unsigned 64-bit value.
 */
import * as kinds from '../wasm/event-kinds.js'
import type { V2Version } from './formats.js'
import { GoState, ProcState } from './states.js'

/**
 * Event numbers. 0–52 and 128–136 are those on the wire; only timed ones, CpuSample and Sync occur in ordered columns.
 */
export const EventKind = { ...kinds } as const
export type EventKind = (typeof EventKind)[keyof typeof EventKind]

/** Names of ranges; `STW` is followed by its kind in brackets. */
export const RangeName = {
  GC: 'GC concurrent mark phase',
  Sweep: 'GC incremental sweep',
  Assist: 'GC mark assist',
  STW: 'stop-the-world',
} as const

/** What a goroutine or proc transition changes. States that differ from event to event are in slots `from` and `to`. */
export interface TransitionSpec {
  readonly resource: 'goroutine' | 'proc'
  /** Slot with the resource's row, or 'context' for that of the event's context. */
  readonly subject: 'slot' | 'context'
  readonly from: number | 'slot'
  readonly to: number | 'slot'
}

export interface EventSpec {
  readonly kind: number
  readonly name: string
  /** First header version whose table has the event. */
  readonly since: V2Version
  /** Timed events stand in the batches of threads and carry a time delta first. */
  readonly timed: boolean
  /** Wire arguments without the time delta. */
  readonly args: readonly string[]
  /** Slots in the ordered columns; undefined when the event never gets there. */
  readonly slots?: readonly string[]
  readonly transition?: TransitionSpec
  readonly range?: {
    readonly edge: 'begin' | 'active' | 'end'
    readonly name: string
    readonly scope: 'none' | 'goroutine' | 'proc'
  }
  readonly metric?: string
}

type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}`
  ? Word | Words<Rest>
  : Text extends ''
    ? never
    : Text

/** A row of the table: all of a spec but what its key tells. `Slots` are the slots' names, separated by spaces. */
interface Row<Slots extends string> extends Omit<EventSpec, 'kind' | 'name' | 'slots'> {
  readonly slots?: Slots
}
type More = Pick<EventSpec, 'transition' | 'range' | 'metric'>

function structural<Slots extends string = ''>(since: EventSpec['since'], args: string, slots?: Slots): Row<Slots> {
  return { since, timed: false, args: words(args), slots }
}

function timed<Slots extends string>(
  since: EventSpec['since'],
  args: string,
  slots: Slots,
  more: More = {},
): Row<Slots> {
  return { since, timed: true, args: words(args), slots, ...more }
}

function words(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}

function goes(subject: 'slot' | 'context', from: number | 'slot', to: number | 'slot'): More {
  return { transition: { resource: 'goroutine', subject, from, to } }
}

function proc(subject: 'slot' | 'context', from: number | 'slot', to: number | 'slot'): More {
  return { transition: { resource: 'proc', subject, from, to } }
}

function range(edge: 'begin' | 'active' | 'end', name: string, scope: 'none' | 'goroutine' | 'proc'): More {
  return { range: { edge, name, scope } }
}

const { NotExist, Runnable, Running, Waiting, Syscall } = GoState
const R = RangeName

const table = {
  EventBatch: structural(22, 'gen m time size'),
  Stacks: structural(22, ''),
  Stack: structural(22, 'id nframes'),
  Strings: structural(22, ''),
  String: structural(22, 'id'),
  CpuSamples: structural(22, ''),
  CpuSample: structural(22, 'time m p g stack', 'stack'),
  Frequency: structural(22, 'freq'),
  ProcsChange: timed(22, 'procs_value stack', 'valueLow valueHigh stack', { metric: '/sched/gomaxprocs:threads' }),
  ProcStart: timed(22, 'p p_seq', 'p', proc('slot', ProcState.Idle, ProcState.Running)),
  ProcStop: timed(22, '', '', proc('context', ProcState.Running, ProcState.Idle)),
  ProcSteal: timed(22, 'p p_seq m', 'p from', proc('slot', 'slot', ProcState.Idle)),
  ProcStatus: timed(22, 'p pstatus', 'p from to', proc('slot', 'slot', 'slot')),
  GoCreate: timed(22, 'new_g new_stack stack', 'g newStack stack', goes('slot', NotExist, Runnable)),
  GoCreateSyscall: timed(22, 'new_g', 'g', goes('slot', NotExist, Syscall)),
  GoStart: timed(22, 'g g_seq', 'g', goes('slot', Runnable, Running)),
  GoDestroy: timed(22, '', '', goes('context', Running, NotExist)),
  GoDestroySyscall: timed(22, '', '', goes('context', Syscall, NotExist)),
  GoStop: timed(22, 'reason_string stack', 'reason stack', goes('context', Running, Runnable)),
  GoBlock: timed(22, 'reason_string stack', 'reason stack', goes('context', Running, Waiting)),
  GoUnblock: timed(22, 'g g_seq stack', 'g stack', goes('slot', Waiting, Runnable)),
  GoSyscallBegin: timed(22, 'p_seq stack', 'stack', goes('context', Running, Syscall)),
  GoSyscallEnd: timed(22, '', '', goes('context', Syscall, Running)),
  GoSyscallEndBlocked: timed(22, '', '', goes('context', Syscall, Runnable)),
  GoStatus: timed(22, 'g m gstatus', 'g from to', goes('slot', 'slot', 'slot')),
  STWBegin: timed(22, 'kind_string stack', 'stwKind stack', range('begin', R.STW, 'goroutine')),
  STWEnd: timed(22, '', 'stwKind', range('end', R.STW, 'goroutine')),
  GCActive: timed(22, 'gc_seq', '', range('active', R.GC, 'none')),
  GCBegin: timed(22, 'gc_seq stack', 'stack', range('begin', R.GC, 'none')),
  GCEnd: timed(22, 'gc_seq', '', range('end', R.GC, 'none')),
  GCSweepActive: timed(22, 'p', 'p', range('active', R.Sweep, 'proc')),
  GCSweepBegin: timed(22, 'stack', 'stack', range('begin', R.Sweep, 'proc')),
  GCSweepEnd: timed(
    22,
    'swept_value reclaimed_value',
    'sweptLow sweptHigh reclaimedLow reclaimedHigh',
    range('end', R.Sweep, 'proc'),
  ),
  GCMarkAssistActive: timed(22, 'g', 'g', range('active', R.Assist, 'goroutine')),
  GCMarkAssistBegin: timed(22, 'stack', 'stack', range('begin', R.Assist, 'goroutine')),
  GCMarkAssistEnd: timed(22, '', '', range('end', R.Assist, 'goroutine')),
  HeapAlloc: timed(22, 'heapalloc_value', 'valueLow valueHigh', { metric: '/memory/classes/heap/objects:bytes' }),
  HeapGoal: timed(22, 'heapgoal_value', 'valueLow valueHigh', { metric: '/gc/heap/goal:bytes' }),
  GoLabel: timed(22, 'label_string', 'label'),
  UserTaskBegin: timed(22, 'task parent_task name_string stack', 'task parent name stack'),
  UserTaskEnd: timed(22, 'task stack', 'task parent name stack'),
  UserRegionBegin: timed(22, 'task name_string stack', 'task name stack'),
  UserRegionEnd: timed(22, 'task name_string stack', 'task name stack'),
  UserLog: timed(22, 'task key_string value_string stack', 'task category message stack'),
  GoSwitch: timed(23, 'g g_seq', 'g', goes('slot', Waiting, Runnable)),
  GoSwitchDestroy: timed(23, 'g g_seq', 'g', goes('slot', Waiting, Runnable)),
  GoCreateBlocked: timed(23, 'new_g new_stack stack', 'g newStack stack', goes('slot', NotExist, Waiting)),
  GoStatusStack: timed(23, 'g m gstatus stack', 'g from to stack', goes('slot', 'slot', 'slot')),
  ExperimentalBatch: structural(23, 'exp gen m time'),
  Sync: structural(25, '', 'generation'),
  ClockSnapshot: structural(25, 'dt mono sec nsec'),
  EndOfGeneration: structural(26, ''),
  Span: timed(26, 'id npages_value kindclass', 'idLow idHigh pagesLow pagesHigh classLow classHigh'),
  SpanAlloc: timed(26, 'id npages_value kindclass', 'idLow idHigh pagesLow pagesHigh classLow classHigh'),
  SpanFree: timed(26, 'id', 'idLow idHigh'),
  HeapObject: timed(26, 'id type', 'idLow idHigh typeLow typeHigh'),
  HeapObjectAlloc: timed(26, 'id type', 'idLow idHigh typeLow typeHigh'),
  HeapObjectFree: timed(26, 'id', 'idLow idHigh'),
  GoroutineStack: timed(26, 'id order', 'idLow idHigh orderLow orderHigh'),
  GoroutineStackAlloc: timed(26, 'id order', 'idLow idHigh orderLow orderHigh'),
  GoroutineStackFree: timed(26, 'id', 'idLow idHigh'),
}
type Table = typeof table
export type EventName = keyof Table
/** The names of an event's slots. */
export type SlotName<Name extends EventName> = Table[Name] extends Row<infer Slots> ? Words<Slots> : never

/** The number of event types that a wire byte may name; the rest of the byte's values are invalid. */
export const EVENT_LIMIT = 137

/** Spec by event number; a hole where a number is unused. */
export const eventSpecs: readonly (EventSpec | undefined)[] = (() => {
  const specs: (EventSpec | undefined)[] = new Array(EVENT_LIMIT).fill(undefined)
  for (const [name, row] of Object.entries<Row<string>>(table)) {
    const kind = EventKind[name as EventName]
    const slots = row.slots === undefined ? undefined : words(row.slots)
    specs[kind] = { ...row, kind, name: name.replace(/^Cpu/, 'CPU'), slots }
  }
  return specs
})()

/**
 * 1 by event number: an annotation, a metric, a range of a goroutine or a proc, an event of an experiment. What it says
 * has no part in which event goes next; the garbage collector's ranges have numbers that do.
 */
export const isAnnotation: Uint8Array = Uint8Array.from(eventSpecs, spec => {
  if (spec === undefined || !spec.timed || spec.transition !== undefined) return 0
  return spec.range?.scope === 'none' ? 0 : 1
})

/** Number of slots by event number, for walking ordered columns. */
export const slotCounts: Uint8Array = Uint8Array.from(eventSpecs, spec => spec?.slots?.length ?? 0)

/** Position of a slot of an event, or −1 when the event has none of that name. */
export function slotOf(kind: number, slot: string): number {
  return eventSpecs[kind]?.slots?.indexOf(slot) ?? -1
}
