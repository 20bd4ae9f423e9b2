/** `/help`: every word and column of the pages, each with an anchor that column heads link to. */
import { profileNames } from '../../shared/profile-names.js'
import type { Page } from '../web.js'
import { rungHeight, type StateClass, stateClasses } from './states.js'

export interface Term {
  readonly anchor: string
  readonly term: string
  readonly text: string
}

export interface TermGroup {
  readonly title: string
  readonly terms: readonly Term[]
}

export const glossary: readonly TermGroup[] = [
  {
    title: 'The trace',
    terms: [
      {
        anchor: 'time',
        term: 'Time',
        text: 'Counted from the first event of the trace. Figures show three digits; point at one for the exact value. Wall-clock times need a clock snapshot, which Go writes since 1.25.',
      },
      {
        anchor: 'event',
        term: 'Event',
        text: 'One line of what the runtime noted: a goroutine started, blocked, a GC phase began, a log message was written.',
      },
      {
        anchor: 'generation',
        term: 'Generation',
        text: 'A part of the trace that can be read by itself, about one second long. A trace that was cut off loses its last, unfinished generation.',
      },
      {
        anchor: 'partial',
        term: 'Incomplete trace',
        text: 'The file ends early or is damaged. What comes before is shown and counted exactly as if the file ended there; the banner says how many bytes were lost.',
      },
      {
        anchor: 'timeline',
        term: 'Timeline',
        text: 'What ran where and when: lanes by goroutine, proc, thread or task, or only what one goroutine or one task had to do with.',
      },
      {
        anchor: 'perfetto',
        term: 'Open in Perfetto',
        text: 'The events of a window, goroutine or task as trace-event JSON, which ui.perfetto.dev and chrome://tracing read. A click loads ui.perfetto.dev in a new tab and gives it the JSON there, within your browser; nothing is asked of it before. Without a network there is the file.',
      },
      {
        anchor: 'cpu-sample',
        term: 'CPU sample',
        text: 'A hit of the CPU profiler, kept in the trace when a CPU profile ran while tracing.',
      },
    ],
  },
  {
    title: 'Goroutines, procs, threads',
    terms: [
      {
        anchor: 'goroutine',
        term: 'Goroutine (G)',
        text: 'Counted when the trace mentions it: created, or seen in some state. With cgo an id can be used again; the last goroutine with an id is the one shown.',
      },
      {
        anchor: 'start-function',
        term: 'Start function',
        text: 'The outermost function of the first stack seen of a goroutine. Goroutines are grouped by it.',
      },
      {
        anchor: 'inactive',
        term: '(no stack recorded), the inactive group',
        text: 'Goroutines that did nothing while tracing: they were there when the trace began, and no event of theirs carried a stack. go tool trace calls them “Inactive, no stack trace sampled”. Look at a longer trace to see where they wait.',
      },
      { anchor: 'count', term: 'Count', text: 'How many goroutines started in this function.' },
      { anchor: 'share', term: 'Share', text: 'Of the execution time of all goroutines in the trace.' },
      {
        anchor: 'proc',
        term: 'Proc (P)',
        text: 'A place to run Go code; there are GOMAXPROCS of them. “Procs busy” is the share of their time in which they ran something, GC workers included.',
      },
      {
        anchor: 'thread',
        term: 'Thread (M)',
        text: 'A thread of the operating system. It needs a proc to run Go code, but not to sit in a system call.',
      },
      {
        anchor: 'woken-by',
        term: 'Woken by',
        text: 'The goroutine that ended a wait: it sent, unlocked, closed or started the other one, at the stack beside it. Empty where a timer, the network or the runtime did.',
      },
      {
        anchor: 'stack',
        term: 'Stack',
        text: 'Where the goroutine itself stopped or waited, innermost function first; one that was woken still stands there. Open it for all frames.',
      },
      {
        anchor: 'open',
        term: 'Not finished',
        text: 'Goroutines that were alive when the trace ended, with the state they were in and since when. A goroutine that waits for the whole trace at a place of your own code may be a leak.',
      },
    ],
  },
  {
    title: 'Where the time went',
    terms: [
      {
        anchor: 'total',
        term: 'Total',
        text: 'From creation (or the begin of the trace) to the end of the goroutine (or of the trace). The columns after it divide it without overlap.',
      },
      {
        anchor: 'execution-time',
        term: 'Execution time',
        text: 'Time running on a proc. A GC assist that the goroutine has to do counts here, too.',
      },
      {
        anchor: 'sched-wait',
        term: 'Sched wait time',
        text: 'Time runnable: ready to run, but every proc was busy with another goroutine, or stopped. Much of it means too few procs, a long GC, or a burst of goroutines.',
      },
      {
        anchor: 'syscall-time',
        term: 'Syscall execution time',
        text: 'Time in system calls while the goroutine still held its proc.',
      },
      {
        anchor: 'block-syscall',
        term: 'Block time (syscall)',
        text: 'Time in a system call after the proc was taken away for others, because the call lasted.',
      },
      {
        anchor: 'block-time',
        term: 'Block time (REASON)',
        text: 'Time waiting, by Go’s own word for the reason: chan receive, chan send, select, sync (mutex, wait group), sync.(*Cond).Wait, network, sleep, GC and others. What ends the wait is another goroutine, a timer or the network.',
      },
      {
        anchor: 'block-unnamed',
        term: 'Block time ()',
        text: 'Waiting without a reason: the goroutine was waiting already when the trace began, and nothing in the file says for what.',
      },
      {
        anchor: 'unknown-time',
        term: 'Unknown time',
        text: 'Total less all the other columns: stretches of a goroutine’s life in which the trace does not say what it did, mostly before its first event.',
      },
      {
        anchor: 'special-ranges',
        term: 'Special ranges',
        text: 'Work for the garbage collector within a goroutine’s life: GC mark assist (it allocates faster than the collector marks and has to help), GC incremental sweep (it sweeps before it may allocate), stop-the-world (it stopped all others). These overlap the states above.',
      },
      {
        anchor: 'percentiles',
        term: 'p50, p90, p99',
        text: 'Of the rows that the filter lets through, by nearest rank: half, nine tenths, 99 of 100 of the rows are at most so long. A missing figure counts as 0.',
      },
      {
        anchor: 'runs',
        term: 'How long one run lasts',
        text: 'A run is one stretch on a proc, from being scheduled to stopping, blocking or being preempted. Buckets grow by 58 %: five make a factor of ten.',
      },
    ],
  },
  {
    title: 'Garbage collection',
    terms: [
      {
        anchor: 'gc',
        term: 'GC',
        text: 'Share of all proc time spent in background mark workers. Mark assists run inside your goroutines and are counted apart.',
      },
      {
        anchor: 'stw',
        term: 'Stop-the-world (STW)',
        text: 'Stretches in which no goroutine runs, because the runtime has to change something under all of them; twice in each GC cycle, and when a trace begins.',
      },
    ],
  },
  {
    title: 'Profiles',
    terms: [
      {
        anchor: 'profile-io',
        term: profileNames.io,
        text: 'Each wait for the network, by the stack that waited: how often and how long.',
      },
      {
        anchor: 'profile-block',
        term: profileNames.block,
        text: 'Each wait for a channel, select, mutex, condition variable or wait group. Waits that had not ended when the trace did are not in it.',
      },
      {
        anchor: 'profile-syscall',
        term: profileNames.syscall,
        text: 'Each system call, by stack, with and without a proc.',
      },
      {
        anchor: 'profile-sched',
        term: profileNames.sched,
        text: 'Time between becoming runnable and running. The stack is that of whoever made the goroutine runnable, because that is where a wait for a proc began.',
      },
      {
        anchor: 'speedscope',
        term: 'speedscope',
        text: 'Another page for the same profile, with its own flame graph and a table of callers and callees. It comes from this server and asks nobody else.',
      },
      {
        anchor: 'profile-partial',
        term: 'What no profile counts',
        text: 'A state that began before the trace has no stack; a state open at the end has no length. Both are left out, as in go tool trace.',
      },
    ],
  },
  {
    title: 'Annotations of your program',
    terms: [
      {
        anchor: 'task',
        term: 'Task',
        text: 'One job, such as a request, followed across goroutines: trace.NewTask(ctx, "name") … task.End().',
      },
      {
        anchor: 'region',
        term: 'Region',
        text: 'A timed piece of code within one goroutine: defer trace.StartRegion(ctx, "name").End().',
      },
      { anchor: 'log', term: 'Log', text: 'A message in a task’s log: trace.Log(ctx, "category", "message").' },
      {
        anchor: 'incomplete',
        term: 'Complete, incomplete',
        text: 'A task is complete when both its begin and its end are in the trace. One that began before the trace or had not ended is incomplete; its duration is cut to the trace, and histograms leave it out.',
      },
      {
        anchor: 'region-place',
        term: 'Started at',
        text: 'The frame that started the region: the function and line that called trace.StartRegion or trace.WithRegion. Regions of one type that start at different lines are counted apart.',
      },
      {
        anchor: 'duration',
        term: 'Duration, lasted',
        text: 'From begin to end; where one of them is not in the trace, to the edge of the trace.',
      },
    ],
  },
]

