/**
 * The order worker's side of the run workers: gives them runs, keeps what they hand over until it is taken, and gives the run of one that
 * died to another, once.
 *
 * Runs that are being put in order or wait to be taken are at most two more than there are workers, and no more than fit into the
 * budget: a generation of a gigabyte is never ordered ahead.
 */
import type { MessagePort } from 'node:worker_threads'
import type { EventBlock } from '../core/event-block.js'
import { blockBuffers } from '../engine/block-buffers.js'
import type { RunMessage, RunRequest } from '../engine/messages.js'
import { CodedError } from '../errors.js'
import type { RunSupply, SuppliedGeneration } from '../trace/order/joined-reader.js'
import type { Run } from '../trace/order/runs.js'

/** Runs that may wait beside those that the workers are at. */
const WAITING = 2
/** Bytes in memory of an event, about, and of a byte of file: an event has about 5.5. */
const EVENT_BYTES = 33
const BLOWN_UP = 6

interface Assignment {
  readonly run: Run
  /** Workers that died at it. */
  deaths: number
  readonly ordered: Map<number, SuppliedGeneration>
  /** No more will be handed over. */
  ended: boolean
}

export class RunPool implements RunSupply {
  private readonly idle = new Set<MessagePort>()
  private readonly busy = new Map<MessagePort, number>()
  /** By id, in the order of the trace. */
  private readonly assignments = new Map<number, Assignment>()
  /** Assignments whose worker died. */
  private readonly orphans: number[] = []
  /** Blocks that the next runs are written into. */
  private readonly spare: EventBlock[] = []
  private runs: readonly Run[] = []
  /** The first run that nobody has begun; row of `runs`. */
  private nextRun = 0
  private nextId = 1
  /** The generation that was asked for last. */
  private row = 0

  /**
   * @param changed called when `take` may answer differently
   * @param failed called when a run was given up
   */
  constructor(
    private readonly budgetBytes: number,
    private readonly changed: () => void,
    private readonly failed: (error: CodedError) => void,
  ) {}

  /** Begins with other runs; the first of them is for the order worker. What is handed over of those before is dropped. */
  begin(runs: readonly Run[]): void {
    this.assignments.clear()
    this.orphans.length = 0
    this.spare.length = 0
    this.runs = runs
    this.nextRun = 1
    this.row = 0
    this.assign()
  }

  /** Takes one more worker, which is gone when its port closes. */
  add(port: MessagePort): void {
    port.on('message', (message: RunMessage) => this.receive(port, message))
    port.on('close', () => this.lose(port))
    this.idle.add(port)
    this.assign()
  }

  take(row: number): SuppliedGeneration | 'waiting' | null {
    this.row = row
    while (this.nextRun < this.runs.length && this.runs[this.nextRun].from <= row) this.nextRun++
    for (const [id, { run, ordered, ended }] of this.assignments) {
      if (run.to <= row) {
        this.assignments.delete(id)
        this.assign()
      } else if (run.from <= row) {
        ordered.delete(row - 1)
        return ordered.get(row) ?? (ended ? null : 'waiting')
      }
    }
    return null
  }

  recycle(block: EventBlock): void {
    if (this.nextRun < this.runs.length) this.spare.push(block)
  }

  private assign(): void {
    for (const port of this.idle) {
      const orphan = this.orphans.shift()
      if (orphan !== undefined) {
        this.start(port, orphan, this.assignments.get(orphan) as Assignment)
        continue
      }
      const run = this.runs[this.nextRun]
      if (run === undefined || !this.hasRoom(run)) return
      this.nextRun++
      const assignment: Assignment = { run, deaths: 0, ordered: new Map(), ended: false }
      const id = this.nextId++
      this.assignments.set(id, assignment)
      this.start(port, id, assignment)
    }
  }

  private hasRoom(run: Run): boolean {
    let bytes = run.bytes
    for (const assignment of this.assignments.values()) bytes += assignment.run.bytes
    const workers = this.idle.size + this.busy.size
    return this.assignments.size < workers + WAITING && bytes * BLOWN_UP <= this.budgetBytes
  }

  private start(port: MessagePort, id: number, { run }: Assignment): void {
    this.idle.delete(port)
    this.busy.set(port, id)
    const spare = this.spareFor(run)
    port.postMessage({ id, run, spare } satisfies RunRequest, spare.flatMap(blockBuffers))
  }

  private spareFor(run: Run): EventBlock[] {
    const spare: EventBlock[] = []
    for (let room = run.bytes * BLOWN_UP; room > 0; ) {
      const block = this.spare.pop()
      if (block === undefined) break
      spare.push(block)
      room -= block.times.length * EVENT_BYTES
    }
    if (this.nextRun === this.runs.length) this.spare.length = 0
    return spare
  }

  private receive(port: MessagePort, message: RunMessage): void {
    const assignment = this.assignments.get(message.id)
    if (message.type === 'generation') {
      const { generation } = message
      const { row } = generation.facts
      assignment?.ordered.set(row, { generation, run: assignment.run })
    } else {
      if (assignment !== undefined) assignment.ended = true
      this.busy.delete(port)
      this.idle.add(port)
      this.assign()
    }
    this.changed()
  }

  private lose(port: MessagePort): void {
    const id = this.busy.get(port)
    this.idle.delete(port)
    this.busy.delete(port)
    const assignment = id === undefined ? undefined : this.assignments.get(id)
    if (id === undefined || assignment === undefined || assignment.ended) return
    assignment.deaths++
    if (assignment.deaths > 1) {
      this.failed(
        new CodedError('WORKER_DIED', 'the thread that reads a part of the trace died, and so did its successor'),
      )
      return
    }
    // Of a run that is being taken, the order worker reads the rest.
    if (this.row >= assignment.run.from) assignment.ended = true
    else {
      assignment.ordered.clear()
      this.orphans.push(id)
      this.assign()
    }
    this.changed()
  }
}
