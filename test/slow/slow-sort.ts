/**
 * Go's unstable sort, straight from format.md appendix C, over any list. Only the order of equal elements makes it
 * differ from a stable sort.
 */
export function slowSort<T>(list: T[], less: (x: T, y: T) => boolean): void {
  sortPart(list, 0, list.length, bitLength(list.length), less)
}

function bitLength(n: number): number {
  return n === 0 ? 0 : n.toString(2).length
}

function sortPart<T>(list: T[], from: number, to: number, startLimit: number, less: (x: T, y: T) => boolean): void {
  let a = from
  let b = to
  let limit = startLimit
  let balanced = true
  let partitioned = true
  const before = (i: number, j: number) => less(list[i], list[j])
  const swap = (i: number, j: number) => {
    const kept = list[i]
    list[i] = list[j]
    list[j] = kept
  }
  for (;;) {
    const n = b - a
    if (n <= 12) {
      insertionSort()
      return
    }
    if (limit === 0) {
      heapSort()
      return
    }
    if (!balanced) {
      breakPatterns(n)
      limit--
    }
    let [pivot, hint] = choosePivot(n)
    if (hint === 'descending') {
      for (let i = a, j = b - 1; i < j; i++, j--) swap(i, j)
      pivot = b - 1 - (pivot - a)
      hint = 'ascending'
    }
    if (balanced && partitioned && hint === 'ascending' && partialInsertion(n)) return
    if (a > 0 && !before(a - 1, pivot)) {
      a = partitionEqual(pivot)
      continue
    }
    const mid = partition(pivot)
    const left = mid - a
    const right = b - mid
    balanced = Math.min(left, right) >= Math.floor(n / 8)
    if (left < right) {
      sortPart(list, a, mid, limit, less)
      a = mid + 1
    } else {
      sortPart(list, mid + 1, b, limit, less)
      b = mid
    }
  }

  function insertionSort(): void {
    for (let i = a + 1; i < b; i++) {
      for (let j = i; j > a && before(j, j - 1); j--) swap(j, j - 1)
    }
  }

  function heapSort(): void {
    const n = b - a
    for (let root = Math.floor((n - 1) / 2); root >= 0; root--) siftDown(root, n)
    for (let end = n - 1; end >= 0; end--) {
      swap(a, a + end)
      siftDown(0, end)
    }
  }

  function siftDown(start: number, end: number): void {
    let root = start
    for (;;) {
      let child = 2 * root + 1
      if (child >= end) return
      if (child + 1 < end && before(a + child, a + child + 1)) child++
      if (!before(a + root, a + child)) return
      swap(a + root, a + child)
      root = child
    }
  }

  function breakPatterns(n: number): void {
    let x = BigInt(n)
    const modulus = 1n << BigInt(bitLength(n))
    for (let k = 0; k < 3; k++) {
      x = BigInt.asUintN(64, x ^ (x << 13n))
      x ^= x >> 7n
      x = BigInt.asUintN(64, x ^ (x << 17n))
      let other = Number(x % modulus)
      if (other >= n) other -= n
      swap(a + Math.floor(n / 4) * 2 - 1 + k, a + other)
    }
  }

  function choosePivot(n: number): [number, 'ascending' | 'descending' | 'unknown'] {
    let exchanges = 0
    const median = (first: number, second: number, third: number): number => {
      let [x, y, z] = [first, second, third]
      const order = (p: number, q: number): [number, number] => {
        if (!before(q, p)) return [p, q]
        exchanges++
        return [q, p]
      }
      ;[x, y] = order(x, y)
      ;[y, z] = order(y, z)
      ;[x, y] = order(x, y)
      return y
    }
    const quarter = Math.floor(n / 4)
    let [i, j, k] = [a + quarter, a + quarter * 2, a + quarter * 3]
    if (n >= 50) {
      i = median(i - 1, i, i + 1)
      j = median(j - 1, j, j + 1)
      k = median(k - 1, k, k + 1)
    }
    const pivot = median(i, j, k)
    return [pivot, exchanges === 0 ? 'ascending' : exchanges === 12 ? 'descending' : 'unknown']
  }

  /** Whether the part is sorted now. */
  function partialInsertion(n: number): boolean {
    let i = a + 1
    for (let round = 0; round < 5; round++) {
      while (i < b && !before(i, i - 1)) i++
      if (i === b) return true
      if (n < 50) return false
      swap(i, i - 1)
      if (i - a >= 2) for (let j = i - 1; j > a && before(j, j - 1); j--) swap(j, j - 1)
      if (b - i >= 2) for (let j = i + 1; j < b && before(j, j - 1); j++) swap(j, j - 1)
    }
    return false
  }

  /** Puts what equals the pivot first; gives the start of the rest. */
  function partitionEqual(pivot: number): number {
    swap(a, pivot)
    let i = a + 1
    let j = b - 1
    for (;;) {
      while (i <= j && !before(a, i)) i++
      while (i <= j && before(a, j)) j--
      if (i > j) return i
      swap(i, j)
      i++
      j--
    }
  }

  function partition(pivot: number): number {
    swap(a, pivot)
    let i = a + 1
    let j = b - 1
    while (i <= j && before(i, a)) i++
    while (i <= j && !before(j, a)) j--
    partitioned = i > j
    while (i <= j) {
      swap(i, j)
      i++
      j--
      while (i <= j && before(i, a)) i++
      while (i <= j && !before(j, a)) j--
    }
    swap(j, a)
    return j
  }
}
