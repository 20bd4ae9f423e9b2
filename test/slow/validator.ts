/**
 * The checklist of format.md §11 over parsed events: what any reader must deliver, whatever the trace. Gives the first
 * complaints as sentences; none means valid.
 */
import { type Frame, NO_TASK, type ParsedEvent, type Stack, type Transition } from './parsed-event.js'

interface Resource {
  state: string
  /** Thread that it runs on; null while it does not. */
  thread: bigint | null
}

const LIMIT = 20

export function validateEvents(events: Iterable<ParsedEvent>, version: number): string[] {
  const complaints: string[] = []
  const goroutines = new Map<bigint, Resource>()
  const procs = new Map<bigint, Resource>()
  /** What runs on a thread. */
  const threads = new Map<bigint, { goroutine: bigint | null; proc: bigint | null }>()
  const ranges = new Map<string, Set<string>>()
  const tasks = new Map<bigint, string>()
  let lastTime: bigint | null = null
  let syncs = 0
  let lastSnapshot = { trace: 0n, mono: 0n, wall: 0n }

  for (const event of events) {
    if (complaints.length >= LIMIT) return complaints
    const complain = (text: string) => complaints.push(`${event.kind} at ${event.time}: ${text}`)

    if (lastTime !== null && event.time <= lastTime) complain(`time does not follow ${lastTime}`)
    lastTime = event.time
    checkStack(event.stack, complain)

    switch (event.kind) {
      case 'Sync': {
        syncs++
        if (event.n !== syncs) complain(`count is ${event.n}, wanted ${syncs}`)
        const { snapshot } = event
        if (version < 25) {
          if (snapshot !== null) complain('a snapshot before version 25')
        } else if (snapshot !== null) {
          const wall = snapshot.wallSeconds * 1_000_000_000n + snapshot.wallNanoseconds
          if (snapshot.trace <= lastSnapshot.trace) complain('trace clock does not grow')
          if (snapshot.mono <= lastSnapshot.mono) complain('monotonic clock does not grow')
          if (wall <= lastSnapshot.wall) complain('wall clock does not grow')
          lastSnapshot = { trace: snapshot.trace, mono: snapshot.mono, wall }
        } else if (event.generation !== null) complain('no snapshot')
        break
      }
      case 'Metric':
        if (!event.name.includes(':')) complain(`metric without unit: ${event.name}`)
        break
      case 'Label':
        if (event.label === '') complain('empty label')
        if (event.resource < 0n) complain('label of nothing')
        break
      case 'RangeBegin':
      case 'RangeActive':
      case 'RangeEnd': {
        const key = `${event.scope.resource}(${event.scope.id})`
        const open = ranges.get(key) ?? new Set()
        ranges.set(key, open)
        if (event.kind === 'RangeBegin' && open.has(event.name)) complain(`${event.name} is open already on ${key}`)
        if (event.kind === 'RangeEnd' && !open.delete(event.name)) complain(`${event.name} is not open on ${key}`)
        if (event.kind !== 'RangeEnd') open.add(event.name)
        break
      }
      case 'TaskBegin':
        if (event.id === 0n || event.id === NO_TASK) complain(`task id ${event.id}`)
        if (event.parent === 0n) complain('the background task as parent')
        tasks.set(event.id, event.type)
        break
      case 'TaskEnd': {
        const type = tasks.get(event.id)
        if (type !== undefined && type !== event.type) complain(`task ${event.id} was ${type}, is ${event.type}`)
        tasks.delete(event.id)
        break
      }
      case 'StateTransition':
        checkStack(event.transitionStack, complain)
        checkTransition(event, complain)
        break
      default:
    }
  }
  return complaints

  function checkTransition(event: Transition, complain: (text: string) => void): void {
    const { resource, id, from, to } = event
    const isGoroutine = resource === 'Goroutine'
    const table = isGoroutine ? goroutines : procs
    const slot = isGoroutine ? 'goroutine' : 'proc'
    const executing = (state: string) => state === 'Running' || (isGoroutine && state === 'Syscall')
    const known = table.get(id)

    if (to === 'Undetermined') complain(`${resource} ${id} becomes Undetermined`)
    if (from === 'Undetermined' && syncs > 1) complain(`${resource} ${id} from Undetermined after the second Sync`)
    if (known !== undefined && known.state !== from) complain(`${resource} ${id} was ${known.state}, not ${from}`)
    if (known === undefined && from !== 'Undetermined' && from !== 'NotExist') {
      complain(`${resource} ${id} is new, but comes from ${from}`)
    }
    if (to === 'NotExist' && (ranges.get(`${resource}(${id})`)?.size ?? 0) > 0) {
      complain(`${resource} ${id} ends with an open range`)
    }

    const state = known ?? { state: from, thread: null }
    if (executing(from) && from !== to && known !== undefined) {
      if (state.thread === null) complain(`${resource} ${id} leaves ${from} without a thread`)
      else if (threads.get(state.thread)?.[slot] !== id) complain(`thread ${state.thread} does not have ${slot} ${id}`)
      if (isGoroutine && !sameStack(event.transitionStack, event.stack)) {
        complain('transition stack differs from the stack of the event')
      }
    }
    if (executing(from) && !executing(to) && state.thread !== null) {
      const thread = threads.get(state.thread)
      if (thread?.[slot] === id) thread[slot] = null
      state.thread = null
    }
    if (executing(to)) {
      if (event.thread === -1n) complain(`${resource} ${id} becomes ${to} without a thread`)
      else {
        const thread = threads.get(event.thread) ?? { goroutine: null, proc: null }
        threads.set(event.thread, thread)
        const other = thread[slot]
        if (other !== null && other !== id) complain(`thread ${event.thread} has ${slot} ${other} already`)
        thread[slot] = id
        state.thread = event.thread
      }
    }
    state.state = to
    if (to === 'NotExist') {
      table.delete(id)
      ranges.delete(`${resource}(${id})`)
    } else table.set(id, state)
  }
}

export function sameStack(x: Stack, y: Stack): boolean {
  if (x === y || x === null || y === null) return x === y
  return x.length === y.length && x.every((frame, i) => sameFrame(frame, y[i]))
}

function sameFrame(x: Frame, y: Frame): boolean {
  return x === y || (x.pc === y.pc && x.func === y.func && x.file === y.file && x.line === y.line)
}

/** Every frame but the leaf is known. */
function checkStack(stack: Stack, complain: (text: string) => void): void {
  for (const [i, frame] of (stack ?? []).entries()) {
    if (i > 0 && (frame.func === '' || frame.file === '' || frame.pc === 0n || frame.line === 0n)) {
      complain(`frame ${i} is not known`)
    }
  }
}
