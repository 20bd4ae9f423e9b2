/**
 * Ordered blocks → the parsed-event objects of test/slow, by way of the event table alone: what the columns say must be
 * what the slow reader says.
 */
import { type CodesByRow, EMPTY_STACK, NO_STACK } from '../../server/core/dictionary.js'
import { exactOf, slotStarts } from '../../server/core/event-block.js'
import { EventKind, eventSpecs } from '../../server/core/event-table.js'
import { goStateNames, procStateNames } from '../../server/core/states.js'
import { NONE } from '../../server/core/wide.js'
import type { OrderedReader } from '../../server/trace/order/reader.js'
import type { Common, Frame, ParsedEvent, Scope, Stack } from '../slow/parsed-event.js'

/**
 * The events of a reader, one after the other, absolute times restored. Experimental data of Syncs is left out: the
 * columns do not carry it.
 */
export function* parsedEvents(reader: OrderedReader): Generator<ParsedEvent> {
  const { dictionary } = reader
  const idOf = (ids: CodesByRow, row: number): bigint =>
    row === NONE ? -1n : BigInt.asIntN(64, dictionary.wide.decode(ids[row]))
  const goroutineId = (row: number) => idOf(dictionary.goroutines.ids, row)
  const procId = (row: number) => idOf(dictionary.procs.ids, row)
  const threadId = (row: number) => idOf(dictionary.threads.ids, row)
  const taskId = (row: number) => BigInt.asUintN(64, idOf(dictionary.tasks.ids, row))
  const stacks = new Map<number, Frame[]>([[EMPTY_STACK, []]])
  const stackOf = (row: number): Stack => {
    if (row === NO_STACK) return null
    let frames = stacks.get(row)
    if (frames === undefined) {
      frames = dictionary.frames(row).map(frame => ({
        pc: dictionary.framePcs[frame],
        func: dictionary.strings[dictionary.frameFunctions[frame]],
        file: dictionary.strings[dictionary.frameFiles[frame]],
        line: dictionary.frameLines[frame],
      }))
      stacks.set(row, frames)
    }
    return frames
  }
  let syncs = 0

  for (let block = reader.next(); block !== null; block = reader.next()) {
    const starts = slotStarts(block)
    for (let i = 0; i < block.length; i++) {
      const kind = block.kinds[i]
      const spec = eventSpecs[kind]
      if (spec?.slots === undefined) throw new Error(`event ${kind} has no place in ordered columns`)
      const names = spec.slots
      const at = (slot: string): number => {
        const index = names.indexOf(slot)
        if (index < 0) throw new Error(`${spec.name} has no slot ${slot}`)
        return block.slots[starts[i] + index]
      }
      const has = (slot: string) => names.includes(slot)
      const value = (name: string) => exactOf(at(`${name}Low`), at(`${name}High`))
      const string = (slot: string) => dictionary.strings[at(slot)]
      const goroutine = goroutineId(block.goroutines[i])
      const proc = procId(block.procs[i])
      const common: Common = {
        wire: kind,
        time: reader.startTime + BigInt(block.times[i]),
        thread: threadId(block.threads[i]),
        proc,
        goroutine,
        stack: has('stack') ? stackOf(at('stack')) : null,
      }

      const { transition, range, metric } = spec
      if (transition !== undefined) {
        const ofGoroutine = transition.resource === 'goroutine'
        const stateNames = ofGoroutine ? goStateNames : procStateNames
        const state = (which: 'from' | 'to') => {
          // A steal has its old state in a slot, its new one in the table.
          const fixed = transition[which]
          return stateNames[fixed === 'slot' ? at(which) : fixed]
        }
        const slot = ofGoroutine ? 'g' : 'p'
        const id =
          transition.subject === 'context'
            ? ofGoroutine
              ? goroutine
              : proc
            : ofGoroutine
              ? goroutineId(at(slot))
              : procId(at(slot))
        yield {
          ...common,
          kind: 'StateTransition',
          resource: ofGoroutine ? 'Goroutine' : 'Proc',
          id,
          from: state('from'),
          to: state('to'),
          reason: has('reason') ? string('reason') : '',
          transitionStack: has('newStack') ? stackOf(at('newStack')) : ownStackKinds.has(kind) ? common.stack : null,
        }
        continue
      }
      if (range !== undefined) {
        const slot = range.scope === 'goroutine' ? 'g' : 'p'
        const scope: Scope =
          range.scope === 'none'
            ? { resource: 'None', id: -1n }
            : range.scope === 'goroutine'
              ? { resource: 'Goroutine', id: has(slot) ? goroutineId(at(slot)) : goroutine }
              : { resource: 'Proc', id: has(slot) ? procId(at(slot)) : proc }
        yield {
          ...common,
          kind: range.edge === 'begin' ? 'RangeBegin' : range.edge === 'end' ? 'RangeEnd' : 'RangeActive',
          name: has('stwKind') ? `${range.name} (${string('stwKind')})` : range.name,
          scope,
          attributes: has('sweptLow')
            ? [
                { name: 'bytes swept', value: value('swept') },
                { name: 'bytes reclaimed', value: value('reclaimed') },
              ]
            : [],
        }
        continue
      }
      if (metric !== undefined) {
        yield { ...common, kind: 'Metric', name: metric, value: value('value') }
        continue
      }
      switch (kind) {
        case EventKind.Sync: {
          const generation = at('generation')
          const facts = generation < 0 ? null : reader.generations[generation]
          yield {
            ...common,
            kind: 'Sync',
            n: ++syncs,
            generation: facts?.number ?? null,
            snapshot: facts?.snapshot ?? null,
            experiments: new Map(),
          }
          break
        }
        case EventKind.CpuSample:
          yield { ...common, kind: 'StackSample' }
          break
        case EventKind.GoLabel:
          yield { ...common, kind: 'Label', label: string('label'), resource: goroutine }
          break
        case EventKind.UserTaskBegin:
        case EventKind.UserTaskEnd:
          yield {
            ...common,
            kind: kind === EventKind.UserTaskBegin ? 'TaskBegin' : 'TaskEnd',
            id: taskId(at('task')),
            parent: taskId(at('parent')),
            type: string('name'),
          }
          break
        case EventKind.UserRegionBegin:
        case EventKind.UserRegionEnd:
          yield {
            ...common,
            kind: kind === EventKind.UserRegionBegin ? 'RegionBegin' : 'RegionEnd',
            task: taskId(at('task')),
            type: string('name'),
          }
          break
        case EventKind.UserLog:
          yield {
            ...common,
            kind: 'Log',
            task: taskId(at('task')),
            category: string('category'),
            message: string('message'),
          }
          break
        default: {
          const values: Record<string, string> = { npages_value: 'pages', kindclass: 'class' }
          yield {
            ...common,
            kind: 'Experimental',
            name: spec.name,
            args: spec.args.map(name => [name, value(values[name] ?? name)] as const),
          }
        }
      }
    }
    reader.recycle(block)
  }
}

/** Events whose transition carries the stack of the running context (format.md §8.3). */
const ownStackKinds = new Set<number>([
  EventKind.GoStop,
  EventKind.GoBlock,
  EventKind.GoSyscallBegin,
  EventKind.GoStatusStack,
])
