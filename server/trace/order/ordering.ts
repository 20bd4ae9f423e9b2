/**
 * What the handlers of events (order/handlers-*.ts) work on: the scheduler state, the context of the event at hand, the
 * tables of its generation and the writer of ordered blocks.
 *
 * A handler does four things in this order: reads the arguments; returns false, with nothing changed, when the event
 * can't go yet; throws when it contradicts the state; changes the state, writes the event and returns true.
 */
import { type Dictionary, EMPTY_STACK, NO_STACK } from '../../core/dictionary.js'
import { eventSpecs } from '../../core/event-table.js'
import { Odd, Oddities, type OddPlace, UNKNOWN_STRING } from '../../core/oddities.js'
import { NONE } from '../../core/wide.js'
import { CodedError } from '../../errors.js'
import { FastPath } from '../fast-path/fast-path.js'
import { GENERATION, INITIAL_GENERATION } from '../fast-path/layout.js'
import type { GenerationTables } from '../generation/tables.js'
import type { BlockWriter } from './block-writer.js'
import type { ThreadCursor } from './cursor.js'
import { GoStatus, type SchedulerState } from './state.js'

export class Ordering {
  /** Context of the event at hand, from before it: rows, −1 for none. */
  thread: number = NONE
  proc: number = NONE
  goroutine: number = NONE
  tables!: GenerationTables
  /** The cursor whose event is at hand, and the row of its generation: for the place of what is wrong. */
  cursor: ThreadCursor | null = null
  generationRow = NONE
  readonly fastPath: FastPath
  readonly oddities = new Oddities()

  /** @param strict whether what ordering does not need (core/oddities.ts) is an error all the same */
  constructor(
    readonly dictionary: Dictionary,
    readonly writer: BlockWriter,
    readonly state: SchedulerState,
    readonly strict: boolean,
  ) {
    this.fastPath = new FastPath(state.memory, dictionary)
    this.initialGeneration = Number.NaN
  }

  /** Generation number of the event at hand, as a code. */
  get generation(): number {
    return this.state.memory.numbers[GENERATION]
  }

  set generation(code: number) {
    this.state.memory.numbers[GENERATION] = code
  }

  /** Generation number of the first event that was tried; NaN before. */
  get initialGeneration(): number {
    return this.state.memory.numbers[INITIAL_GENERATION]
  }

  set initialGeneration(code: number) {
    this.state.memory.numbers[INITIAL_GENERATION] = code
  }

  get inInitialGeneration(): boolean {
    return this.generation === this.initialGeneration
  }

  /** Binds a proc to the thread of the event at hand. */
  bindProc(proc: number): void {
    if (this.thread >= 0) this.state.threadProc[this.thread + 1] = proc
  }

  bindGoroutine(goroutine: number): void {
    if (this.thread >= 0) this.state.threadGoroutine[this.thread + 1] = goroutine
  }

  /** Writes the event in its own context. */
  write(event: ThreadCursor): void {
    this.writer.event(event.type, event.time, this.thread, this.proc, this.goroutine)
  }

  /** Row of a string argument. */
  string(id: number): number {
    const row = this.tables.string(id)
    return row < 0 ? this.unknownString(id) : row
  }

  /** Row of a string argument that is a message (GenerationTables.message). */
  message(id: number): number {
    const row = this.tables.message(id)
    return row < 0 ? this.unknownString(id) : row
  }

  private unknownString(id: number): number {
    this.tolerate(Odd.UnknownString, `found no string with id ${this.dictionary.wide.text(id)}`)
    return this.dictionary.addString(UNKNOWN_STRING)
  }

  stack(id: number): number {
    const row = this.tables.stack(id)
    if (row >= 0) return row
    this.tolerate(Odd.UnknownStack, `found no stack with id ${this.dictionary.wide.text(id)}`)
    return NO_STACK
  }

  /** Row of the stack that a new goroutine starts with: always a stack, if an empty one. */
  startStack(id: number): number {
    return (id === 0 ? NO_STACK : this.stack(id)) || EMPTY_STACK
  }

  /** Counts what ordering does not need; throws for a strict reader. `message` is Go's. */
  tolerate(kind: Odd, message: string): void {
    if (this.strict) throw this.fail(message)
    this.oddities.count(kind, message, () => this.place())
  }

  private place(): OddPlace {
    const { cursor, generationRow, goroutine } = this
    return {
      generation: generationRow,
      offset: cursor?.offset ?? null,
      timeNs: cursor?.time ?? null,
      goroutine: goroutine < 0 ? null : this.goId(goroutine),
    }
  }

  addGoroutine(id: number): number {
    const row = this.dictionary.goroutines.add(id)
    this.state.ensureGoroutine(row)
    this.fastPath.goroutines.remember(row, this.state.goStatus.length)
    return row
  }

  /** Row of a goroutine that the ordering knows, or −1. */
  knownGoroutine(id: number): number {
    const row = this.dictionary.goroutines.find(id)
    if (row < 0 || row >= this.state.goStatus.length || this.state.goStatus[row] === GoStatus.Unknown) return -1
    this.fastPath.goroutines.remember(row, this.state.goStatus.length)
    return row
  }

  knownProc(id: number): number {
    const row = this.dictionary.procs.find(id)
    if (row < 0 || row >= this.state.procKnown.length || this.state.procKnown[row] !== 1) return -1
    this.fastPath.procs.remember(row, this.state.procKnown.length)
    return row
  }

  addTask(id: number): number {
    const row = this.dictionary.tasks.add(id)
    this.state.ensureTask(row)
    this.fastPath.tasks.remember(row, this.state.taskOpen.length)
    return row
  }

  /** Throws unless the event has a thread, a proc and a goroutine. */
  requireAll(): void {
    if (this.thread < 0 || this.proc < 0 || this.goroutine < 0) throw this.fail(this.missing())
  }

  requireThreadAndProc(): void {
    if (this.thread < 0 || this.proc < 0) throw this.fail(this.missing())
  }

  private missing(): string {
    return `expected a ${this.thread < 0 ? 'thread' : this.proc < 0 ? 'proc' : 'goroutine'} but didn't have one`
  }

  /** Throws unless the context's goroutine is Running. */
  requireRunning(event: ThreadCursor): void {
    const status = this.state.goStatus[this.goroutine]
    if (status === GoStatus.Running) return
    if (status === GoStatus.Unknown)
      throw this.fail(`${eventName(event)} for goroutine ${this.goId(this.goroutine)} that doesn't exist`)
    throw this.fail(`${eventName(event)} for goroutine ${this.goId(this.goroutine)} that's not Running`)
  }

  /** The error of an event that contradicts what is known; its place is added where the event is known. */
  fail(message: string): CodedError {
    return new CodedError('ORDER', message)
  }

  goId(row: number): string {
    return row < 0 ? '-1' : this.dictionary.wide.signedText(this.dictionary.goroutines.ids[row])
  }

  procId(row: number): string {
    return row < 0 ? '-1' : this.dictionary.wide.signedText(this.dictionary.procs.ids[row])
  }

  threadId(row: number): string {
    return row < 0 ? '-1' : this.dictionary.wide.signedText(this.dictionary.threads.ids[row])
  }
}

export function eventName(event: ThreadCursor): string {
  return eventSpecs[event.type]?.name ?? `event ${event.type}`
}
