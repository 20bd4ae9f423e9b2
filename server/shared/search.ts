/**
 * The first of the places `low` to `high` − 1 for which `reached` holds, when it holds for all behind that one too;
 * `high` when it holds for none.
 */
export function firstPlace(low: number, high: number, reached: (place: number) => boolean): number {
  let from = low
  let to = high
  while (from < to) {
    const middle = (from + to) >>> 1
    if (reached(middle)) to = middle
    else from = middle + 1
  }
  return from
}

/** The generation that a time lies in, by the ascending starts of all: the last that began by then, or the first. */
export function generationAt(starts: readonly number[], time: number): number {
  return firstPlace(1, starts.length, generation => starts[generation] > time) - 1
}
