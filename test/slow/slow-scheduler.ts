/**
 * The slow twin of ordering's state machine (format.md §6.2–§6.4): may this event go now, and if so, what comes out?
 *
 * `advance` answers false to say "later", throws what Go's reader would return as error, and otherwise changes the
 * state and appends to `queue`.
 *
 * Over 500 lines: one function an event, over one state, is easiest to compare with the format's tables in one file.
 */
import { nameFor } from './slow-events.js'
import { type Generation, SlowTraceError } from './slow-wire.js'

export interface WireEvent {
  readonly type: number
  /** Time that orders; ns. */
  readonly time: bigint
  readonly args: readonly bigint[]
}

export interface Context {
  readonly thread: bigint
  readonly proc: bigint
  readonly goroutine: bigint
}

/** An event that may be delivered; `old` is the state that a status or steal replaces, in API names. */
export interface Ordered extends WireEvent {
  readonly context: Context
  readonly old?: string
  readonly task?: { readonly name: string; readonly parent: bigint }
}

const GO_STATUSES = ['Bad', 'Runnable', 'Running', 'Syscall', 'Waiting']
const PROC_STATUSES = ['Bad', 'Running', 'Idle', 'Syscall', 'Abandoned']
/** API state of each wire status. */
export const goApiStates = ['Undetermined', 'Runnable', 'Running', 'Syscall', 'Waiting']
export const procApiStates = ['Undetermined', 'Running', 'Idle', 'Running', 'Idle']

interface Range {
  readonly begin: number
  readonly description: bigint
}

interface Counted {
  status: string
  generation: bigint
  sequence: bigint
  readonly ranges: Range[]
}

interface GoroutineState extends Counted {
  readonly regions: { readonly task: bigint; readonly name: string }[]
}

interface ThreadState {
  proc: bigint
  goroutine: bigint
}

const NONE = -1n

/** Metrics, labels, tasks, regions, logs; stops of the world, sweeps, mark assists; experiments. */
const ANNOTATIONS = new Set([
  ...[9, 37, 38, 39, 40, 41, 42, 43, 44],
  ...[26, 27, 31, 32, 33, 34, 35, 36],
  ...[128, 129, 130, 131, 132, 133, 134, 135, 136],
])

function fail(text: string): never {
  throw new SlowTraceError(text)
}

function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}

export class SlowScheduler {
  readonly queue: Ordered[] = []
  private readonly goroutines = new Map<bigint, GoroutineState>()
  private readonly procs = new Map<bigint, Counted>()
  private readonly threads = new Map<bigint, ThreadState>()
  private readonly tasks = new Map<bigint, { name: string; parent: bigint }>()
  private gc: 'Undetermined' | 'NotRunning' | 'Running' = 'Undetermined'
  private gcSequence = 0n
  private initialGeneration: bigint | null = null

  /** @param lenient whether annotations that contradict what is known are no errors */
  constructor(
    private readonly version: number,
    private readonly lenient: boolean,
  ) {}

  advance(event: WireEvent, threadId: bigint, generation: Generation): boolean {
    try {
      return this.advanceStrictly(event, threadId, generation)
    } catch (error) {
      // Left out.
      if (this.lenient && ANNOTATIONS.has(event.type) && error instanceof SlowTraceError) return true
      throw error
    }
  }

