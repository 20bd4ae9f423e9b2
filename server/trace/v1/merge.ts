/**
 * Merges the procs' streams into one order (format.md §9.3). Within a proc the order of the file holds; between procs
 * an event waits until its goroutine has the status and sequence number that it wants; of those that need not wait, the
 * one with the fewest ticks goes first.
 *
 * Which of two events with equal ticks goes first hangs on the shape of the heap and on the order in which procs are
 * looked at, so both are as in Go; where Go takes the procs from a map, ours come ascending.
 */
import { refuse } from './bytes.js'
import { GStatus, V1_LIMIT, V1Kind, v1Specs } from './event-table.js'
import { ANY_SEQ, type MergeProc, NO_KEY, TIME_ORDER, type V1Parser } from './parse.js'

const fromStatus = Uint8Array.from({ length: V1_LIMIT }, (_, kind) => v1Specs[kind]?.order?.from ?? 0)
const toStatus = Uint8Array.from({ length: V1_LIMIT }, (_, kind) => v1Specs[kind]?.order?.to ?? 0)
const steps = Uint8Array.from({ length: V1_LIMIT }, (_, kind) => v1Specs[kind]?.order?.step ?? 0)

/** The kind without its ordering flavour. */
const plainKinds = Uint8Array.from({ length: V1_LIMIT }, (_, kind) => kind)
plainKinds[V1Kind.GoStartLocal] = V1Kind.GoStart
plainKinds[V1Kind.GoUnblockLocal] = V1Kind.GoUnblock
plainKinds[V1Kind.GoSysExitLocal] = V1Kind.GoSysExit

/**
 * Parses all batches and gives the rows of the parser's events in order. Syscall exits get their real ticks, and kinds
 * lose their …Local forms.
 */
export function mergeEvents(parser: V1Parser): Uint32Array {
  return new Merge(parser).run()
}

class Merge {
  private readonly order: Uint32Array
  private readonly procs: MergeProc[]
  /** Procs whose first event is not in the heap, in the order in which they are looked at. */
  private readonly waiting: Int32Array
  private waitingLength: number
  /** Procs whose first event may go, a min-heap on its ticks. */
  private readonly heap: Int32Array
  private heapLength = 0
  private readonly headTicks: Float64Array

  // per goroutine row
  private statuses = new Uint8Array(1024)
  private seqs = new Float64Array(1024)
  private blockTicks = new Float64Array(1024).fill(Number.NaN)

  private merged = 0
  private lastTicks = Number.NEGATIVE_INFINITY
  private inOrder = true
  /** Whether a syscall exit got other ticks than those that it was merged by. */
  private moved = false
  private exits = 0
  private exitError: string | null = null

  constructor(private readonly parser: V1Parser) {
    this.order = new Uint32Array(parser.events.count)
    this.procs = parser.mergeProcs()
    const count = this.procs.length
    this.waiting = Int32Array.from(this.procs.keys())
    this.waitingLength = count
    this.heap = new Int32Array(count)
    this.headTicks = new Float64Array(count)
    this.grow()
  }

  run(): Uint32Array {
    for (;;) {
      this.fillHeap()
      if (this.heapLength === 0) break
      const index = this.pop()
      this.deliver(this.procs[index])
      this.waiting[this.waitingLength++] = index
    }
    if (this.waitingLength > 0) throw this.stuck()
    if (!this.inOrder) throw refuse('ORDER', TIME_ORDER, { wanted: 'ticks that go up in the merged order' })
    if (this.exitError !== null) throw refuse('ORDER', this.exitError, { wanted: 'a syscall exit after its block' })
    if (this.moved) sortMoved(this.order, this.parser.events.ticks, this.exitPlaces())
    return this.order
  }

  /** Moves every proc whose first event may go from the waiting ones to the heap; drops procs without events. */
  private fillHeap(): void {
    const { procs, waiting, parser } = this
    let i = 0
    while (i < this.waitingLength) {
      const index = waiting[i]
      const proc = procs[index]
      let more = true
      while (more && proc.next === proc.end) more = this.load(proc)
      if (!more) {
        waiting[i] = waiting[--this.waitingLength]
        continue
      }
      const at = proc.next - proc.first
      if (!this.isReady(parser.events.kinds[proc.next], proc.keys[at], proc.seqs[at])) {
        i++
        continue
      }
      waiting[i] = waiting[--this.waitingLength]
      this.headTicks[index] = parser.events.ticks[proc.next]
      this.push(index)
    }
  }

  private load(proc: MergeProc): boolean {
    const more = this.parser.load(proc)
    this.grow()
    return more
  }

  private isReady(kind: number, key: number, seq: number): boolean {
    if (key === NO_KEY) return true
    return this.statuses[key] === fromStatus[kind] && (seq === ANY_SEQ || seq === this.seqs[key])
  }