/** Anchor of a statistics title. */
export function helpAnchor(title: string): string {
  switch (title) {
    case 'Execution time':
      return 'execution-time'
    case 'Sched wait time':
      return 'sched-wait'
    case 'Syscall execution time':
      return 'syscall-time'
    case 'Block time (syscall)':
      return 'block-syscall'
    case 'Block time ()':
      return 'block-unnamed'
    case 'Unknown time':
      return 'unknown-time'
    default:
      return 'block-time'
  }
}

const stateTexts: Record<StateClass, string> = {
  running: 'running on a proc',
  syscall: 'in a system call',
  runnable: 'runnable: ready, no proc free',
  sync: 'waiting: sync (mutex, condition variable, wait group)',
  chan: 'waiting: channel or select',
  net: 'waiting: network',
  sleep: 'waiting: sleep',
  gcwait: 'waiting: GC, or a goroutine of the runtime',
  other: 'unknown: the trace does not say',
}

export function helpPage(): Page {
  return {
    template: 'help.hbs',
    title: 'Help',
    nav: 'help',
    model: {
      groups: glossary,
      states: stateClasses.map(state => {
        const height = (rungHeight(state) * 14) / 12
        return { state, text: stateTexts[state], y: 14 - height, height }
      }),
    },
  }
}
