/**
 * The one table of v1 event facts (format.md §9.2, §9.3): what the parser reads, what it keeps, and how the event
 * orders.
 *
 * `args` are the arguments after the time delta, as `name` or `name:type` (the type is the name when it stands alone);
 * a stack id follows them where `stack` is set. Of each argument the parser keeps so many 32-bit slots:
 *
 *   g 1        row of the parser's goroutine table      string 1   row of the parser's string table
 *   task 1     row of dictionary.tasks, −1 none         thread 1   row of dictionary.threads, −1 none
 *   stack 1    unsigned 32-bit stack id                 value 2    low and high half of the 64 bits
 *   context 0  a goroutine that becomes the event's     seq 0, ticks 0: used while merging only, unused 0
 *
 * The event's own stack id takes one more slot, UserLog's message (a row of dictionary.strings) another one behind it.
 */
export const V1Kind = {
  Batch: 1,
  Frequency: 2,
  Stack: 3,
  Gomaxprocs: 4,
  ProcStart: 5,
  ProcStop: 6,
  GCStart: 7,
  GCDone: 8,
  GCSTWStart: 9,
  GCSTWDone: 10,
  GCSweepStart: 11,
  GCSweepDone: 12,
  GoCreate: 13,
  GoStart: 14,
  GoEnd: 15,
  GoStop: 16,
  GoSched: 17,
  GoPreempt: 18,
  GoSleep: 19,
  GoBlock: 20,
  GoUnblock: 21,
  GoBlockSend: 22,
  GoBlockRecv: 23,
  GoBlockSelect: 24,
  GoBlockSync: 25,
  GoBlockCond: 26,
  GoBlockNet: 27,
  GoSysCall: 28,
  GoSysExit: 29,
  GoSysBlock: 30,
  GoWaiting: 31,
  GoInSyscall: 32,
  HeapAlloc: 33,
  HeapGoal: 34,
  TimerGoroutine: 35,
  FutileWakeup: 36,
  String: 37,
  GoStartLocal: 38,
  GoUnblockLocal: 39,
  GoSysExitLocal: 40,
  GoStartLabel: 41,
  GoBlockGC: 42,
  GCMarkAssistStart: 43,
  GCMarkAssistDone: 44,
  UserTaskCreate: 45,
  UserTaskEnd: 46,
  UserRegion: 47,
  UserLog: 48,
  CPUSample: 49,
} as const

/** The number of v1 event types, 0 included. */
export const V1_LIMIT = 50

/** In place of the kind of an event that was parsed but is not told. */
export const LEFT_OUT = 0

/** State of a goroutine while the procs' streams are merged, and while the result is checked. */
export const GStatus = { Dead: 0, Runnable: 1, Running: 2, Waiting: 3 } as const

/** When an event may be merged: its key must be in status `from` at a sequence number; it leaves status `to`. */
export interface V1Order {
  /** What has the status: the event's own goroutine, its first argument, or the garbage collector. */
  readonly key: 'context' | 'g' | 'gc'
  readonly from: number
  readonly to: number
  /** The sequence number wanted: that of an argument, a fixed one, or any. */
  readonly seq: 'arg' | 'any' | number
  /** Whether the sequence number goes up by one. */
  readonly step: 0 | 1
}

export interface V1Spec {
  readonly kind: number
  readonly name: string
  /** First header version that has the event. */
  readonly since: number
  readonly args: readonly { readonly name: string; readonly type: string }[]
  readonly stack: boolean
  /** Arguments in a record, with delta and stack; −1 where the number varies. */
  readonly argCount: number
  /** Slots that the parser keeps. */
  readonly slots: number
  readonly order: V1Order | null
  /** The current goroutine of the proc ends its stretch with this event. */
  readonly leaves: boolean
}

const slotsOfType: Readonly<Record<string, number>> = {
  g: 1,
  string: 1,
  task: 1,
  thread: 1,
  stack: 1,
  value: 2,
  context: 0,
  seq: 0,
  ticks: 0,
  unused: 0,
}

const K = V1Kind
const { Dead, Runnable, Running, Waiting } = GStatus
const specs: (V1Spec | undefined)[] = new Array(V1_LIMIT).fill(undefined)

function define(kind: number, since: number, args: string, more: Partial<V1Spec> = {}): void {
  const parsed = args === '' ? [] : args.split(' ').map(splitArg)
  const stack = more.stack ?? false
  const inline = kind === K.UserLog ? 1 : 0
  const timed = kind > K.Stack && kind !== K.TimerGoroutine && kind !== K.String
  const kept = parsed.reduce((sum, { type }) => sum + slotsOfType[type], 0)
  specs[kind] = {
    kind,
    name: nameOf(kind),
    since,
    args: parsed,
    stack,
    argCount: kind === K.Stack ? -1 : parsed.length + (stack ? 1 : 0) + (timed ? 1 : 0),
    slots: timed ? kept + (stack ? 1 : 0) + inline : 0,
    order: null,
    leaves: false,
    ...more,
  }
}

