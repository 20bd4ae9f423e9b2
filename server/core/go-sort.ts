/**
 * Go's unstable sort (pattern-defeating quicksort, format.md appendix C). Go's reader sorts with it in two places, and
 * only the same exchanges put equal times in the same order.
 */

interface Sorter {
  /** Whether element i comes before element j. */
  less(i: number, j: number): boolean
  swap(i: number, j: number): void
}

const INSERTION_LIMIT = 12

/** Sorts row numbers by their keys, ascending. */
export function goSort(rows: Uint32Array, keys: ArrayLike<number>): void {
  sort(
    {
      less: (i, j) => keys[rows[i]] < keys[rows[j]],
      swap: (i, j) => {
        const row = rows[i]
        rows[i] = rows[j]
        rows[j] = row
      },
    },
    rows.length,
  )
}

function sort(data: Sorter, length: number): void {
  quickSort(data, 0, length, 32 - Math.clz32(length))
}

function quickSort(data: Sorter, start: number, stop: number, limit: number): void {
  let a = start
  let b = stop
  let badLimit = limit
  let balanced = true
  let partitioned = true
  for (;;) {
    const length = b - a
    if (length <= INSERTION_LIMIT) {
      insertionSort(data, a, b)
      return
    }
    if (badLimit === 0) {
      heapSort(data, a, b)
      return
    }
    if (!balanced) {
      breakPatterns(data, a, b)
      badLimit--
    }
    let { pivot, hint } = choosePivot(data, a, b)
    if (hint === 'descending') {
      reverse(data, a, b)
      pivot = b - 1 - (pivot - a)
      hint = 'ascending'
    }
    if (balanced && partitioned && hint === 'ascending' && partialInsertionSort(data, a, b)) return
    if (a > 0 && !data.less(a - 1, pivot)) {
      a = partitionEqual(data, a, b, pivot)
      continue
    }
    const parted = partition(data, a, b, pivot)
    partitioned = parted.already
    const { mid } = parted
    const left = mid - a
    const right = b - mid
    const enough = Math.floor(length / 8)
    if (left < right) {
      balanced = left >= enough
      quickSort(data, a, mid, badLimit)
      a = mid + 1
    } else {
      balanced = right >= enough
      quickSort(data, mid + 1, b, badLimit)
      b = mid
    }
  }
}

function insertionSort(data: Sorter, a: number, b: number): void {
  for (let i = a + 1; i < b; i++) {
    for (let j = i; j > a && data.less(j, j - 1); j--) data.swap(j, j - 1)
  }
}

function heapSort(data: Sorter, a: number, b: number): void {
  const length = b - a
  for (let i = Math.floor((length - 1) / 2); i >= 0; i--) siftDown(data, i, length, a)
  for (let i = length - 1; i >= 0; i--) {
    data.swap(a, a + i)
    siftDown(data, 0, i, a)
  }
}

function siftDown(data: Sorter, from: number, length: number, first: number): void {
  let root = from
  for (;;) {
    let child = 2 * root + 1
    if (child >= length) return
    if (child + 1 < length && data.less(first + child, first + child + 1)) child++
    if (!data.less(first + root, first + child)) return
    data.swap(first + root, first + child)
    root = child
  }
}

/** Exchanges three elements at pseudo-random places, so that no input stays bad for long. */
function breakPatterns(data: Sorter, a: number, b: number): void {
  const length = b - a
  if (length < 8) return
  let random = BigInt(length)
  const modulus = 1n << BigInt(32 - Math.clz32(length))
  const middle = a + Math.floor(length / 4) * 2 - 1
  for (let i = 0; i < 3; i++) {
    random = BigInt.asUintN(64, random ^ (random << 13n))
    random ^= random >> 7n
    random = BigInt.asUintN(64, random ^ (random << 17n))
    let other = Number(random & (modulus - 1n))
    if (other >= length) other -= length
    data.swap(middle + i, a + other)
  }
}

function choosePivot(
  data: Sorter,
  a: number,
  b: number,
): { pivot: number; hint: 'ascending' | 'descending' | 'unknown' } {
  const length = b - a
  const quarter = Math.floor(length / 4)
  let swaps = 0
  const median = (x: number, y: number, z: number): number => {
    let [i, j, k] = [x, y, z]
    if (data.less(j, i)) {
      swaps++
      ;[i, j] = [j, i]
    }
    if (data.less(k, j)) {
      swaps++
      ;[j, k] = [k, j]
    }
    if (data.less(j, i)) {
      swaps++
      ;[i, j] = [j, i]
    }
    return j
  }
  let i = a + quarter
  let j = a + quarter * 2
  let k = a + quarter * 3
  if (length >= 50) {
    i = median(i - 1, i, i + 1)
    j = median(j - 1, j, j + 1)
    k = median(k - 1, k, k + 1)
  }
  j = median(i, j, k)
  return { pivot: j, hint: swaps === 0 ? 'ascending' : swaps === 12 ? 'descending' : 'unknown' }
}

function reverse(data: Sorter, a: number, b: number): void {
  for (let i = a, j = b - 1; i < j; i++, j--) data.swap(i, j)
}

/** Mends at most five inversions; true when the stretch is sorted then. */
function partialInsertionSort(data: Sorter, a: number, b: number): boolean {
  let i = a + 1
  for (let step = 0; step < 5; step++) {
    while (i < b && !data.less(i, i - 1)) i++
    if (i === b) return true
    if (b - a < 50) return false
    data.swap(i, i - 1)
    if (i - a >= 2) {
      for (let j = i - 1; j >= 1 && data.less(j, j - 1); j--) data.swap(j, j - 1)
    }
    if (b - i >= 2) {
      for (let j = i + 1; j < b && data.less(j, j - 1); j++) data.swap(j, j - 1)
    }
  }
  return false
}

function partitionEqual(data: Sorter, a: number, b: number, pivot: number): number {
  data.swap(a, pivot)
  let i = a + 1
  let j = b - 1
  for (;;) {
    while (i <= j && !data.less(a, i)) i++
    while (i <= j && data.less(a, j)) j--
    if (i > j) return i
    data.swap(i++, j--)
  }
}

function partition(data: Sorter, a: number, b: number, pivot: number): { mid: number; already: boolean } {
  data.swap(a, pivot)
  let i = a + 1
  let j = b - 1
  while (i <= j && data.less(i, a)) i++
  while (i <= j && !data.less(j, a)) j--
  if (i > j) {
    data.swap(j, a)
    return { mid: j, already: true }
  }
  data.swap(i++, j--)
  for (;;) {
    while (i <= j && data.less(i, a)) i++
    while (i <= j && !data.less(j, a)) j--
    if (i > j) break
    data.swap(i++, j--)
  }
  data.swap(j, a)
  return { mid: j, already: false }
}
