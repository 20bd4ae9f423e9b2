/** Traces of many threads, of many generations and of many equal events. */
import type { Random } from './mutate-random.js'
import { type BatchParts, batch, clockBatch, END_OF_GENERATION, header } from './trace-bytes.js'
import { bytesOf, event, NO_THREAD, running, traceOf } from './v2-trace.js'

/**
 * Threads that wait for each other: each starts a proc and then goroutine 2, which goes from one to the next, but by
 * their times the last one is the first. `apart` is the time between two of them: at 1, events of different threads
 * have the same time.
 */
export function chainOfThreads(count: number, apart = 1): Uint8Array {
  const procs = Array.from({ length: count }, (_, i) => event(13, 1, i + 1, 2))
  const threads = Array.from({ length: count }, (_, i) =>
    batch([...event(10, 1, i + 1, 1), ...event(16, 1, 2, i + 1), ...event(19, 1, 1, 1)], {
      thread: 100 + i,
      time: 1_000_000 + (count - i) * apart,
    }),
  )
  return traceOf([...running, ...procs, event(14, 1, 2, 1, 1)], threads)
}

interface Thread {
  readonly events: number[][]
  proc: number
  goroutine: number
  inSyscall: boolean
}

/**
 * A program that ran well, whose threads have clocks that know nothing of each other: only sequence numbers tell what
 * came first. Times are few, so that many are equal.
 */
export function scrambledThreads(random: Random, threadCount: number, steps: number): Uint8Array {
  const procs = Array.from({ length: threadCount }, () => ({ status: 'idle', seq: 0 }))
  const goroutines = [{ status: 'waiting', seq: 0 }]
  const threads = Array.from(
    { length: threadCount },
    (): Thread => ({ events: [], proc: -1, goroutine: -1, inSyscall: false }),
  )
  let gcSeq = 1
  const having = (list: readonly { status: string }[], status: string): number => {
    const rows = list.flatMap((each, row) => (each.status === status ? [row] : []))
    return rows.length === 0 ? -1 : random.pick(rows)
  }
  const say = (thread: Thread, kind: number, ...args: number[]) =>
    thread.events.push(event(kind, random.below(3), ...args))
  /** Goroutine g has the id g + 10. */
  const start = (thread: Thread, kind: number, g: number) => {
    goroutines[g].status = 'running'
    say(thread, kind, g + 10, ++goroutines[g].seq)
    thread.goroutine = g
  }
  const unblock = (thread: Thread) => {
    const g = having(goroutines, 'waiting')
    if (g < 0) return
    goroutines[g].status = 'runnable'
    say(thread, 21, g + 10, ++goroutines[g].seq, 1)
  }
  const leave = (thread: Thread, kind: number, status: string, ...args: number[]) => {
    goroutines[thread.goroutine].status = status
    say(thread, kind, ...args)
    thread.goroutine = -1
  }
  const runGoroutine = (thread: Thread) => {
    const other = having(goroutines, 'waiting')
    const actions = [
      () => leave(thread, 19, 'runnable', 1, 1),
      () => leave(thread, 20, 'waiting', 1, 1),
      () => unblock(thread),
      () => {
        goroutines.push({ status: 'runnable', seq: 0 })
        say(thread, 14, goroutines.length + 9, 1, 1)
      },
      () => leave(thread, 17, 'gone'),
      () => {
        if (other < 0) return
        goroutines[thread.goroutine].status = 'waiting'
        start(thread, 45, other)
      },
      () => {
        goroutines[thread.goroutine].status = 'syscall'
        procs[thread.proc].status = 'syscall'
        say(thread, 22, ++procs[thread.proc].seq, 1)
        thread.inSyscall = true
      },
      () => {
        if (gcSeq % 2 === 1) say(thread, 30, ++gcSeq)
        else say(thread, 29, ++gcSeq, 1)
      },
    ]
    random.pick(actions)()
  }
  const endSyscall = (thread: Thread) => {
    thread.inSyscall = false
    if (thread.proc < 0) return leave(thread, 24, 'runnable')
    goroutines[thread.goroutine].status = 'running'
    procs[thread.proc].status = 'running'
    say(thread, 23)
  }
  const withoutProc = (thread: Thread) => {
    const stolen = having(procs, 'syscall')
    const idle = having(procs, 'idle')
    if (stolen >= 0 && random.chance(3)) {
      const victim = threads.findIndex(({ proc }) => proc === stolen)
      threads[victim].proc = -1
      procs[stolen].status = 'idle'
      say(thread, 12, stolen + 1, ++procs[stolen].seq, 100 + victim)
    } else if (idle >= 0) {
      procs[idle].status = 'running'
      say(thread, 10, idle + 1, ++procs[idle].seq)
      thread.proc = idle
    }
  }
  const withProc = (thread: Thread) => {
    const g = having(goroutines, 'runnable')
    if (g >= 0 && !random.chance(4)) start(thread, 16, g)
    else if (random.chance(2)) unblock(thread)
    else {
      procs[thread.proc].status = 'idle'
      say(thread, 11)
      thread.proc = -1
    }
  }
  for (let step = 0; step < steps; step++) {
    const thread = random.pick(threads)
    if (thread.inSyscall) endSyscall(thread)
    else if (thread.proc < 0) withoutProc(thread)
    else if (thread.goroutine < 0) withProc(thread)
    else runGoroutine(thread)
  }
  const batches = threads.flatMap(({ events }, i) => {
    const time = 1000 + random.below(threadCount * 2)
    const half = random.below(events.length)
    const place = { thread: 100 + i, time }
    return [
      batch(events.slice(0, half).flat(), place),
      batch(events.slice(half).flat(), { ...place, time: time + random.below(steps) }),
    ]
  })
  const statuses = procs.map((_, i) => event(13, 1, i + 1, 2))
  return traceOf([...running, event(28, 1, 1), ...statuses, event(25, 1, 10, NO_THREAD, 4)], batches)
}

