/**
 * What cursors wait for whose event can't go, so that each is tried again only when that has changed. Without it as
 * many would be tried at every step as there are threads that wait for each other.
 *
 * An event waits for its number in the sequence of a goroutine, of a proc or of the garbage collector, or for a change
 * of its own context: its thread, and the goroutine and the proc that this one holds. One that is tried again without
 * need does no harm.
 */
import { eventSpecs } from '../../core/event-table.js'
import type { ThreadCursor } from './cursor.js'
import type { Ordering } from './ordering.js'

/** Goroutine, proc, thread, and the garbage collector, of which there is one. */
type Resource = 'g' | 'p' | 'm' | 'gc'

/** A resource that an event names. */
interface Mention {
  readonly resource: Resource
  /** Argument with its id; −1: there is one alone. */
  readonly id: number
  /** Argument with the event's number in its sequence; −1: it has none. */
  readonly seq: number
}

/** In place of a number: any change of the resource is waited for. */
const ANY = -1

const mentions: readonly (readonly Mention[])[] = eventSpecs.map(spec =>
  (spec?.args ?? []).flatMap((arg, i): Mention[] => {
    if (arg === 'gc_seq') return [{ resource: 'gc', id: -1, seq: i }]
    const type = arg.slice(arg.lastIndexOf('_') + 1)
    if (type !== 'g' && type !== 'p' && type !== 'm') return []
    return [{ resource: type, id: i, seq: spec?.args.indexOf(`${type}_seq`) ?? -1 }]
  }),
)

export class Waits {
  /** Numbers of cursors, by what they wait for. They may have been woken meanwhile by something else. */
  private readonly lists = new Map<string, number[]>()

  /** @param waiting 1 for the number of each cursor that waits */
  constructor(
    private readonly order: Ordering,
    private readonly waiting: Uint8Array,
  ) {}

  /** Says that a cursor waits, whose event was just tried. */
  add(cursor: ThreadCursor, number: number): void {
    const { order } = this
    this.waiting[number] = 1
    this.enlist(number, 'm', order.dictionary.threads.ids[order.thread], ANY)
    if (order.goroutine >= 0) this.enlist(number, 'g', order.dictionary.goroutines.ids[order.goroutine], ANY)
    if (order.proc >= 0) this.enlist(number, 'p', order.dictionary.procs.ids[order.proc], ANY)
    for (const { resource, id, seq } of mentions[cursor.type]) {
      if (seq >= 0) this.enlist(number, resource, cursor.args[id], cursor.args[seq])
    }
  }

  private enlist(number: number, resource: Resource, id: number | undefined, seq: number): void {
    const key = keyOf(resource, id, seq)
    const list = this.lists.get(key)
    if (list === undefined) this.lists.set(key, [number])
    else list.push(number)
  }

  /** Wakes all that wait for what the event may have changed that just went; its cursor still has it. */
  wake(cursor: ThreadCursor): void {
    const { order } = this
    const { dictionary, state } = order
    const goroutine = (row: number) => this.wakeAll('g', dictionary.goroutines.ids[row], state.goSeq[row])
    const proc = (row: number) => this.wakeAll('p', dictionary.procs.ids[row], state.procSeq[row])
    if (order.goroutine >= 0) goroutine(order.goroutine)
    if (order.proc >= 0) proc(order.proc)
    for (const { resource, id } of mentions[cursor.type]) {
      if (resource === 'g') goroutine(dictionary.goroutines.find(cursor.args[id]))
      else if (resource === 'p') proc(dictionary.procs.find(cursor.args[id]))
      else if (resource === 'm') this.wakeAll('m', cursor.args[id], ANY)
      else this.wakeAll('gc', undefined, state.gcSeq)
    }
  }

  /** @param seq number of the resource's last event in its sequence */
  private wakeAll(resource: Resource, id: number | undefined, seq: number): void {
    for (const key of [keyOf(resource, id, ANY), keyOf(resource, id, seq + 1)]) {
      const list = this.lists.get(key)
      if (list === undefined) continue
      for (const number of list) this.waiting[number] = 0
      this.lists.delete(key)
    }
  }

  /** None waits. */
  clear(): void {
    this.lists.clear()
    this.waiting.fill(0)
  }
}

function keyOf(resource: Resource, id: number | undefined, seq: number): string {
  return `${resource} ${id} ${seq}`
}