  private advanceStrictly(event: WireEvent, threadId: bigint, generation: Generation): boolean {
    const { type, args } = event
    const gen = generation.number
    this.initialGeneration ??= gen
    const initial = gen === this.initialGeneration
    const name = nameFor(type, this.version)

    let thread: ThreadState = { proc: NONE, goroutine: NONE }
    if (threadId !== NONE) {
      const known = this.threads.get(threadId)
      if (known === undefined) this.threads.set(threadId, thread)
      else thread = known
    }
    const context: Context = { thread: threadId, proc: thread.proc, goroutine: thread.goroutine }

    const emit = (more: Partial<Ordered> = {}) => {
      this.queue.push({ ...event, context, ...more })
      return true
    }
    /** Requirements on M, P and G: + must have, - must not have, . any. */
    const need = (requirements: string) => {
      const parts: [string, string, bigint][] = [
        [requirements[0], 'thread', context.thread],
        [requirements[1], 'proc', context.proc],
        [requirements[2], 'goroutine', context.goroutine],
      ]
      for (const [requirement, what, id] of parts) {
        if (requirement === '+' && id === NONE) fail(`expected a ${what} but didn't have one`)
        if (requirement === '-' && id !== NONE) fail(`expected no ${what} but had one`)
      }
    }
    const succeeds = (state: Counted, sequence: bigint) =>
      state.generation === gen && sequence === BigInt.asUintN(64, state.sequence + 1n)
    const currentGoroutine = () =>
      this.goroutines.get(context.goroutine) ??
      fail(`event ${name} for goroutine (${context.goroutine}) that doesn't exist`)

    switch (type) {
      case 9: // ProcsChange
      case 39: // GoLabel
      case 44: // UserLog
        need('+++')
        return emit()

      case 37: // HeapAlloc
      case 38: // HeapGoal
        need('++.')
        return emit()

      case 10: {
        // ProcStart
        const p = signed(args[0])
        const proc = this.procs.get(p)
        if (proc === undefined || proc.status !== 'Idle' || !succeeds(proc, args[1]) || context.proc !== NONE)
          return false
        need('+-.')
        Object.assign(proc, { status: 'Running', sequence: args[1] })
        thread.proc = p
        return emit()
      }

      case 11: {
        // ProcStop
        const proc = this.procs.get(context.proc) ?? fail(`event ${name} for proc (${context.proc}) that doesn't exist`)
        if (proc.status !== 'Running' && proc.status !== 'Syscall') {
          fail(`${name} event for proc that's not Running or Syscall`)
        }
        need('++.')
        proc.status = 'Idle'
        thread.proc = NONE
        return emit()
      }

      case 12: {
        // ProcSteal
        const p = signed(args[0])
        const proc = this.procs.get(p)
        if (proc === undefined || (proc.status !== 'Syscall' && proc.status !== 'Abandoned')) return false
        if (!succeeds(proc, args[1])) return false
        need('+..')
        const abandoned = proc.status === 'Abandoned'
        Object.assign(proc, { status: 'Idle', sequence: args[1] })
        if (abandoned) return emit({ old: 'Idle' })
        const victimId = signed(args[2])
        if (victimId === threadId) {
          if (context.proc !== p) {
            fail(`tried to self-steal proc ${p} (thread ${victimId}), but got proc ${context.proc} instead`)
          }
          thread.proc = NONE
          return emit({ old: 'Running' })
        }
        const victim = this.threads.get(victimId) ?? fail(`stole proc from non-existent thread ${victimId}`)
        if (victim.proc !== p) {
          fail(`tried to steal proc ${p} from thread ${victimId}, but got proc ${victim.proc} instead`)
        }
        victim.proc = NONE
        return emit({ old: 'Running' })
      }

      case 13: {
        // ProcStatus
        const p = signed(args[0])
        const number = Number(args[1] & 255n)
        if (number > 4) fail(`invalid status for proc ${p}: ${number}`)
        const status = PROC_STATUSES[number]
        const proc = this.procs.get(p)
        let old = procApiStates[number]
        let shownArgs = args
        let shownContext = context
        if (proc === undefined) {
          this.procs.set(p, { status, generation: gen, sequence: 0n, ranges: [] })
          old = initial ? 'Undetermined' : 'NotExist'
        } else {
          if (status === 'Abandoned' && proc.status === 'Syscall') {
            // The syscall was seen, so nothing is lost: shown as the running proc it is, where it runs.
            old = 'Running'
            shownArgs = [args[0], 3n]
            const holder = [...this.threads].find(([, state]) => state.proc === p)
            if (holder === undefined) fail(`failed to find sched context for proc ${p} that's about to be stolen`)
            shownContext = { thread: holder[0], proc: p, goroutine: holder[1].goroutine }
          } else if (proc.status !== status) {
            fail(`inconsistent status for proc ${p}: old ${statusText(proc.status)} vs. new ${statusText(status)}`)
          }
          Object.assign(proc, { generation: gen, sequence: 0n })
        }
        if (status === 'Running' || status === 'Syscall') thread.proc = p
        return emit({ args: shownArgs, old, context: shownContext })
      }

      case 25: // GoStatus
      case 48: {
        // GoStatusStack
        const g = signed(args[0])
        const m = signed(args[1])
        const number = Number(args[2] & 255n)
        if (number > 4) fail(`invalid status for goroutine ${g}: ${number}`)
        const status = GO_STATUSES[number]
        const goroutine = this.goroutines.get(g)
        let old = goApiStates[number]
        if (goroutine !== undefined) {
          if (goroutine.status !== status) {
            fail(`inconsistent status for goroutine ${g}: old ${goroutine.status} vs. new ${status}`)
          }
          Object.assign(goroutine, { generation: gen, sequence: 0n })
        } else if (initial) {
          this.goroutines.set(g, { status, generation: gen, sequence: 0n, ranges: [], regions: [] })
          old = 'Undetermined'
        } else {
          fail(`found goroutine status for new goroutine after the first generation: id=${g} status=${status}`)
        }
        let shownContext = context
        if (status === 'Running') thread.goroutine = g
        if (status === 'Syscall') {
          if (m === NONE) fail(`found goroutine ${g} in syscall without a thread`)
          const inconsistent = (found: bigint) =>
            fail(`inconsistent thread for syscalling goroutine ${g}: thread has goroutine ${found}`)
          if (m === threadId) {
            if (!initial && context.goroutine !== g) inconsistent(context.goroutine)
            thread.goroutine = g
          } else {
            const other = this.threads.get(m)
            if (other === undefined) {
              this.threads.set(m, { goroutine: g, proc: NONE })
              shownContext = { ...context, thread: m }
            } else {
              if (other.goroutine !== g) inconsistent(other.goroutine)
              shownContext = { ...context, thread: m, goroutine: g }
            }
          }
        }
        return emit({ old, context: shownContext })
      }

      case 14: // GoCreate
      case 47: {
        // GoCreateBlocked
        need('++.')
        const creator = this.goroutines.get(context.goroutine)
        if (creator !== undefined && creator.status !== 'Running')
          fail(`${name} event for goroutine that's not Running`)
        const g = signed(args[0])
        if (this.goroutines.has(g)) fail(`tried to create goroutine (${g}) that already exists`)
        const status = type === 14 ? 'Runnable' : 'Waiting'
        this.goroutines.set(g, { status, generation: gen, sequence: 0n, ranges: [], regions: [] })
        return emit()
      }

      case 15: {
        // GoCreateSyscall
        need('+.-')
        const g = signed(args[0])
        if (this.goroutines.has(g)) fail(`tried to create goroutine (${g}) in syscall that already exists`)
        this.goroutines.set(g, { status: 'Syscall', generation: gen, sequence: 0n, ranges: [], regions: [] })
        thread.goroutine = g
        return emit()
      }

      case 16: {
        // GoStart
        const g = signed(args[0])
        const goroutine = this.goroutines.get(g)
        if (goroutine === undefined || goroutine.status !== 'Runnable' || !succeeds(goroutine, args[1])) return false
        need('++-')
        Object.assign(goroutine, { status: 'Running', sequence: args[1] })
        thread.goroutine = g
        return emit()
      }

      case 17: // GoDestroy
      case 19: // GoStop
      case 20: {
        // GoBlock
        need('+++')
        const goroutine = currentGoroutine()
        if (goroutine.status !== 'Running') fail(`${name} event for goroutine that's not Running`)
        if (type === 17) this.goroutines.delete(context.goroutine)
        else goroutine.status = type === 19 ? 'Runnable' : 'Waiting'
        thread.goroutine = NONE
        return emit()
      }

      case 18: {
        // GoDestroySyscall
        need('+.+')
        const goroutine = currentGoroutine()
        if (goroutine.status !== 'Syscall') fail(`${name} event for goroutine that's not Syscall`)
        this.goroutines.delete(context.goroutine)
        thread.goroutine = NONE
        if (context.proc !== NONE) {
          const proc = this.procs.get(context.proc) ?? fail(`found invalid proc ${context.proc} during ${name}`)
          if (proc.status !== 'Syscall') {
            fail(`proc ${context.proc} in unexpected state ${statusText(proc.status)} during ${name}`)
          }
          proc.status = 'Abandoned'
          thread.proc = NONE
          emit({ type: 12, args: [BigInt.asUintN(64, context.proc), 0n, 0n], old: 'Running' })
        }
        return emit()
      }

      case 21: {
        // GoUnblock
        const goroutine = this.goroutines.get(signed(args[0]))
        if (goroutine === undefined || goroutine.status !== 'Waiting' || !succeeds(goroutine, args[1])) return false
        Object.assign(goroutine, { status: 'Runnable', sequence: args[1] })
        return emit()
      }

      case 45: // GoSwitch
      case 46: {
        // GoSwitchDestroy
        need('+++')
        const current = currentGoroutine()
        if (current.status !== 'Running') fail(`${name} event for goroutine that's not Running`)
        const g = signed(args[0])
        const next = this.goroutines.get(g)
        if (next === undefined || next.status !== 'Waiting' || !succeeds(next, args[1])) return false
        emit()
        if (type === 45) {
          current.status = 'Waiting'
          emit({ type: 20, args: [0n, 0n] })
        } else {
          this.goroutines.delete(context.goroutine)
          emit({ type: 17, args: [] })
        }
        Object.assign(next, { status: 'Running', sequence: args[1] })
        thread.goroutine = g
        return emit({ type: 16, context: { ...context, goroutine: NONE } })
      }

      case 22: {
        // GoSyscallBegin
        need('+++')
        const goroutine = currentGoroutine()
        if (goroutine.status !== 'Running') fail(`${name} event for goroutine that's not Running`)
        const proc = this.procs.get(context.proc) ?? fail(`uninitialized proc ${context.proc} found during ${name}`)
        if (!succeeds(proc, args[0])) {
          fail(
            `failed to advance ${name}: can't make sequence: ${proc.sequence} (gen=${proc.generation}) -> ${args[0]} (gen=${gen})`,
          )
        }
        goroutine.status = 'Syscall'
        Object.assign(proc, { status: 'Syscall', sequence: args[0] })
        return emit()
      }

      case 23: {
        // GoSyscallEnd
        need('+++')
        const goroutine = currentGoroutine()
        if (goroutine.status !== 'Syscall') fail(`${name} event for goroutine that's not Running`)
        const proc = this.procs.get(context.proc) ?? fail(`uninitialized proc ${context.proc} found during ${name}`)
        if (proc.status !== 'Syscall') {
          fail(`expected proc ${context.proc} in state Syscall, but got ${statusText(proc.status)} instead`)
        }
        goroutine.status = 'Running'
        proc.status = 'Running'
        return emit()
      }

      case 24: {
        // GoSyscallEndBlocked
        if (context.proc !== NONE) {
          const proc = this.procs.get(context.proc) ?? fail(`uninitialized proc ${context.proc} found during ${name}`)
          if (proc.status === 'Syscall') return false
        }
        need('+.+')
        const goroutine = currentGoroutine()
        if (goroutine.status !== 'Syscall') fail(`${name} event for goroutine that's not Running`)
        goroutine.status = 'Runnable'
        thread.goroutine = NONE
        return emit()
      }

      case 26: // STWBegin
      case 35: // GCMarkAssistBegin
        need('+++')
        this.beginRange(this.rangesOfGoroutine(context, type), type, type === 26 ? args[0] : 0n)
        return emit()

      case 27: {
        // STWEnd
        need('+++')
        const description = this.endRange(this.rangesOfGoroutine(context, type), 26)
        return emit({ args: [description] })
      }

      case 36: // GCMarkAssistEnd
        need('+++')
        this.endRange(this.rangesOfGoroutine(context, type), 35)
        return emit()

      case 34: {
        // GCMarkAssistActive
        const g = signed(args[0])
        const goroutine = this.goroutines.get(g) ?? fail(`uninitialized goroutine ${g} found during ${name}`)
        this.activeRange(goroutine.ranges, 35, initial)
        return emit()
      }

      case 32: {
        // GCSweepBegin
        need('++.')
        const proc = this.procs.get(context.proc) ?? fail(`uninitialized proc ${context.proc} found during ${name}`)
        this.beginRange(proc.ranges, 32, 0n)
        return emit()
      }

      case 33: {
        // GCSweepEnd
        need('++.')
        const proc = this.procs.get(context.proc) ?? fail(`uninitialized proc ${context.proc} found during ${name}`)
        this.endRange(proc.ranges, 32)
        return emit()
      }

      case 31: {
        // GCSweepActive
        const p = signed(args[0])
        const proc = this.procs.get(p) ?? fail(`encountered GCSweepActive for unknown proc ${p}`)
        this.activeRange(proc.ranges, 32, initial)
        return emit()
      }

      case 28: // GCActive
        if (initial) {
          if (this.gc !== 'Undetermined') fail("GCActive in the first generation isn't first GC event")
        } else {
          if (args[0] !== this.gcSequence + 1n) return false
          if (this.gc !== 'Running') fail('encountered GCActive while GC was not in progress')
          need('+++')
        }
        this.gcSequence = args[0]
        this.gc = 'Running'
        return emit()

      case 29: // GCBegin
        if (this.gc !== 'Undetermined') {
          if (args[0] !== this.gcSequence + 1n) return false
          if (this.gc === 'Running') fail('encountered GCBegin while GC was already in progress')
          need('+++')
        }
        this.gcSequence = args[0]
        this.gc = 'Running'
        return emit()

      case 30: // GCEnd
        if (args[0] !== this.gcSequence + 1n) return false
        if (this.gc === 'NotRunning') fail('encountered GCEnd when GC was not in progress')
        if (this.gc === 'Undetermined') fail('encountered GCEnd when GC was in an undetermined state')
        this.gcSequence = args[0]
        this.gc = 'NotRunning'
        need('+++')
        return emit()

      case 40: {
        // UserTaskBegin
        const [id, parent, nameId] = args
        if (this.tasks.has(id) && !this.lenient) fail(`task ID conflict: ${id}`)
        if (!generation.hasString(nameId)) fail(`invalid string ID ${nameId} for 40 event`)
        const task = { name: generation.string(nameId), parent: parent === 0n ? (1n << 64n) - 1n : parent }
        need('+++')
        this.tasks.set(id, task)
        return emit({ task })
      }

      case 41: {
        // UserTaskEnd
        need('+++')
        const task = this.tasks.get(args[0]) ?? { name: '', parent: (1n << 64n) - 1n }
        this.tasks.delete(args[0])
        return emit({ task })
      }

      case 42: // UserRegionBegin
      case 43: {
        // UserRegionEnd
        need('+++')
        const [task, nameId] = args
        if (!generation.hasString(nameId)) fail(`invalid string ID ${nameId} for ${type} event`)
        const verb = type === 42 ? 'Begin' : 'End'
        const goroutine =
          this.goroutines.get(context.goroutine) ??
          fail(`encountered EvUserRegion${verb} without known state for current goroutine ${context.goroutine}`)
        const region = { task, name: generation.string(nameId) }
        if (type === 42) {
          goroutine.regions.push(region)
          return emit()
        }
        const open = goroutine.regions.at(-1)
        if (open !== undefined) {
          const matching = goroutine.regions.findLastIndex(
            ({ task, name }) => task === region.task && name === region.name,
          )
          if (this.lenient && matching >= 0) goroutine.regions.splice(matching, 1)
          else if (open.task !== region.task || open.name !== region.name) {
            fail(
              `misuse of region in goroutine ${context.goroutine}: region end {${region.task} ${region.name}} when the inner-most active region start event is {${open.task} ${open.name}}`,
            )
          } else goroutine.regions.pop()
        }
        return emit()
      }

      default:
        if (type >= 128) {
          need('+..')
          return emit()
        }
        return fail(`bad event type found while ordering: ${type}`)
    }
  }

