/**
 * The slow twin's own event table (format.md §4), kept apart from server/core/event-table.ts on purpose: two tables
 * written by hand agree only when both are right.
 */
export interface WireSpec {
  readonly type: number
  readonly name: string
  /** First version that knows the name. */
  readonly since: number
  readonly timed: boolean
  /** Argument names; those of timed events without the leading time delta. */
  readonly args: readonly string[]
}

const TABLE = `
1 22 EventBatch gen m time size
2 22 Stacks
3 22 Stack id nframes
4 22 Strings
5 22 String id
6 22 CPUSamples
7 22 CPUSample time m p g stack
8 22 Frequency freq
9 22 ProcsChange dt procs_value stack
10 22 ProcStart dt p p_seq
11 22 ProcStop dt
12 22 ProcSteal dt p p_seq m
13 22 ProcStatus dt p pstatus
14 22 GoCreate dt new_g new_stack stack
15 22 GoCreateSyscall dt new_g
16 22 GoStart dt g g_seq
17 22 GoDestroy dt
18 22 GoDestroySyscall dt
19 22 GoStop dt reason_string stack
20 22 GoBlock dt reason_string stack
21 22 GoUnblock dt g g_seq stack
22 22 GoSyscallBegin dt p_seq stack
23 22 GoSyscallEnd dt
24 22 GoSyscallEndBlocked dt
25 22 GoStatus dt g m gstatus
26 22 STWBegin dt kind_string stack
27 22 STWEnd dt
28 22 GCActive dt gc_seq
29 22 GCBegin dt gc_seq stack
30 22 GCEnd dt gc_seq
31 22 GCSweepActive dt p
32 22 GCSweepBegin dt stack
33 22 GCSweepEnd dt swept_value reclaimed_value
34 22 GCMarkAssistActive dt g
35 22 GCMarkAssistBegin dt stack
36 22 GCMarkAssistEnd dt
37 22 HeapAlloc dt heapalloc_value
38 22 HeapGoal dt heapgoal_value
39 22 GoLabel dt label_string
40 22 UserTaskBegin dt task parent_task name_string stack
41 22 UserTaskEnd dt task stack
42 22 UserRegionBegin dt task name_string stack
43 22 UserRegionEnd dt task name_string stack
44 22 UserLog dt task key_string value_string stack
45 23 GoSwitch dt g g_seq
46 23 GoSwitchDestroy dt g g_seq
47 23 GoCreateBlocked dt new_g new_stack stack
48 23 GoStatusStack dt g m gstatus stack
49 23 ExperimentalBatch exp gen m time
50 25 Sync
51 25 ClockSnapshot dt mono sec nsec
52 26 EndOfGeneration
128 26 Span dt id npages_value kindclass
129 26 SpanAlloc dt id npages_value kindclass
130 26 SpanFree dt id
131 26 HeapObject dt id type
132 26 HeapObjectAlloc dt id type
133 26 HeapObjectFree dt id
134 26 GoroutineStack dt id order
135 26 GoroutineStackAlloc dt id order
136 26 GoroutineStackFree dt id
`

export const wireSpecs: ReadonlyMap<number, WireSpec> = new Map(
  TABLE.trim()
    .split('\n')
    .map(line => {
      const [type, since, name, ...args] = line.split(' ')
      // That makes a clock snapshot timed although it stands in a sync batch; Go's decoder sees it alike.
      const timed = args[0] === 'dt'
      return [
        Number(type),
        { type: Number(type), since: Number(since), name, timed, args: timed ? args.slice(1) : args },
      ]
    }),
)

/** Name as in Go's error texts: one that the file's version does not know is invalid. */
export function nameFor(type: number, version: number): string {
  const spec = wireSpecs.get(type)
  return spec !== undefined && spec.since <= version ? spec.name : `Invalid(${type})`
}

/** Positions of the arguments that are stacks. */
export function stackArgs(spec: WireSpec): number[] {
  return spec.args.flatMap((name, i) => (name === 'stack' || name === 'new_stack' ? [i] : []))
}

export function stringArgs(spec: WireSpec): number[] {
  return spec.args.flatMap((name, i) => (name.endsWith('_string') ? [i] : []))
}
