import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import t from 'tap'
import type { ProfileAnswer } from '../../server/contract/profile.js'
import { callGraph, graphLimits } from '../../server/export/call-graph.js'
import { buildCallTree, topFunctions } from '../../server/export/call-tree.js'
import { encodeProfile } from '../../server/export/pprof.js'
import { speedscopeFile } from '../../server/export/speedscope.js'
import { frameKind, noStack } from '../../server/shared/frame-kind.js'
import { emptyProfile, profileOf, sampleTypes, webProfile } from '../helpers/profiles.js'

/** The samples of pprof bytes, resolved: what encodeProfile was given, if all is well. */
function decodeSamples(bytes: Uint8Array) {
  const profile = Profile.decode(gunzipSync(bytes))
  const strings = profile.stringTable.strings
  const functions = new Map(profile.function.map(f => [f.id, f]))
  const locations = new Map(profile.location.map(l => [l.id, l]))
  return profile.sample.map(({ locationId, value }) => ({
    stack: locationId.map(id => {
      const { address, line } = locations.get(id)!
      const f = functions.get(line[0].functionId)!
      return {
        func: strings[Number(f.name)],
        file: strings[Number(f.filename)],
        line: BigInt(line[0].line),
        pc: BigInt(address).toString(16),
      }
    }),
    count: BigInt(value[0]),
    delayNs: BigInt(value[1]),
  }))
}

const exact = ({ samples }: ProfileAnswer) =>
  samples.map(({ stack, count, delayNs }) => ({
    stack: stack.map(frame => ({ ...frame, line: BigInt(frame.line) })),
    count: BigInt(count),
    delayNs: BigInt(delayNs),
  }))

t.test('pprof bytes hold the samples, longest first', async t => {
  const order = [1, 2, 3, 0, 4, 5].map(i => exact(webProfile)[i])
  t.strictSame(decodeSamples(encodeProfile(webProfile)), order)
  const reversed = { ...webProfile, samples: [...webProfile.samples].reverse() }
  t.strictSame(encodeProfile(reversed), encodeProfile(webProfile), 'the same bytes whatever the order of the samples')
  t.strictSame(decodeSamples(encodeProfile(emptyProfile)), [])

  const profile = Profile.decode(gunzipSync(encodeProfile(emptyProfile)))
  const text = (at: number | bigint) => profile.stringTable.strings[Number(at)]
  t.strictSame(
    profile.sampleType.map(({ type, unit }) => [text(type), text(unit)]),
    [
      ['contentions', 'count'],
      ['delay', 'nanoseconds'],
    ],
  )
  t.strictSame([text(profile.periodType!.type), text(profile.periodType!.unit)], ['trace', 'count'])
  t.equal(profile.period, 1)
})

t.test('pprof bytes are exact up to 64 bits', async t => {
  const wide: ProfileAnswer = {
    ...emptyProfile,
    samples: [
      {
        stack: [
          { func: 'main.a', file: 'a.go', line: '9223372036854775807', pc: 'ffffffffffffffff' },
          { func: 'main.b', file: 'a.go', line: 2, pc: '20000000000001' },
          { func: 'main.c', file: 'a.go', line: 3, pc: '0' },
        ],
        count: 1,
        delayNs: Number.MAX_SAFE_INTEGER,
      },
    ],
  }
  t.strictSame(decodeSamples(encodeProfile(wide)), exact(wide))
})

t.test('one location a PC, one function a name and file', async t => {
  const at = (func: string, file: string, pc: string) => ({ func, file, line: 1, pc })
  const answer: ProfileAnswer = {
    ...emptyProfile,
    samples: [
      { stack: [at('main.a', 'a.go', '1'), at('main.a', 'a.go', '2')], count: 1, delayNs: 3 },
      { stack: [at('main.a', 'b.go', '3'), at('main.other', 'a.go', '1')], count: 1, delayNs: 2 },
    ],
  }
  const profile = Profile.decode(gunzipSync(encodeProfile(answer)))
  t.equal(profile.location.length, 3)
  t.equal(profile.function.length, 2, 'the second name of a PC is not kept')
})