  private rangesOfGoroutine(context: Context, type: number): Range[] {
    const goroutine =
      this.goroutines.get(context.goroutine) ??
      fail(`encountered event of type ${type} without known state for current goroutine ${context.goroutine}`)
    return goroutine.ranges
  }

  private beginRange(ranges: Range[], begin: number, description: bigint): void {
    if (ranges.some(range => range.begin === begin && range.description === description)) {
      fail(`discovered event already in-flight for when starting event ${nameFor(begin, 26)}`)
    }
    ranges.push({ begin, description })
  }

  /** Closes the first open range of that type, which the last one replaces; gives its description. */
  private endRange(ranges: Range[], begin: number): bigint {
    const at = ranges.findIndex(range => range.begin === begin)
    if (at < 0) fail(`tried to end event ${nameFor(begin, 26)}, but not in-flight`)
    const { description } = ranges[at]
    const last = ranges.pop() as Range
    if (at < ranges.length) ranges[at] = last
    return description
  }

  private activeRange(ranges: Range[], begin: number, initial: boolean): void {
    const open = ranges.some(range => range.begin === begin && range.description === 0n)
    if (initial) {
      if (open) fail(`found named active range already in first gen: {${begin} 0}`)
      ranges.push({ begin, description: 0n })
    } else if (!open) {
      const list = ranges.map(range => `{${range.begin} ${range.description}}`).join(' ')
      fail(`resource is missing active range: ${nameFor(begin, 26)} [${list}]`)
    }
  }
}

/** Status as in messages. */
function statusText(status: string): string {
  return status === 'Abandoned' ? 'SyscallAbandoned' : status
}
