/**
 * Mutated traces: some by what the format means, some blindly; some of other times, some of unlikely shapes. A seed
 * determines what comes out.
 */
import { Random } from './mutate-random.js'
import { joined } from './mutate-records.js'
import { mutateV1 } from './mutate-v1.js'
import { mutateV2 } from './mutate-v2.js'
import { type Retiming, retimed, silent, stretched, ticksOf } from './retime.js'
import { shapes } from './shapes.js'

export interface Seedling {
  readonly name: string
  readonly format: 'v1' | 'v2' | null
  readonly bytes: Uint8Array
}

export interface Mutant {
  /** Of the trace that it was made from. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** Of so many runs one is a shape, one has other times; half of each are mutated too. */
const SHAPE_EVERY = 10
const RETIME_EVERY = 12
/** Traces are given other times as whole lists of records. */
const MOST_RETIMED = 70_000

/** The mutant of a seed; small traces are taken more often than large ones. */
export function mutantOf(seedlings: readonly Seedling[], seed: number): Mutant {
  const random = new Random(seed)
  let { name, format, bytes } = seedlingOf(seedlings, random)
  if (random.chance(SHAPE_EVERY)) {
    const shape = random.pick(shapes)
    ;({ name, format } = shape)
    bytes = shape.make(random)
    if (random.chance(2)) return { name, bytes }
  } else if (format !== null && bytes.length < MOST_RETIMED && random.chance(RETIME_EVERY)) {
    bytes = withOtherTimes(bytes, format, random)
    if (random.chance(2)) return { name, bytes }
  }
  const structured = format !== null && !random.chance(4)
  if (structured) bytes = format === 'v2' ? mutateV2(bytes, random) : mutateV1(bytes, random)
  if (!structured || random.chance(12)) {
    for (let edits = 1 + random.below(3); edits > 0; edits--) bytes = mutateBlindly(bytes, seedlings, random)
  }
  return { name, bytes }
}

function seedlingOf(seedlings: readonly Seedling[], random: Random): Seedling {
  let seedling = random.pick(seedlings)
  for (let tries = random.below(8); tries > 0; tries--) {
    const other = random.pick(seedlings)
    if (other.bytes.length < seedling.bytes.length) seedling = other
  }
  return seedling
}

/** Longer, or with a silence in it; as it was where its records cannot be read. */
function withOtherTimes(bytes: Uint8Array, format: 'v1' | 'v2', random: Random): Uint8Array {
  try {
    const { length } = ticksOf(bytes, format)
    const far = 1n << BigInt(20 + random.below(30))
    const retiming: Retiming = random.chance(2)
      ? silent((length * BigInt(random.below(101))) / 100n, far)
      : stretched(10 ** (1 + random.below(7)))
    return retimed(bytes, format, retiming)
  } catch {
    return bytes
  }
}

/** Flips, cuts, inserts, repeats or swaps bytes anywhere. */
function mutateBlindly(bytes: Uint8Array, seedlings: readonly Seedling[], random: Random): Uint8Array {
  const length = bytes.length
  const at = random.below(length)
  const size = Math.min(length - at, 1 + random.below(random.chance(3) ? 5000 : 20))
  const before = bytes.subarray(0, at)
  const block = bytes.subarray(at, at + size)
  const after = bytes.subarray(at + size)
  switch (random.below(9)) {
    case 0: {
      const flipped = Uint8Array.from(bytes)
      for (let flips = 1 + random.below(8); flips > 0; flips--) flipped[random.below(length)] ^= 1 << random.below(8)
      return flipped
    }
    case 1: {
      const changed = Uint8Array.from(bytes)
      changed[at] = random.pick([0, 1, 49, 52, 127, 128, 255, random.below(256)])
      return changed
    }
    case 2:
      return before
    case 3:
      return joined(before, after)
    case 4:
      return joined(before, random.bytes(1 + random.below(12)), block, after)
    case 5:
      return joined(before, ...new Array(2 + random.below(4)).fill(block), after)
    case 6: {
      const second = random.below(after.length)
      const [middle, moved, rest] = [
        after.subarray(0, second),
        after.subarray(second, second + size),
        after.subarray(second + size),
      ]
      return joined(before, moved, middle, block, rest)
    }
    case 7:
      return joined(before, new Uint8Array(size).fill(random.pick([0, 128, 255])), after)
    default: {
      const donor = random.pick(seedlings).bytes
      const from = random.below(donor.length)
      return joined(before, donor.subarray(from, from + size), after)
    }
  }
}