/** The same event so many times over, in batches of thread 7. */
export function repeated(bytes: readonly number[], count: number, place: BatchParts = {}): number[][] {
  const inBatch = Math.floor(60_000 / bytes.length)
  const payloadOf = (events: number) => Array.from({ length: events }, () => bytes).flat()
  const full = batch(payloadOf(inBatch), place)
  const batches: number[][] = new Array(Math.floor(count / inBatch)).fill(full)
  return [...batches, batch(payloadOf(count % inBatch), place)]
}

/** Generations one after the other, each with the batches that are made for its place; string 1 is `x`. */
export function generations(
  count: number,
  batchesOf: (place: { gen: number; time: number }) => number[][],
): Uint8Array {
  const parts: number[][] = [header(26)]
  for (let gen = 1; gen <= count; gen++) {
    const place = { gen, time: 1000 * gen }
    parts.push(clockBatch(26, place), batch([4, ...event(5, 1), 1, 120], { ...place, thread: NO_THREAD }))
    parts.push(...batchesOf(place), [END_OF_GENERATION])
  }
  return bytesOf(parts)
}

/** So many generations, each of which only says that goroutine 1 runs. */
export function emptyGenerations(count: number): Uint8Array {
  return generations(count, place => [batch(running.flat(), place)])
}

/** So many generations of 30 events: goroutines that live shortly, a region, a task, what the heap has. */
export function smallGenerations(count: number): Uint8Array {
  const annotations = (gen: number) => [
    event(37, 1, gen),
    event(42, 1, 0, 1, 1),
    event(43, 1, 0, 1, 1),
    event(40, 1, gen, 0, 1, 1),
    event(44, 1, gen, 1, 1, 1),
    event(41, 1, gen, 1),
  ]
  const shortLife = (goroutine: number, turn: number) => [
    event(14, 1, goroutine, 0, 0),
    event(19, 1, 1, 0),
    event(16, 1, goroutine, 1),
    event(17, 1),
    event(16, 1, 1, turn),
  ]
  return generations(count, place => {
    const lives = Array.from({ length: 4 }, (_, i) => shortLife(place.gen * 10 + i, i + 1)).flat()
    return [batch([...running, ...annotations(place.gen), ...lives].flat(), place)]
  })
}
