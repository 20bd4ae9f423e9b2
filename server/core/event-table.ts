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
import { GoState, ProcState } from './states.js'

/** Event numbers. 0–52 and 128–136 are those on the wire; only timed ones, CpuSample and Sync occur in ordered columns. */
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
  readonly since: 22 | 23 | 25 | 26
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

const specs: EventSpec[] = []

function structural(kind: number, since: EventSpec['since'], args: string, slots?: string): void {
  specs.push({
    kind,
    name: kindName(kind),
    since,
    timed: false,
    args: words(args),
    slots: slots === undefined ? undefined : words(slots),
  })
}

function timed(
  kind: number,
  since: EventSpec['since'],
  args: string,
  slots: string,
  more: Partial<EventSpec> = {},
): void {
  specs.push({ kind, name: kindName(kind), since, timed: true, args: words(args), slots: words(slots), ...more })
}

function words(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}

function kindName(kind: number): string {
  for (const [name, value] of Object.entries(EventKind)) {
    if (value === kind) return name.replace(/^Cpu/, 'CPU')
  }
  throw new Error(`no name for event ${kind}`)
}

function goes(subject: 'slot' | 'context', from: number | 'slot', to: number | 'slot'): Partial<EventSpec> {
  return { transition: { resource: 'goroutine', subject, from, to } }
}

function proc(subject: 'slot' | 'context', from: number | 'slot', to: number | 'slot'): Partial<EventSpec> {
  return { transition: { resource: 'proc', subject, from, to } }
}

function range(
  edge: 'begin' | 'active' | 'end',
  name: string,
  scope: 'none' | 'goroutine' | 'proc',
): Partial<EventSpec> {
  return { range: { edge, name, scope } }
}

const { NotExist, Runnable, Running, Waiting, Syscall } = GoState
const E = EventKind
const R = RangeName

