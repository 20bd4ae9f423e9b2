/** Reads a pprof file as `go tool trace` and we write it into the shape of our JSON answer. */
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import type { ProfileShape } from '../helpers/canonical.js'

export function decodeProfile(bytes: Uint8Array): ProfileShape {
  const profile = Profile.decode(gunzipSync(bytes))
  const text = (row: number | bigint) => profile.stringTable.strings[Number(row)]
  const functions = new Map(profile.function.map(entry => [BigInt(entry.id), entry]))
  const frames = new Map(
    profile.location.map(({ id, address, line }) => {
      const { functionId, line: number } = line[0]
      const { name, filename } = functions.get(BigInt(functionId))!
      return [
        BigInt(id),
        { func: text(name), file: text(filename), line: String(number), pc: BigInt(address).toString(16) },
      ]
    }),
  )
  return {
    sampleTypes: profile.sampleType.map(({ type, unit }) => ({ type: text(type), unit: text(unit) })),
    samples: profile.sample.map(({ locationId, value }) => ({
      stack: locationId.map(id => frames.get(BigInt(id))!),
      count: Number(value[0]),
      delayNs: Number(value[1]),
    })),
  }
}
