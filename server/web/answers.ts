/**
 * The JSON of every page by its path, from which the build makes the schemas of `/openapi.json` (plugins/openapi.ts):
 * an answer is declared once, by the types of `contract` and `shared`, whose comments become its description.
 */
import type { RegionsAnswer, RegionTypesAnswer, TasksAnswer, TaskTypesAnswer } from '../contract/annotations.js'
import type { Id } from '../contract/common.js'
import type { GoroutineAnswer, GoroutineGroupAnswer, GoroutinesAnswer, OpenAnswer } from '../contract/goroutines.js'
import type { Diagnostic, DiagnosticExample, HomeAnswer } from '../contract/home.js'
import type { MmuPlotAnswer } from '../contract/mmu.js'
import type { ProfileAnswer } from '../contract/profile.js'
import type { Progress } from '../contract/trace.js'
import type { TraceViewAnswer } from '../contract/trace-view.js'
import type { CallTree } from '../export/call-tree.js'
import type {
  ArrowsAnswer,
  NeighboursAnswer,
  RangeAnswer,
  SearchAnswer,
  SpanAnswer,
  StacksAnswer,
  TimelineRegionsAnswer,
  TracksAnswer,
} from '../shared/timeline.js'
import type { ProfilePage } from './links.js'

type View = HomeAnswer['views'][number]

export interface LinkedDiagnostic extends Omit<Diagnostic, 'example'> {
  readonly example: (DiagnosticExample & { readonly url: string }) | null
}

export interface LinkedView extends Omit<View, 'ranges'> {
  readonly url: string
  readonly ranges: (View['ranges'][number] & { readonly url: string })[]
}

/** The overview, with links. */
export interface HomeBody extends Omit<HomeAnswer, 'diagnostics' | 'views'> {
  readonly diagnostics: LinkedDiagnostic[]
  readonly views: LinkedView[]
}

export interface ProgressBody extends Omit<Progress, 'failed'> {
  /** Why nothing of the trace can be used. */
  readonly failed: string | null
}

/** `mode=plot`, and the page's own. */
export interface MmuPlotBody extends Pick<MmuPlotAnswer, 'curve' | 'quantiles' | 'xMin' | 'xMax'> {
  /** What is odd about the curve. */
  readonly note?: string
}

/** `mode=details`: the worst windows; null: there is none. */
export type MmuDetailsBody =
  | {
      /** Absolute, in trace time. */
      readonly Time: Id
      readonly MutatorUtil: number
      readonly URL: string
    }[]
  | null

/** `format=speedscope`: its file format. */
export interface SpeedscopeBody {
  readonly $schema: 'https://www.speedscope.app/file-format-schema.json'
  readonly exporter: string
  readonly name: string
  readonly activeProfileIndex: number
  readonly shared: { readonly frames: { readonly name: string; readonly file?: string; readonly line?: number }[] }
  readonly profiles: {
    readonly type: 'sampled'
    readonly name: string
    readonly unit: string
    readonly startValue: number
    readonly endValue: number
    readonly samples: number[][]
    readonly weights: number[]
  }[]
}

/** Trace-event JSON, as ui.perfetto.dev and chrome://tracing read it. */
export interface TraceEventsBody {
  readonly displayTimeUnit: 'ns'
  readonly traceEvents: { readonly [member: string]: unknown }[]
  readonly stackFrames: { readonly [id: string]: { readonly name: string; readonly parent?: number } }
}

export type Answers = Record<ProfilePath, ProfileAnswer | CallTree | SpeedscopeBody> & {
  '/': HomeBody
  '/progress': ProgressBody
  '/goroutines': GoroutinesAnswer
  '/goroutine': GoroutineGroupAnswer | GoroutineAnswer
  '/open': OpenAnswer
  '/usertasks': TaskTypesAnswer
  '/usertask': TasksAnswer
  '/userregions': RegionTypesAnswer
  '/userregion': RegionsAnswer
  '/mmu': MmuPlotBody | MmuDetailsBody
  '/trace': TraceViewAnswer
  '/perfetto': TraceViewAnswer
  '/jsontrace': TraceEventsBody
  '/timeline/tracks': TracksAnswer
  '/timeline/stacks': StacksAnswer
  '/timeline/regions': TimelineRegionsAnswer
  '/timeline/span': SpanAnswer
  '/timeline/neighbours': NeighboursAnswer
  '/timeline/arrows': ArrowsAnswer
  '/timeline/range': RangeAnswer
  '/timeline/search': SearchAnswer
}

type ProfilePath = `/${ProfilePage}`

/** `wait=0`: the trace is still read. */
export interface WaitingBody {
  readonly ready: false
  /** 0…1, by bytes. */
  readonly progress: number
}

/** Why there is no answer. */
export interface FailureBody {
  readonly statusCode: number
  readonly error: string
  readonly message: string
  /** The id that a mistake of ours has in the log. */
  readonly fault?: string
}

/** All of them, for the build. */
export interface Bodies {
  readonly answers: Answers
  readonly waiting: WaitingBody
  readonly failure: FailureBody
}
