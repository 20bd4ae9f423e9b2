/**
 * A profile as gzip'd pprof protobuf, as `go tool trace -pprof` writes it and `go tool pprof` reads it.
 *
 * Sample types contentions/count and delay/nanoseconds, period type trace/count with period 1; no mapping, no times. A
 * location is one PC with one line, a function is one name in one file. Samples stand by delay, longest first, and ids
 * are given in the order in which the samples need them, so that the same profile always gives the same bytes.
 */
import { gzipSync } from 'node:zlib'
import { Location, Function as PprofFunction, Profile, Sample, StringTable, ValueType } from 'pprof-format'
import type { ProfileFrame } from '../contract/common.js'
import type { ProfileAnswer } from '../contract/profile.js'

export type ProfileSample = ProfileAnswer['samples'][number]

/** The file `go tool pprof` reads. Exact for every program counter, line and value of 64 bits. */
export function encodeProfile(answer: ProfileAnswer): Uint8Array {
  const strings = new StringTable()
  const locations: Location[] = []
  const functions: PprofFunction[] = []
  const locationIds = new Map<string, number>()
  const functionIds = new Map<string, number>()

  const functionId = (frame: ProfileFrame): number => {
    const key = `${frame.file}\n${frame.func}`
    let id = functionIds.get(key)
    if (id === undefined) {
      id = functions.length + 1
      functionIds.set(key, id)
      const name = strings.dedup(frame.func)
      functions.push(new PprofFunction({ id, name, systemName: name, filename: strings.dedup(frame.file) }))
    }
    return id
  }
  const locationId = (frame: ProfileFrame): number => {
    let id = locationIds.get(frame.pc)
    if (id === undefined) {
      id = locations.length + 1
      locationIds.set(frame.pc, id)
      const line = { functionId: functionId(frame), line: BigInt(frame.line) }
      locations.push(new Location({ id, address: BigInt(`0x${frame.pc}`), line: [line] }))
    }
    return id
  }

  const valueType = (type: string, unit: string) =>
    new ValueType({ type: strings.dedup(type), unit: strings.dedup(unit) })
  const profile = new Profile({
    sampleType: answer.sampleTypes.map(({ type, unit }) => valueType(type, unit)),
    sample: longestFirst(answer.samples).map(
      ({ stack, count, delayNs }) =>
        new Sample({ locationId: stack.map(locationId), value: [BigInt(count), BigInt(delayNs)] }),
    ),
    location: locations,
    function: functions,
    stringTable: strings,
    periodType: valueType('trace', 'count'),
    period: 1,
  })
  return gzipSync(profile.encode())
}

/** Samples by delay, then count, longest first; ties by their program counters, leaf first. */
export function longestFirst(samples: readonly ProfileSample[]): ProfileSample[] {
  return [...samples].sort((a, b) => b.delayNs - a.delayNs || b.count - a.count || compareStacks(a.stack, b.stack))
}

function compareStacks(a: readonly ProfileFrame[], b: readonly ProfileFrame[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    // Hexadecimal without leading zeros: the longer is the larger.
    const order = a[i].pc.length - b[i].pc.length || (a[i].pc < b[i].pc ? -1 : a[i].pc > b[i].pc ? 1 : 0)
    if (order !== 0) return order
  }
  return a.length - b.length
}