structural(E.EventBatch, 22, 'gen m time size')
structural(E.Stacks, 22, '')
structural(E.Stack, 22, 'id nframes')
structural(E.Strings, 22, '')
structural(E.String, 22, 'id')
structural(E.CpuSamples, 22, '')
structural(E.CpuSample, 22, 'time m p g stack', 'stack')
structural(E.Frequency, 22, 'freq')
timed(E.ProcsChange, 22, 'procs_value stack', 'valueLow valueHigh stack', { metric: '/sched/gomaxprocs:threads' })
timed(E.ProcStart, 22, 'p p_seq', 'p', proc('slot', ProcState.Idle, ProcState.Running))
timed(E.ProcStop, 22, '', '', proc('context', ProcState.Running, ProcState.Idle))
timed(E.ProcSteal, 22, 'p p_seq m', 'p from', proc('slot', 'slot', ProcState.Idle))
timed(E.ProcStatus, 22, 'p pstatus', 'p from to', proc('slot', 'slot', 'slot'))
timed(E.GoCreate, 22, 'new_g new_stack stack', 'g newStack stack', goes('slot', NotExist, Runnable))
timed(E.GoCreateSyscall, 22, 'new_g', 'g', goes('slot', NotExist, Syscall))
timed(E.GoStart, 22, 'g g_seq', 'g', goes('slot', Runnable, Running))
timed(E.GoDestroy, 22, '', '', goes('context', Running, NotExist))
timed(E.GoDestroySyscall, 22, '', '', goes('context', Syscall, NotExist))
timed(E.GoStop, 22, 'reason_string stack', 'reason stack', goes('context', Running, Runnable))
timed(E.GoBlock, 22, 'reason_string stack', 'reason stack', goes('context', Running, Waiting))
timed(E.GoUnblock, 22, 'g g_seq stack', 'g stack', goes('slot', Waiting, Runnable))
timed(E.GoSyscallBegin, 22, 'p_seq stack', 'stack', goes('context', Running, Syscall))
timed(E.GoSyscallEnd, 22, '', '', goes('context', Syscall, Running))
timed(E.GoSyscallEndBlocked, 22, '', '', goes('context', Syscall, Runnable))
timed(E.GoStatus, 22, 'g m gstatus', 'g from to', goes('slot', 'slot', 'slot'))
timed(E.STWBegin, 22, 'kind_string stack', 'stwKind stack', range('begin', R.STW, 'goroutine'))
timed(E.STWEnd, 22, '', 'stwKind', range('end', R.STW, 'goroutine'))
timed(E.GCActive, 22, 'gc_seq', '', range('active', R.GC, 'none'))
timed(E.GCBegin, 22, 'gc_seq stack', 'stack', range('begin', R.GC, 'none'))
timed(E.GCEnd, 22, 'gc_seq', '', range('end', R.GC, 'none'))
timed(E.GCSweepActive, 22, 'p', 'p', range('active', R.Sweep, 'proc'))
timed(E.GCSweepBegin, 22, 'stack', 'stack', range('begin', R.Sweep, 'proc'))
timed(
  E.GCSweepEnd,
  22,
  'swept_value reclaimed_value',
  'sweptLow sweptHigh reclaimedLow reclaimedHigh',
  range('end', R.Sweep, 'proc'),
)
timed(E.GCMarkAssistActive, 22, 'g', 'g', range('active', R.Assist, 'goroutine'))
timed(E.GCMarkAssistBegin, 22, 'stack', 'stack', range('begin', R.Assist, 'goroutine'))
timed(E.GCMarkAssistEnd, 22, '', '', range('end', R.Assist, 'goroutine'))
timed(E.HeapAlloc, 22, 'heapalloc_value', 'valueLow valueHigh', { metric: '/memory/classes/heap/objects:bytes' })
timed(E.HeapGoal, 22, 'heapgoal_value', 'valueLow valueHigh', { metric: '/gc/heap/goal:bytes' })
timed(E.GoLabel, 22, 'label_string', 'label')
timed(E.UserTaskBegin, 22, 'task parent_task name_string stack', 'task parent name stack')
timed(E.UserTaskEnd, 22, 'task stack', 'task parent name stack')
timed(E.UserRegionBegin, 22, 'task name_string stack', 'task name stack')
timed(E.UserRegionEnd, 22, 'task name_string stack', 'task name stack')
timed(E.UserLog, 22, 'task key_string value_string stack', 'task category message stack')
timed(E.GoSwitch, 23, 'g g_seq', 'g', goes('slot', Waiting, Runnable))
timed(E.GoSwitchDestroy, 23, 'g g_seq', 'g', goes('slot', Waiting, Runnable))
timed(E.GoCreateBlocked, 23, 'new_g new_stack stack', 'g newStack stack', goes('slot', NotExist, Waiting))
timed(E.GoStatusStack, 23, 'g m gstatus stack', 'g from to stack', goes('slot', 'slot', 'slot'))
structural(E.ExperimentalBatch, 23, 'exp gen m time')
structural(E.Sync, 25, '', 'generation')
structural(E.ClockSnapshot, 25, 'dt mono sec nsec')
structural(E.EndOfGeneration, 26, '')
timed(E.Span, 26, 'id npages_value kindclass', 'idLow idHigh pagesLow pagesHigh classLow classHigh')
timed(E.SpanAlloc, 26, 'id npages_value kindclass', 'idLow idHigh pagesLow pagesHigh classLow classHigh')
timed(E.SpanFree, 26, 'id', 'idLow idHigh')
timed(E.HeapObject, 26, 'id type', 'idLow idHigh typeLow typeHigh')
timed(E.HeapObjectAlloc, 26, 'id type', 'idLow idHigh typeLow typeHigh')
timed(E.HeapObjectFree, 26, 'id', 'idLow idHigh')
timed(E.GoroutineStack, 26, 'id order', 'idLow idHigh orderLow orderHigh')
timed(E.GoroutineStackAlloc, 26, 'id order', 'idLow idHigh orderLow orderHigh')
timed(E.GoroutineStackFree, 26, 'id', 'idLow idHigh')

/** The number of event types that a wire byte may name; the rest of the byte's values are invalid. */
export const EVENT_LIMIT = 137

/** Spec by event number; a hole where a number is unused. */
export const eventSpecs: readonly (EventSpec | undefined)[] = (() => {
  const table: (EventSpec | undefined)[] = new Array(EVENT_LIMIT).fill(undefined)
  for (const spec of specs) table[spec.kind] = spec
  return table
})()

/**
 * 1 by event number: an annotation, a metric, a range of a goroutine or a proc, an event of an experiment. What it says has no part in which event
 * goes next; the garbage collector's ranges have numbers that do.
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
