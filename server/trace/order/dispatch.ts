/**
 * Which handler puts which event in order. The compiler holds the numbers against the table of events.
 */
import type { EventKind as E } from '../../core/event-table.js'
import type { ThreadCursor } from './cursor.js'
import {
  advanceGoBlock,
  advanceGoCreate,
  advanceGoDestroy,
  advanceGoStart,
  advanceGoStatus,
  advanceGoStop,
  advanceGoSwitch,
  advanceGoUnblock,
} from './handlers-goroutines.js'
import { advanceProcStart, advanceProcStatus, advanceProcSteal, advanceProcStop } from './handlers-procs.js'
import {
  advanceAssistActive,
  advanceAssistBegin,
  advanceAssistEnd,
  advanceExperimental,
  advanceGCActive,
  advanceGCBegin,
  advanceGCEnd,
  advanceGoLabel,
  advanceHeapMetric,
  advanceProcsChange,
  advanceSTWBegin,
  advanceSTWEnd,
  advanceSweepActive,
  advanceSweepBegin,
  advanceSweepEnd,
} from './handlers-runtime.js'
import {
  advanceGoCreateSyscall,
  advanceGoDestroySyscall,
  advanceGoSyscallBegin,
  advanceGoSyscallEnd,
  advanceGoSyscallEndBlocked,
} from './handlers-syscalls.js'
import { advanceLog, advanceRegionBegin, advanceRegionEnd, advanceTaskBegin, advanceTaskEnd } from './handlers-user.js'
import type { Ordering } from './ordering.js'

/**
 * Lets an event go in the context that `order` holds; false, with nothing changed, when it can't go yet. Throws
 * CodedError ORDER for one that contradicts what is known, and for one of a type that no thread writes.
 */
export function advance(order: Ordering, event: ThreadCursor): boolean {
  switch (event.type) {
    case 14 satisfies typeof E.GoCreate:
    case 47 satisfies typeof E.GoCreateBlocked:
      return advanceGoCreate(order, event)
    case 16 satisfies typeof E.GoStart:
      return advanceGoStart(order, event)
    case 17 satisfies typeof E.GoDestroy:
      return advanceGoDestroy(order, event)
    case 19 satisfies typeof E.GoStop:
      return advanceGoStop(order, event)
    case 20 satisfies typeof E.GoBlock:
      return advanceGoBlock(order, event)
    case 21 satisfies typeof E.GoUnblock:
      return advanceGoUnblock(order, event)
    case 45 satisfies typeof E.GoSwitch:
    case 46 satisfies typeof E.GoSwitchDestroy:
      return advanceGoSwitch(order, event)
    case 22 satisfies typeof E.GoSyscallBegin:
      return advanceGoSyscallBegin(order, event)
    case 23 satisfies typeof E.GoSyscallEnd:
      return advanceGoSyscallEnd(order, event)
    case 24 satisfies typeof E.GoSyscallEndBlocked:
      return advanceGoSyscallEndBlocked(order, event)
    case 40 satisfies typeof E.UserTaskBegin:
      return advanceTaskBegin(order, event)
    case 41 satisfies typeof E.UserTaskEnd:
      return advanceTaskEnd(order, event)
    case 42 satisfies typeof E.UserRegionBegin:
      return advanceRegionBegin(order, event)
    case 43 satisfies typeof E.UserRegionEnd:
      return advanceRegionEnd(order, event)
    case 44 satisfies typeof E.UserLog:
      return advanceLog(order, event)
    case 13 satisfies typeof E.ProcStatus:
      return advanceProcStatus(order, event)
    case 10 satisfies typeof E.ProcStart:
      return advanceProcStart(order, event)
    case 11 satisfies typeof E.ProcStop:
      return advanceProcStop(order, event)
    case 12 satisfies typeof E.ProcSteal:
      return advanceProcSteal(order, event)
    case 25 satisfies typeof E.GoStatus:
    case 48 satisfies typeof E.GoStatusStack:
      return advanceGoStatus(order, event)
    case 15 satisfies typeof E.GoCreateSyscall:
      return advanceGoCreateSyscall(order, event)
    case 18 satisfies typeof E.GoDestroySyscall:
      return advanceGoDestroySyscall(order, event)
    case 28 satisfies typeof E.GCActive:
      return advanceGCActive(order, event)
    case 29 satisfies typeof E.GCBegin:
      return advanceGCBegin(order, event)
    case 30 satisfies typeof E.GCEnd:
      return advanceGCEnd(order, event)
    case 31 satisfies typeof E.GCSweepActive:
      return advanceSweepActive(order, event)
    case 32 satisfies typeof E.GCSweepBegin:
      return advanceSweepBegin(order, event)
    case 33 satisfies typeof E.GCSweepEnd:
      return advanceSweepEnd(order, event)
    case 34 satisfies typeof E.GCMarkAssistActive:
      return advanceAssistActive(order, event)
    case 35 satisfies typeof E.GCMarkAssistBegin:
      return advanceAssistBegin(order, event)
    case 36 satisfies typeof E.GCMarkAssistEnd:
      return advanceAssistEnd(order, event)
    case 26 satisfies typeof E.STWBegin:
      return advanceSTWBegin(order, event)
    case 27 satisfies typeof E.STWEnd:
      return advanceSTWEnd(order, event)
    case 37 satisfies typeof E.HeapAlloc:
    case 38 satisfies typeof E.HeapGoal:
      return advanceHeapMetric(order, event)
    case 9 satisfies typeof E.ProcsChange:
      return advanceProcsChange(order, event)
    case 39 satisfies typeof E.GoLabel:
      return advanceGoLabel(order, event)
    default:
      if (event.type >= (128 satisfies typeof E.Span)) return advanceExperimental(order, event)
      throw order.fail(`bad event type found while ordering: ${event.type}`)
  }
}