function splitArg(text: string): { name: string; type: string } {
  const [name, type = name] = text.split(':')
  return { name, type }
}

function nameOf(kind: number): string {
  for (const [name, value] of Object.entries(V1Kind)) {
    if (value === kind) return name
  }
  throw new Error(`no name for v1 event ${kind}`)
}

function orders(key: V1Order['key'], seq: V1Order['seq'], from: number, to: number, step: 0 | 1): Partial<V1Spec> {
  return { order: { key, from, to, seq, step } }
}

const stack = { stack: true }
const starts = orders('context', 'arg', Runnable, Running, 1)
const blocks = { ...orders('context', 'any', Running, Waiting, 0), leaves: true }
const yields = { ...orders('context', 'any', Running, Runnable, 0), leaves: true }
const listed = orders('context', 1, Runnable, Waiting, 1)

define(K.Batch, 5, 'p:value ticks')
define(K.Frequency, 5, 'freq:value')
define(K.Stack, 5, '')
define(K.Gomaxprocs, 5, 'procs:value', stack)
define(K.ProcStart, 5, 'thread')
define(K.ProcStop, 5, '')
define(K.GCStart, 5, 'seq', { ...stack, ...orders('gc', 'arg', Dead, Dead, 1) })
define(K.GCDone, 5, '')
define(K.GCSTWStart, 5, 'kindid:value')
define(K.GCSTWDone, 5, '')
define(K.GCSweepStart, 5, '', stack)
define(K.GCSweepDone, 5, 'swept:value reclaimed:value')
define(K.GoCreate, 5, 'g stack', { ...stack, ...orders('g', 0, Dead, Runnable, 1) })
define(K.GoStart, 5, 'g:context seq', starts)
define(K.GoEnd, 5, '', { leaves: true })
define(K.GoStop, 5, '', { ...stack, leaves: true })
define(K.GoSched, 5, '', { ...stack, ...yields })
define(K.GoPreempt, 5, '', { ...stack, ...yields })
define(K.GoSleep, 5, '', { ...stack, ...blocks })
define(K.GoBlock, 5, '', { ...stack, ...blocks })
define(K.GoUnblock, 5, 'g seq', { ...stack, ...orders('g', 'arg', Waiting, Runnable, 1) })
define(K.GoBlockSend, 5, '', { ...stack, ...blocks })
define(K.GoBlockRecv, 5, '', { ...stack, ...blocks })
define(K.GoBlockSelect, 5, '', { ...stack, ...blocks })
define(K.GoBlockSync, 5, '', { ...stack, ...blocks })
define(K.GoBlockCond, 5, '', { ...stack, ...blocks })
define(K.GoBlockNet, 5, '', { ...stack, ...blocks })
define(K.GoSysCall, 5, '', stack)
define(K.GoSysExit, 5, 'g:context seq ticks', orders('context', 'arg', Waiting, Runnable, 1))
define(K.GoSysBlock, 5, '', blocks)
define(K.GoWaiting, 5, 'g:context', listed)
define(K.GoInSyscall, 5, 'g:context', listed)
define(K.HeapAlloc, 5, 'mem:value')
define(K.HeapGoal, 5, 'mem:value')
define(K.TimerGoroutine, 5, 'g')
define(K.FutileWakeup, 5, '')
define(K.String, 7, '')
define(K.GoStartLocal, 7, 'g:context', orders('context', 'any', Runnable, Running, 1))
define(K.GoUnblockLocal, 7, 'g', { ...stack, ...orders('g', 'any', Waiting, Runnable, 1) })
define(K.GoSysExitLocal, 7, 'g ticks:unused', orders('g', 'any', Waiting, Runnable, 1))
define(K.GoStartLabel, 8, 'g:context seq labelid:string', starts)
define(K.GoBlockGC, 8, '', { ...stack, ...blocks })
define(K.GCMarkAssistStart, 9, '', stack)
define(K.GCMarkAssistDone, 9, '')
define(K.UserTaskCreate, 11, 'taskid:task pid:task typeid:string', stack)
define(K.UserTaskEnd, 11, 'taskid:task', stack)
define(K.UserRegion, 11, 'taskid:task mode:value typeid:string', stack)
define(K.UserLog, 11, 'id:task keyid:string', stack)
define(K.CPUSample, 19, 'ts:ticks p:unused g:context', stack)

/** Spec by event type; 0 has none. */
export const v1Specs: readonly (V1Spec | undefined)[] = specs
