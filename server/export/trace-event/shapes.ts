/** How the ordered columns tell of each kind of event, for the drawing; derived from the event table. */
import { EventKind, type EventSpec, eventSpecs, slotOf } from '../../core/event-table.js'

export const What = { Other: 0, Goroutine: 1, Proc: 2, Range: 3, Value: 4 } as const

/** Slots are positions behind the event's first, −1: the event has none. */
export interface Shape {
  readonly what: number
  readonly spec: EventSpec
  /** Slot of what changes; −1: it is that of the context. */
  readonly subject: number
  /** States; −1: in their slots. */
  readonly from: number
  readonly to: number
  readonly fromSlot: number
  readonly toSlot: number
  readonly stack: number
  /** Slot of the goroutine's own stack. */
  readonly ownStack: number
  readonly reason: number
}

export const shapes: readonly (Shape | undefined)[] = eventSpecs.map(spec => spec?.slots && shapeOf(spec))

function shapeOf(spec: EventSpec): Shape {
  const { kind, transition, range, metric } = spec
  const resource = transition?.resource ?? range?.scope
  const stack = slotOf(kind, 'stack')
  const own = transition?.subject === 'context' || kind === EventKind.GoStatusStack ? stack : slotOf(kind, 'newStack')
  return {
    what: range
      ? What.Range
      : metric
        ? What.Value
        : !transition
          ? What.Other
          : resource === 'proc'
            ? What.Proc
            : What.Goroutine,
    spec,
    subject: resource === 'proc' ? slotOf(kind, 'p') : slotOf(kind, 'g'),
    from: typeof transition?.from === 'number' ? transition.from : -1,
    to: typeof transition?.to === 'number' ? transition.to : -1,
    fromSlot: slotOf(kind, 'from'),
    toSlot: slotOf(kind, 'to'),
    stack,
    ownStack: own,
    reason: slotOf(kind, 'reason'),
  }
}
