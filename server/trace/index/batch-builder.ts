/** Growing columns of batches; see BatchColumns. */
import type { BatchHeader } from '../wire/batch-header.js'
import type { BatchColumns } from './trace-index.js'

const FIRST_CAPACITY = 256

export class BatchBuilder {
  length = 0
  private columns = allocate(FIRST_CAPACITY)

  append(header: BatchHeader, offset: number, kind: number): void {
    const row = this.length++
    if (row === this.columns.sizes.length) this.grow()
    const { columns } = this
    columns.offsets[row] = offset
    columns.sizes[row] = header.size
    columns.kinds[row] = kind
    columns.threads[row] = header.thread
    columns.times[row] = header.time
    columns.experiments[row] = header.experiment
  }

  /** The first `length` rows, in columns of just that length. */
  finish(length: number): BatchColumns {
    const { offsets, sizes, kinds, threads, times, experiments } = this.columns
    return {
      length,
      offsets: offsets.slice(0, length),
      sizes: sizes.slice(0, length),
      kinds: kinds.slice(0, length),
      threads: threads.slice(0, length),
      times: times.slice(0, length),
      experiments: experiments.slice(0, length),
    }
  }

  private grow(): void {
    const old = this.columns
    const columns = allocate(old.sizes.length * 2)
    columns.offsets.set(old.offsets)
    columns.sizes.set(old.sizes)
    columns.kinds.set(old.kinds)
    columns.threads.set(old.threads)
    columns.times.set(old.times)
    columns.experiments.set(old.experiments)
    this.columns = columns
  }
}

function allocate(capacity: number): Omit<BatchColumns, 'length'> {
  return {
    offsets: new Float64Array(capacity),
    sizes: new Uint32Array(capacity),
    kinds: new Uint8Array(capacity),
    threads: new BigUint64Array(capacity),
    times: new BigUint64Array(capacity),
    experiments: new Uint8Array(capacity),
  }
}
