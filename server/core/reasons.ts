/**
 * The reasons that Go gives for what goroutines wait for, why they stop and why it stops the world, up to Go 1.27
 * (runtime/traceruntime.go, runtime/proc.go), and what each is to the analyses. They are texts in the trace: a newer Go
 * may give others, which count by what is in their text.
 */

/** What a wait is spent on: the states of the timeline and of the breakdowns. */
export type Wait = 'chan' | 'sync' | 'network' | 'sleep' | 'gc' | 'other'

export interface Reason {
  readonly wait: Wait
  /** Which profile counts a wait for this reason, as cmd/trace decides. */
  readonly profile: 'io' | 'block' | null
  /** Whether cmd/trace draws who waits for it as woken by the network. */
  readonly isNetwork: boolean
}

/** Reasons of stop-the-world, in the order in which v1 traces of version 21 number them. */
export const stwReasons: readonly string[] = [
  '',
  'GC mark termination',
  'GC sweep termination',
  'write heap dump',
  'goroutine profile',
  'goroutine profile cleanup',
  'all goroutine stack trace',
  'read mem stats',
  'AllThreadsSyscall',
  'GOMAXPROCS',
  'start trace',
  'stop trace',
  'CountPagesInUse (test)',
  'ReadMetricsSlow (test)',
  'ReadMemStatsSlow (test)',
  'PageCachePagesLeaked (test)',
  'ResetDebugLog (test)',
]
/** Those that only formats with generations give. */
const newStwReasons: readonly string[] = ['unknown', 'all goroutines stack trace']

const other: Reason = { wait: 'other', profile: null, isNetwork: false }
const gc: Reason = { ...other, wait: 'gc' }
const chan: Reason = { ...other, wait: 'chan', profile: 'block' }
const sync: Reason = { ...other, wait: 'sync', profile: 'block' }

const waits: ReadonlyMap<string, Reason> = new Map([
  // None was given.
  ['', other],
  ['unspecified', other],
  ['forever', other],
  ['network', { wait: 'network', profile: 'io', isNetwork: true }],
  ['select', chan],
  ['sync.(*Cond).Wait', sync],
  ['sync', sync],
  ['chan send', chan],
  ['chan receive', chan],
  ['GC mark assist wait for work', gc],
  ['GC background sweeper wait', gc],
  ['system goroutine wait', gc],
  ['preempted', other],
  ['wait for debug call', other],
  ['wait until GC ends', gc],
  ['sleep', { ...other, wait: 'sleep' }],
  ['GC weak to strong wait', gc],
  ['synctest', sync],
  // Of stopping, beside those above.
  ['runtime.Gosched', other],
])

const known: ReadonlySet<string> = new Set([...waits.keys(), ...stwReasons, ...newStwReasons])

/** Reasons of waiting and stopping that have a row. */
export const waitReasons: readonly string[] = [...waits.keys()]

/** What a reason is; `text` is Latin-1, as in the dictionary. */
export function reasonOf(text: string): Reason {
  return waits.get(text) ?? guess(text)
}

export function isKnownReason(text: string): boolean {
  return known.has(text)
}

/** What the text of a reason without a row lets expect. The same words decide as in cmd/trace. */
export function guess(text: string): Reason {
  const isBlock = text.includes('chan') || text.includes('sync') || text.includes('select')
  return {
    wait: guessWait(text),
    profile: text === 'network' ? 'io' : isBlock ? 'block' : null,
    isNetwork: text.includes('network'),
  }
}

function guessWait(text: string): Wait {
  if (text.startsWith('chan') || text.startsWith('select')) return 'chan'
  if (text.includes('sync')) return 'sync'
  if (text.includes('network')) return 'network'
  if (text.includes('sleep')) return 'sleep'
  return text.includes('GC') || text.includes('system goroutine wait') ? 'gc' : 'other'
}
