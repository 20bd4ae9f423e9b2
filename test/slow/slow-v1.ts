/**
 * The slow twin of the v1 merge: objects, BigInt, maps, and the rules of format.md §9.3 one after the other. Takes
 * well-formed records; of the rules it knows those of the order, none of the checks that follow.
 */
import { V1Kind as K } from '../../server/trace/v1/event-table.js'

export interface SlowEvent {
  kind: number
  proc: bigint
  goroutine: bigint
  ticks: bigint
}

interface Parsed extends SlowEvent {
  /** Arguments behind the delta. */
  readonly args: readonly bigint[]
}

interface State {
  seq: bigint
  status: 'dead' | 'runnable' | 'running' | 'waiting'
}

interface Rule {
  readonly key: string
  readonly seq: bigint | null
  readonly from: State['status']
  readonly to: State['status']
  readonly step: bigint
}

const SIGNED = (value: bigint): bigint => BigInt.asIntN(64, value)
const starts: readonly number[] = [K.GoStart, K.GoStartLocal, K.GoStartLabel]
const named: readonly number[] = [K.GoSysExit, K.GoWaiting, K.GoInSyscall]
const blocks: readonly number[] = [
  K.GoBlock,
  K.GoBlockSend,
  K.GoBlockRecv,
  K.GoBlockSelect,
  K.GoBlockSync,
  K.GoBlockCond,
  K.GoBlockNet,
  K.GoBlockGC,
  K.GoSleep,
  K.GoSysBlock,
]
const ends: readonly number[] = [...blocks, K.GoEnd, K.GoStop, K.GoSched, K.GoPreempt]
const timeless: readonly number[] = [K.Batch, K.Frequency, K.Stack, K.String, K.TimerGoroutine]

/** The events in merged order, or the reason why there is none. */
export function mergeSlowly(bytes: Uint8Array): SlowEvent[] | string {
  const merged = mergeHeads(streamsOf(bytes))
  if (typeof merged === 'string') return merged
  for (let i = 1; i < merged.length; i++) {
    if (merged[i].ticks < merged[i - 1].ticks) return 'time stamps out of order'
  }
  const blocked = new Map<bigint, bigint>()
  for (const event of merged) {
    if (event.kind === K.GoSysBlock || event.kind === K.GoInSyscall) blocked.set(event.goroutine, event.ticks)
    if (event.kind !== K.GoSysExit || event.args[2] === 0n) continue
    const since = blocked.get(event.goroutine) ?? 0n
    if (since === 0n) return 'stray syscall exit'
    if (SIGNED(event.args[2]) < since) return 'time stamps out of order'
    event.ticks = SIGNED(event.args[2])
  }
  merged.sort((a, b) => (a.ticks < b.ticks ? -1 : a.ticks > b.ticks ? 1 : 0))
  return merged.map(({ kind, proc, goroutine, ticks }) => ({ kind: plain(kind), proc, goroutine, ticks }))
}

/** Events by proc, procs ascending; last the CPU samples by their ticks. */
function streamsOf(bytes: Uint8Array): Parsed[][] {
  const procs = new Map<bigint, Parsed[]>()
  const samples: Parsed[] = []
  const current = new Map<bigint, bigint>()
  let proc = 0n
  let ticks = 0n
  for (const { kind, args } of recordsOf(bytes)) {
    if (kind === K.Batch) {
      proc = SIGNED(args[0])
      ticks = SIGNED(args[1])
      if (!procs.has(proc)) procs.set(proc, [])
    } else if (kind === K.CPUSample) {
      const [, at, p, goroutine] = args
      samples.push({ kind, proc: BigInt.asIntN(32, p), goroutine, ticks: SIGNED(at), args: args.slice(1) })
    } else if (!timeless.includes(kind)) {
      ticks = SIGNED(ticks + args[0])
      const rest = args.slice(1)
      if (starts.includes(kind)) current.set(proc, rest[0])
      const goroutine = named.includes(kind) ? rest[0] : (current.get(proc) ?? 0n)
      if (ends.includes(kind)) current.set(proc, 0n)
      procs.get(proc)!.push({ kind, proc, goroutine, ticks, args: rest })
    }
  }
  const ascending = [...procs.keys()].sort((a, b) => (a < b ? -1 : 1)).map(id => procs.get(id)!)
  return [...ascending, samples.sort((a, b) => (a.ticks < b.ticks ? -1 : a.ticks > b.ticks ? 1 : 0))]
}

