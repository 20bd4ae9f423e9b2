/** Profiles of waiting: by kind, of all goroutines, of some, or of the time within regions. Times are ns. */
import type { RegionFilter } from './annotations.js'
import type { Id, Partial, ProfileFrame } from './common.js'

export type ProfileKind = 'io' | 'block' | 'syscall' | 'sched'
export const profileKinds: readonly ProfileKind[] = ['io', 'block', 'syscall', 'sched']

export interface ProfileParams {
  readonly kind: ProfileKind
  /** Only goroutines of this start function; '' is the unnamed group; undefined: all. */
  readonly name?: string
  readonly goid?: Id
  /** Half-open window, ns. */
  readonly from?: number
  readonly to?: number
  /** Only time within the outermost of these regions; set for the region profiles, without any filter as well. */
  readonly regions?: RegionFilter
}

export interface ProfileAnswer {
  readonly sampleTypes: { readonly type: string; readonly unit: string }[]
  readonly samples: { readonly stack: ProfileFrame[]; readonly count: number; readonly delayNs: number }[]
  readonly ready: boolean
  readonly partial: Partial | null
}