  private deliver(proc: MergeProc): void {
    const { events } = this.parser
    const row = proc.next++
    const at = row - proc.first
    const kind = events.kinds[row]
    const key = proc.keys[at]
    const ticks = events.ticks[row]
    this.order[this.merged++] = row
    events.kinds[row] = plainKinds[kind]
    if (ticks < this.lastTicks) this.inOrder = false
    this.lastTicks = ticks
    if (key !== NO_KEY) {
      if (!this.isReady(kind, key, proc.seqs[at])) {
        throw refuse('ORDER', 'encountered impossible goroutine state transition', {
          wanted: `goroutine ${this.goroutineText(key)} in status ${fromStatus[kind]}`,
          found: `status ${this.statuses[key]} before ${v1Specs[kind]!.name}`,
        })
      }
      this.statuses[key] = toStatus[kind]
      if (steps[kind] === 1) this.seqs[key]++
    }
    if (kind === V1Kind.GoSysBlock || kind === V1Kind.GoInSyscall) this.blockTicks[events.goroutines[row]] = ticks
    if (events.kinds[row] === V1Kind.GoSysExit) this.exits++
    if (kind === V1Kind.GoSysExit) this.setExit(row, proc.exits[at])
  }

  /** Places of all syscall exits in the order; no other events can have moved. */
  private exitPlaces(): Uint32Array {
    const { kinds } = this.parser.events
    const places = new Uint32Array(this.exits)
    let count = 0
    for (let place = 0; place < this.order.length; place++) {
      if (kinds[this.order[place]] === V1Kind.GoSysExit) places[count++] = place
    }
    return places
  }

  /** Gives a syscall exit its real ticks, which were read long before the event was written. */
  private setExit(row: number, exit: number): void {
    if (Number.isNaN(exit)) return
    const { events, scan } = this.parser
    const block = this.blockTicks[events.goroutines[row]]
    if (Number.isNaN(block) || block === scan.base.zero) this.exitError ??= 'stray syscall exit'
    else if (exit < block) this.exitError ??= TIME_ORDER
    else {
      if (exit !== events.ticks[row]) this.moved = true
      events.ticks[row] = exit
    }
  }

  private push(index: number): void {
    const { heap, headTicks } = this
    let at = this.heapLength++
    const ticks = headTicks[index]
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!(ticks < headTicks[heap[parent]])) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = index
  }

  private pop(): number {
    const { heap, headTicks } = this
    const first = heap[0]
    const length = --this.heapLength
    const index = heap[length]
    const ticks = headTicks[index]
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && headTicks[heap[child + 1]] < headTicks[heap[child]]) child++
      if (!(headTicks[heap[child]] < ticks)) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = index
    return first
  }

  /** Makes room for all goroutines seen so far. */
  private grow(): void {
    const needed = this.parser.tables.goroutines.length
    if (needed <= this.statuses.length) return
    const size = Math.max(needed, this.statuses.length * 2)
    const { statuses, seqs, blockTicks } = this
    this.statuses = new Uint8Array(size)
    this.statuses.set(statuses)
    this.seqs = new Float64Array(size)
    this.seqs.set(seqs)
    this.blockTicks = new Float64Array(size).fill(Number.NaN)
    this.blockTicks.set(blockTicks)
  }

  private stuck(): Error {
    const { events } = this.parser
    const heads: string[] = []
    for (let i = 0; i < Math.min(this.waitingLength, 8); i++) {
      const proc = this.procs[this.waiting[i]]
      const at = proc.next - proc.first
      const kind = events.kinds[proc.next]
      const key = proc.keys[at]
      const goroutine = this.goroutineText(key)
      const seq = proc.seqs[at] === ANY_SEQ ? '' : ` at sequence ${proc.seqs[at]}`
      const has = `has ${statusNames[this.statuses[key]]} at ${this.seqs[key]}`
      const wants = `wants ${statusNames[fromStatus[kind]]}${seq}`
      heads.push(`P ${proc.stream.pid}: ${v1Specs[kind]!.name} ${wants}, goroutine ${goroutine} ${has}`)
    }
    return refuse('ORDER', 'no consistent ordering of events possible', {
      wanted: 'an event that may go next',
      found: heads.join('; '),
    })
  }

  private goroutineText(row: number): string {
    return String(this.parser.tables.goroutines.ids[row])
  }
}

const statusNames = Object.keys(GStatus)

/**
 * Sorts rows by their ticks, stably and in place. All are in order but those at the given places (ascending), which
 * alone are sorted and then merged in.
 */
export function sortMoved(order: Uint32Array, ticks: Float64Array, places: Uint32Array): void {
  // 1. Take the moved rows out and close the gaps. Before a moved row stood as many kept ones as its place less the
  // moved ones.
  const moved = Uint32Array.from(places, place => order[place])
  let kept = 0
  for (let place = 0, next = 0; place < order.length; place++) {
    if (place === places[next]) next++
    else order[kept++] = order[place]
  }
  // 2. Merge from the end, which overwrites no row that is still to be read.
  const sorted = Uint32Array.from(moved.keys()).sort((a, b) => ticks[moved[a]] - ticks[moved[b]] || a - b)
  let next = sorted.length - 1
  for (let to = order.length - 1; next >= 0; to--) {
    const index = sorted[next]
    const behind = kept === 0 ? 1 : ticks[moved[index]] - ticks[order[kept - 1]]
    if (behind > 0 || (behind === 0 && places[index] - index >= kept)) {
      order[to] = moved[index]
      next--
    } else {
      order[to] = order[--kept]
    }
  }
}