function* recordsOf(bytes: Uint8Array): Generator<{ kind: number; args: bigint[] }> {
  let at = 16
  const uvarint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const skip = (): void => {
    const length = Number(uvarint())
    at += length
  }
  while (at < bytes.length) {
    const head = bytes[at++]
    const kind = head & 63
    const args: bigint[] = []
    if (kind === K.String) {
      uvarint()
      skip()
    } else if (head >> 6 < 3) {
      for (let i = 0; i <= head >> 6; i++) args.push(uvarint())
    } else {
      const end = Number(uvarint()) + at
      while (at < end) args.push(uvarint())
      if (kind === K.UserLog) skip()
    }
    yield { kind, args }
  }
}

function ruleOf({ kind, goroutine, args }: Parsed): Rule | null {
  const rule = (id: bigint, seq: bigint | null, from: State['status'], to: State['status'], step: bigint): Rule => ({
    key: String(id),
    seq,
    from,
    to,
    step,
  })
  if (kind === K.GoCreate) return rule(args[0], 0n, 'dead', 'runnable', 1n)
  if (kind === K.GoWaiting || kind === K.GoInSyscall) return rule(goroutine, 1n, 'runnable', 'waiting', 1n)
  if (kind === K.GoStart || kind === K.GoStartLabel) return rule(goroutine, args[1], 'runnable', 'running', 1n)
  if (kind === K.GoStartLocal) return rule(goroutine, null, 'runnable', 'running', 1n)
  if (blocks.includes(kind)) return rule(goroutine, null, 'running', 'waiting', 0n)
  if (kind === K.GoSched || kind === K.GoPreempt) return rule(goroutine, null, 'running', 'runnable', 0n)
  if (kind === K.GoUnblock || kind === K.GoSysExit) return rule(args[0], args[1], 'waiting', 'runnable', 1n)
  if (kind === K.GoUnblockLocal || kind === K.GoSysExitLocal) return rule(args[0], null, 'waiting', 'runnable', 1n)
  if (kind === K.GCStart) return { key: 'GC', seq: args[0], from: 'dead', to: 'dead', step: 1n }
  return null
}

function mergeHeads(streams: Parsed[][]): Parsed[] | string {
  const states = new Map<string, State>()
  const stateOf = (key: string): State => states.get(key) ?? { seq: 0n, status: 'dead' }
  const ready = (event: Parsed): boolean => {
    const rule = ruleOf(event)
    if (rule === null) return true
    const state = stateOf(rule.key)
    return state.status === rule.from && (rule.seq === null || rule.seq === state.seq)
  }
  const merged: Parsed[] = []
  const heap: { event: Parsed; stream: Parsed[] }[] = []
  const exchange = (i: number, j: number): void => {
    ;[heap[i], heap[j]] = [heap[j], heap[i]]
  }
  const earlier = (i: number, j: number): boolean => heap[i].event.ticks < heap[j].event.ticks
  const positions = new Map(streams.map(stream => [stream, 0]))
  const available = [...streams]
  /** Takes one out; the last one takes its place. */
  const takeOut = (i: number): void => {
    available[i] = available[available.length - 1]
    available.pop()
  }
  for (;;) {
    for (let i = 0; i < available.length; ) {
      const stream = available[i]
      const position = positions.get(stream)!
      if (position < stream.length && !ready(stream[position])) {
        i++
        continue
      }
      takeOut(i)
      if (position === stream.length) continue
      positions.set(stream, position + 1)
      heap.push({ event: stream[position], stream })
      for (let at = heap.length - 1; at > 0 && earlier(at, (at - 1) >> 1); at = (at - 1) >> 1)
        exchange(at, (at - 1) >> 1)
    }
    if (heap.length === 0) return available.length === 0 ? merged : 'no consistent ordering of events possible'
    exchange(0, heap.length - 1)
    const { event, stream } = heap.pop()!
    for (let at = 0; 2 * at + 1 < heap.length; ) {
      const left = 2 * at + 1
      const child = left + 1 < heap.length && earlier(left + 1, left) ? left + 1 : left
      if (!earlier(child, at)) break
      exchange(child, at)
      at = child
    }
    const rule = ruleOf(event)
    if (rule !== null) {
      if (!ready(event)) return 'encountered impossible goroutine state transition'
      states.set(rule.key, { seq: stateOf(rule.key).seq + rule.step, status: rule.to })
    }
    merged.push(event)
    available.push(stream)
  }
}

function plain(kind: number): number {
  if (kind === K.GoStartLocal) return K.GoStart
  if (kind === K.GoUnblockLocal) return K.GoUnblock
  return kind === K.GoSysExitLocal ? K.GoSysExit : kind
}
