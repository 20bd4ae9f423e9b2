/**
 * `-d=parsed`, `-d=wire` and `-d=footprint` of every fixture against the recorded output of `go tool trace`, byte for
 * byte.
 */
import { createHash } from 'node:crypto'
import t from 'tap'
import { dumpModes } from '../../server/commands/arguments.js'
import { dump } from '../../server/commands/dump.js'
import { Output } from '../../server/commands/output.js'
import { CodedError } from '../../server/errors.js'
import { extraTraces, listFixtures } from '../helpers/fixtures.js'
import { dumpFacts, noGo } from '../helpers/go.js'
import { readGolden } from '../helpers/golden.js'

process.env.TZ = 'UTC'
// All fixtures in one file: more than a runner's usual patience on a busy machine.
t.setTimeout(600_000)

class HashingOutput extends Output {
  private readonly hash = createHash('sha256')
  private bytes = 0

  constructor() {
    super(-1)
  }

  override write(data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    this.hash.update(bytes)
    this.bytes += bytes.length
  }

  result(): { sha256: string; bytes: number } {
    return { sha256: this.hash.digest('hex'), bytes: this.bytes }
  }
}

function ourDump(path: string, mode: (typeof dumpModes)[number]) {
  const output = new HashingOutput()
  let exit = 0
  try {
    dump(path, mode, output)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    exit = 1
  }
  return { ...output.result(), exit }
}

for (const mode of dumpModes) {
  t.test(mode, async t => {
    for (const { name, path } of listFixtures()) {
      const golden = readGolden(name)
      if (golden === null) {
        t.fail(`${name} has no golden`)
        continue
      }
      const { sha256, bytes, exit } = golden.dumps[mode]
      t.strictSame(ourDump(path, mode), { sha256, bytes, exit }, name)
    }
  })
}

t.test('larger traces, live', { skip: noGo }, async t => {
  for (const { name, path, bytes: size } of extraTraces()) {
    for (const mode of dumpModes) {
      // Gigabytes of text, two minutes.
      if (mode === 'parsed' && size > 2e6) continue
      const { sha256, bytes, exit } = await dumpFacts('trace', mode, path)
      t.strictSame(ourDump(path, mode), { sha256, bytes, exit }, `${name} ${mode}`)
    }
  }
})
