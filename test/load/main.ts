/**
 * `npm run load -- FILE [--requests N] [--connections N] [--kills N] [--abusers N] [--idle N]`: load on a server of its
 * own, and what came of it.
 *
 * Exit status 1 when an answer failed, or the memory of the last third of the requests is not within a tenth of that of
 * the middle third.
 */
import { parseArgs } from 'node:util'
import { isFlat, LoadServer, mixOf, runLoad } from './load.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '64' },
    kills: { type: 'string', default: '0' },
    abusers: { type: 'string', default: '8' },
    idle: { type: 'string', default: '1000' },
  },
})
const [file] = positionals
if (file === undefined) {
  console.error('usage: npm run load -- FILE [--requests N] [--connections N] [--kills N] [--abusers N] [--idle N]')
  process.exit(2)
}
const server = await LoadServer.start(file)
const mix = await mixOf(server)
const [requests, connections, kills] = [values.requests, values.connections, values.kills].map(Number)
const abusers = { each: Number(values.abusers), idle: Number(values.idle) }
const result = await runLoad(server, mix, { requests, connections, kills, abusers })
await server.stop()

const { answered, failures, seconds, bytes, latency, slowest, memory, peakMemory } = result
const mib = (size: number) => `${Math.round(size / 2 ** 20)} MiB`
console.log(`${answered} answers of ${mix.length} addresses, ${connections} connections, ${result.kills} threads ended`)
console.log(
  `beside ${abusers.each} abusers of each kind and ${abusers.idle} idle ones, ${result.abused} connections of them`,
)
console.log(`${seconds} s, ${mib(bytes)}; p50 ${latency.p50} ms, p99 ${latency.p99} ms, slowest ${latency.max} ms`)
console.log(`memory by thirds ${memory.map(mib).join(', ')}; peak ${mib(peakMemory)}`)
const late = [...slowest].sort(([, a], [, b]) => b - a).slice(0, 5)
console.log(`slowest: ${late.map(([path, ms]) => `${path} ${Math.round(ms)} ms`).join(', ')}`)
if (answered < requests) console.log(`${requests - answered} answers were cut off`)
for (const [what, count] of failures) console.log(`${count} times ${what}`)
process.exitCode = failures.size === 0 && answered === requests && isFlat(memory) ? 0 : 1