const noGo = spawnSync('go', ['version']).status === 0 ? false : 'no Go here'
t.test('go tool pprof reads it and counts as the table of top functions', { skip: noGo }, async t => {
  const dir = mkdtempSync(join(tmpdir(), 'trace-serve-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'block.profile')
  const named = { ...webProfile, samples: webProfile.samples.filter(({ stack }) => stack.length > 0) }
  writeFileSync(file, encodeProfile(named))
  const args = ['tool', 'pprof', '-top', '-nodefraction=0', '-unit=ns', file]
  const { stdout, stderr, status } = spawnSync('go', args, { encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const rows = stdout.split('\n').flatMap(line => {
    const [, flat, cum, name] = /^\s*(\d+)(?:ns)?\s+[\d.]+%\s+[\d.]+%\s+(\d+)(?:ns)?\s+[\d.]+%\s+(\S+)/.exec(line) ?? []
    return name === undefined ? [] : [`${name} ${flat} ${cum}`]
  })
  const ours = topFunctions(named).map(({ name, flatNs, cumNs }) => `${name} ${flatNs} ${cumNs}`)
  t.equal(ours.length, 10)
  t.strictSame(rows.sort(), ours.sort())
})

t.test('call tree', async t => {
  const tree = buildCallTree(
    profileOf(`
      main.leaf<main.a<main.root   1  10
      main.leaf<main.b<main.root   2  30
      main.a<main.root             4   5
      main.leaf<main.a<main.root   8  10
      -                           16   7
    `),
  )
  const drawn = tree.parents.map((parent, row) => {
    const name = row === 0 ? 'all' : tree.functions[tree.functionRows[row]].name
    const figures = [tree.totalNs[row], tree.totalCounts[row], tree.selfNs[row], tree.selfCounts[row]].join(' ')
    return `${'  '.repeat(tree.depths[row])}${name} ${figures} under ${parent}`
  })
  t.strictSame(drawn, [
    'all 62 31 0 0 under -1',
    '  main.root 55 15 0 0 under 0',
    '    main.b 30 2 0 0 under 1',
    '      main.leaf 30 2 30 2 under 2',
    '    main.a 25 13 5 4 under 1',
    '      main.leaf 20 9 20 9 under 4',
    `  ${noStack} 7 16 7 16 under 0`,
  ])
})

t.test('a recursive function counts once a sample', async t => {
  const [walk] = topFunctions(profileOf('main.walk<main.walk<main.walk<main.main  2  100'))
  t.match(walk, { name: 'main.walk', flatNs: 100, flatCount: 2, cumNs: 100, cumCount: 2 })
})

t.test('whose code a frame is', async t => {
  const kinds = {
    'main.main.func2': 'main',
    'net/http.(*Client).Do': 'std',
    'sync.(*Mutex).Lock': 'std',
    'runtime.selectgo': 'runtime',
    'runtime/pprof.StartCPUProfile': 'runtime',
    'internal/runtime/maps.(*Map).Clear': 'runtime',
    'internal/poll.(*FD).Read': 'std',
    'slices.SortFunc[go.shape.[]example.com/x.T,net/http.Y]': 'std',
    'example.com/main.Run': 'other',
    'gopkg.in/yaml%2ev3.Unmarshal': 'other',
    'pool.Map[main.T]': 'other',
    _cgo_wait: 'other',
    [noStack]: 'none',
  }
  t.strictSame(Object.fromEntries(Object.keys(kinds).map(name => [name, frameKind(name)])), kinds)
})

t.test('call graph', async t => {
  const { dot, shown, total, titles } = callGraph(webProfile)
  t.equal(total, 11)
  t.equal(shown, 8, 'functions with less than 0.5 % are left out')
  t.match(dot, /n0 \[label="runtime\\nselectgo\\n1.07s \(95\.4%\)" class="fr"/)
  t.match([...titles.values()], /net\/http\.\(\*Client\)\.Get → net\/http\.\(\*Client\)\.Do: 375ms/)
  t.notMatch(dot, 'dashed')

  const deep = profileOf(Array.from({ length: 300 }, (_, i) => `main.leaf<m.f${i}<main.root 1 ${1000 - i}`).join('\n'))
  const large = callGraph(deep)
  t.equal(large.shown, 2, 'each of the 300 has under 0.5 %')
  t.match(large.dot, /n0 -> n1 .*style=dashed|n1 -> n0 .*style=dashed/, 'calls through what is left out are dashed')

  const wide = profileOf(Array.from({ length: 150 }, (_, i) => `main.f${i} 1 ${1000 - i}`).join('\n'))
  t.equal(callGraph(wide).shown, graphLimits.nodes)
  t.equal(callGraph(emptyProfile).shown, 0)
})

t.test('names cannot break out of the DOT text', async t => {
  const frame = (func: string) => ({ func, file: 'a.go', line: 1, pc: '1' })
  const { dot } = callGraph({
    sampleTypes,
    samples: [{ stack: [frame('main.a"]; b [label="\\N&lt;\n')], count: 1, delayNs: 1 }],
    ready: true,
    partial: null,
  })
  t.match(dot, 'label="main\\na\\"]; b [label=\\"\\\\N&amp;lt;\ufffd\\n1ns (100.0%)"')
})

t.test('speedscope holds every sample, those without a stack too', async t => {
  interface Sampled {
    readonly unit: string
    readonly endValue: number
    readonly samples: readonly (readonly number[])[]
    readonly weights: readonly number[]
  }
  const file = speedscopeFile(buildCallTree(webProfile), 'block') as {
    readonly shared: {
      readonly frames: readonly { readonly name: string; readonly file?: string; readonly line?: number }[]
    }
    readonly profiles: readonly Sampled[]
  }
  const { frames } = file.shared
  const linesOf = ({ samples, weights }: Sampled) =>
    samples.map((stack, i) => `${stack.map(at => frames[at].name).join('<')} ${weights[i]}`)
  const wanted = (of: (sample: ProfileAnswer['samples'][number]) => number) =>
    webProfile.samples.map(sample => {
      const names = sample.stack.map(({ func }) => func).reverse()
      return `${names.length === 0 ? noStack : names.join('<')} ${of(sample)}`
    })
  const [delay, count] = file.profiles
  t.strictSame(linesOf(delay).sort(), wanted(({ delayNs }) => delayNs).sort())
  t.strictSame(linesOf(count).sort(), wanted(({ count }) => count).sort())
  for (const { endValue, weights } of [delay, count])
    t.equal(
      endValue,
      weights.reduce((sum, weight) => sum + weight, 0),
    )
  t.strictSame([delay.unit, count.unit], ['nanoseconds', 'none'])
  const main = frames.find(({ name }) => name === 'main.main')
  t.match(main, { file: 'main/file.go', line: Number })
  t.notOk(frames.find(({ name }) => name === noStack)?.file)
})
