/** The overview of a trace: its facts, what is odd about it, and how busy it was over time. Times are ns. */
import type { Id, Partial } from './common.js'
import type { ProfileKind } from './profile.js'

export interface Diagnostic {
  readonly kind: string
  readonly severity: 'info' | 'data loss' | 'error'
  readonly count: number
  readonly text: string
  /** The first; null where it is not known which one that was. */
  readonly example: DiagnosticExample | null
}

export interface DiagnosticExample {
  /** What was found, as Go's reader says it when it gives up. */
  readonly text: string
  /** The goroutine in whose context it was, null: none. */
  readonly goid: Id | null
  /** null: it stands in a table, which has no time. */
  readonly atNs: number | null
  /** The generation, and the time it spans. */
  readonly generation: Id
  readonly startNs: number
  readonly endNs: number
  /** Byte offset in the file; null where it is not known. */
  readonly offset: number | null
}

export interface GenerationAnswer {
  readonly number: Id
  readonly offset: number
  readonly bytes: number
  readonly events: number | null
  readonly startNs: number | null
  readonly endNs: number | null
}

/**
 * One number a bucket. `running`: ns of goroutines that run, with `gcWorker`, the background mark workers, among them;
 * `syscall`: ns of syscalls until they lose their proc, so that `running` + `syscall` is the time of busy procs.
 * `gcOn`, `stw`: ns; `events`: a count.
 */
export interface Overview {
  readonly bucketNs: number
  readonly running: number[]
  readonly syscall: number[]
  readonly gcWorker: number[]
  readonly gcOn: number[]
  readonly stw: number[]
  readonly events: number[]
}

export interface HomeAnswer {
  readonly file: string
  /** `go1.26` and the like. */
  readonly format: string
  readonly sizeBytes: number
  /** ISO 8601, or null without a clock snapshot. */
  readonly startTime: string | null
  readonly durationNs: number | null
  readonly events: number | null
  readonly generations: GenerationAnswer[]
  readonly goroutines: number | null
  readonly tasks: number | null
  readonly regions: number | null
  readonly procs: number | null
  readonly threads: number | null
  readonly cpuSamples: number | null
  readonly partial: Partial | null
  readonly ready: boolean
  readonly progress: number
  readonly wallStart: string | null
  readonly wallEnd: string | null
  readonly logs: number | null
  /** Goroutine state spans, and transitions out of waiting. */
  readonly spans: number | null
  readonly wakeups: number | null
  /** workerShare: share of all proc time spent in background mark workers, 0…1. */
  readonly gc: { readonly cycles: number; readonly workerShare: number; readonly assistNs: number } | null
  readonly stw: {
    readonly count: number
    readonly totalNs: number
    readonly maxNs: number
    readonly reasons: { readonly reason: string; readonly count: number; readonly totalNs: number }[]
  } | null
  /** Share of all proc time in which a proc ran a goroutine or was held by its syscall, 0…1. */
  readonly busyShare: number | null
  readonly diagnostics: Diagnostic[]
  readonly overview: Overview | null
  readonly views: {
    readonly view: string
    readonly ranges: { readonly name: string; readonly startNs: number; readonly endNs: number }[]
  }[]
  /** Per profile kind: samples and their delay over the whole trace, for the cards of the home page. */
  readonly profiles: { readonly kind: ProfileKind; readonly count: number; readonly delayNs: number }[] | null
}
