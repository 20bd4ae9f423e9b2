import t from 'tap'
import { parseAddress, urlOf } from '../../server/commands/address.js'
import { parseArguments, usage } from '../../server/commands/arguments.js'

const serve = (more: object) => ({ name: 'serve', file: 'f', address: null, openBrowser: true, limits: {}, ...more })

t.test('command lines', async t => {
  const cases: [string, object][] = [
    ['f', serve({})],
    ['binary f', serve({})],
    ['-- f', serve({})],
    ['f -http=:6060', serve({ address: { host: '127.0.0.1', port: 6060 } })],
    ['binary -no-open f', serve({ openBrowser: false })],
    ['f --no-open --', serve({ openBrowser: false })],
    ['-d wire -- -f', { name: 'dump', file: '-f', mode: 'wire' }],
    ['-http=3000 f', serve({ address: { host: '127.0.0.1', port: 3000 } })],
    ['-- -f', serve({ file: '-f' })],
    ['-', serve({ file: '-' })],
    ['-http=:6060 f', serve({ address: { host: '127.0.0.1', port: 6060 } })],
    ['-http :6060 f', serve({ address: { host: '127.0.0.1', port: 6060 } })],
    ['--http=:6060 f', serve({ address: { host: '127.0.0.1', port: 6060 } })],
    ['--http localhost:0 f', serve({ address: { host: '127.0.0.1', port: 0 } })],
    ['-http=:1 -http=:2 f', serve({ address: { host: '127.0.0.1', port: 2 } })],
    ['--no-open f', serve({ openBrowser: false })],
    ['-no-open=false f', serve({ openBrowser: true })],
    ['-d= -pprof= f', serve({})],
    ['-d=wire f', { name: 'dump', file: 'f', mode: 'wire' }],
    ['-d parsed binary f', { name: 'dump', file: 'f', mode: 'parsed' }],
    ['--d=footprint f', { name: 'dump', file: 'f', mode: 'footprint' }],
    ['-pprof=net f', { name: 'profile', file: 'f', type: 'net', limits: {} }],
    ['-d=wire -pprof=sched f', { name: 'profile', file: 'f', type: 'sched', limits: {} }],
    ['-workers=4 -memory 2G f', serve({ limits: { memoryBytes: 2 ** 31 } })],
    ['-memory=300MB f', serve({ limits: { memoryBytes: 300 << 20 } })],
    ['-workers 1 -pprof=net f', { name: 'profile', file: 'f', type: 'net', limits: {} }],
    ['-help', { name: 'help' }],
    ['-h', { name: 'help' }],
    ['--help f', { name: 'help' }],
    ['--version', { name: 'version' }],
  ]
  for (const [line, command] of cases) t.strictSame(parseArguments(line.split(' ')), command, line)
})

t.test('refused command lines', async t => {
  const cases: [string, RegExp][] = [
    ['', /the trace file is missing/],
    ['a b c', /found 3 names: a b c/],
    ['-x f', /there is no flag -x$/],
    ['f -x', /there is no flag -x$/],
    ['-httpx=1 f', /there is no flag -httpx; did you mean -http\?$/],
    ['-p 3000 f', /there is no flag -p; did you mean -http\?$/],
    ['--port=3000 f', /there is no flag --port; did you mean -http\?$/],
    ['-v', /there is no flag -v; did you mean -version\?$/],
    ['--no-opn f', /there is no flag --no-opn; did you mean -no-open\?$/],
    ['-hepl', /there is no flag -hepl$/],
    ['-constructor f', /there is no flag -constructor$/],
    ['---http=:1 f', /---http=:1 is no flag/],
    ['-=1 f', /-=1 is no flag/],
    ['-pprof', /flag -pprof needs a value/],
    ['--d', /flag --d needs a value/],
    ['-d=foo f', /-d=foo: there is no such dump; there are wire, parsed, footprint/],
    ['-pprof=io f', /-pprof=io: there is no such profile; there are net, sync, syscall, sched/],
    ['-no-open=maybe f', /flag -no-open is true or false, not "maybe"/],
    ['-http=localhost f', /wanted HOST:PORT or PORT/],
    ['-http=65536 f', /wanted a port from 0 to 65535, found "65536"/],
    ['-http=:x f', /wanted a port from 0 to 65535, found "x"/],
    ['-http=:65536 f', /found "65536"/],
    ['-http= f', /wanted HOST:PORT/],
    ['-workers=0 f', /-workers=0: wanted a number from 1 to 9999/],
    ['-workers=two f', /-workers=two/],
    ['-memory=-1 f', /-memory=-1: wanted a size such as 160M or 2G/],
    ['-memory=much f', /-memory=much/],
  ]
  for (const [line, message] of cases) {
    const args = line === '' ? [] : line.split(' ')
    t.throws(() => parseArguments(args), { name: 'UsageError', message }, line)
  }
})

t.test('a flag that has no effect any more is said to have none', async t => {
  const said: string[] = []
  parseArguments(['-workers=4', 'f'], sentence => said.push(sentence))
  t.strictSame(said, ['-workers has no effect any more: one thread puts the events in order'])
})

t.test('the help names every flag', async t => {
  for (const flag of ['-http', '-no-open', '-pprof', '-memory', '-workers', '-d', '-help', '-version'])
    t.match(usage, `  ${flag}`)
})

t.test('addresses', async t => {
  t.strictSame(parseAddress(':0'), { host: '127.0.0.1', port: 0 }, 'no host is this machine only')
  t.strictSame(parseAddress('0.0.0.0:80'), { host: '0.0.0.0', port: 80 })
  t.strictSame(parseAddress('[::1]:80'), { host: '::1', port: 80 })
  t.type(parseAddress('::1'), 'string')
  t.equal(urlOf('127.0.0.1', 80), 'http://127.0.0.1:80')
  t.equal(urlOf('::1', 80), 'http://[::1]:80')
})
