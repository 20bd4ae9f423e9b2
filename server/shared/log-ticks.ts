/** Where a logarithmic axis is labelled: at powers of ten; at 1, 2 and 5 times them where those are few. */
export function logTicks(low: number, high: number): number[] {
  const steps = high / low > 1000 ? [1] : [1, 2, 5]
  const ticks: number[] = []
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
    for (const step of steps) {
      const tick = step * power
      if (tick >= low && tick <= high) ticks.push(tick)
    }
  }
  return ticks
}
