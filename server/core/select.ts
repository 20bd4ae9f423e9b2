/**
 * Moves the items so that the one at `place` is the one that sorting would put there: none before it comes after it in
 * the order, none behind it comes before it. Takes time in proportion to the items (Hoare's selection), whatever order
 * they come in: the pivot is drawn by lot.
 */
export function selectPlace(
  items: Float64Array | Uint32Array,
  place: number,
  compare: (a: number, b: number) => number,
): void {
  let low = 0
  let high = items.length - 1
  while (low < high) {
    const pivot = items[low + Math.floor(Math.random() * (high - low + 1))]
    let i = low
    let j = high
    while (i <= j) {
      while (compare(items[i], pivot) < 0) i++
      while (compare(pivot, items[j]) < 0) j--
      if (i > j) break
      const item = items[i]
      items[i++] = items[j]
      items[j--] = item
    }
    if (j < place) low = i
    if (place < i) high = j
  }
}
