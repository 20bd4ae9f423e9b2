/**
 * The parsed-event model of the slow twins (format.md §8): one object per event, everything resolved, nothing shared
 * with server/. Ids and numbers are BigInt as the 64-bit values they are; −1n is none. Strings keep their bytes, one
 * character a byte (Latin-1), because Go's strings need not be UTF-8.
 */
export interface Frame {
  readonly pc: bigint
  readonly func: string
  readonly file: string
  readonly line: bigint
}

/** Leaf first. null: the event has no stack; an empty list: it has one without frames. */
export type Stack = readonly Frame[] | null

export interface ClockSnapshot {
  readonly trace: bigint
  readonly mono: bigint
  readonly wallSeconds: bigint
  readonly wallNanoseconds: bigint
}

/** What every event has. The context is that from before the event. */
export interface Common {
  /** Number of the wire event that it comes from; 7 for CPU samples, 50 for Syncs. */
  readonly wire: number
  /** Shown time, ns, absolute. */
  readonly time: bigint
  readonly thread: bigint
  readonly proc: bigint
  readonly goroutine: bigint
  readonly stack: Stack
}

export type Scope = { readonly resource: 'None' | 'Goroutine' | 'Proc'; readonly id: bigint }

export type GoStateName = 'Undetermined' | 'NotExist' | 'Runnable' | 'Running' | 'Waiting' | 'Syscall'
export type ProcStateName = 'Undetermined' | 'NotExist' | 'Running' | 'Idle'

export type Details =
  | {
      readonly kind: 'Sync'
      /** 1-based count. */
      readonly n: number
      /** Number of the generation that it opens, null for a Sync that only closes. */
      readonly generation: bigint | null
      readonly snapshot: ClockSnapshot | null
      readonly experiments: ReadonlyMap<number, readonly { thread: bigint; data: Uint8Array }[]>
    }
  | { readonly kind: 'Metric'; readonly name: string; readonly value: bigint }
  | { readonly kind: 'Label'; readonly label: string; readonly resource: bigint }
  | { readonly kind: 'StackSample' }
  | {
      readonly kind: 'RangeBegin' | 'RangeActive' | 'RangeEnd'
      readonly name: string
      readonly scope: Scope
      readonly attributes: readonly { readonly name: string; readonly value: bigint }[]
    }
  | { readonly kind: 'TaskBegin' | 'TaskEnd'; readonly id: bigint; readonly parent: bigint; readonly type: string }
  | { readonly kind: 'RegionBegin' | 'RegionEnd'; readonly task: bigint; readonly type: string }
  | { readonly kind: 'Log'; readonly task: bigint; readonly category: string; readonly message: string }
  | {
      readonly kind: 'StateTransition'
      readonly resource: 'Goroutine' | 'Proc'
      readonly id: bigint
      readonly from: string
      readonly to: string
      readonly reason: string
      readonly transitionStack: Stack
    }
  | { readonly kind: 'Experimental'; readonly name: string; readonly args: readonly (readonly [string, bigint])[] }

export type ParsedEvent = Common & Details
export type Transition = Extract<ParsedEvent, { kind: 'StateTransition' }>

/** No task: the parent of a task without one. */
export const NO_TASK = (1n << 64n) - 1n
