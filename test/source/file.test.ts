import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { openSource } from '../../server/source/file.js'

t.test('reads any stretch, into a buffer of the caller or a new one', async t => {
  const path = join(t.testdir({ 'a.trace': '0123456789' }), 'a.trace')
  const source = openSource(path)
  t.equal(source.name, 'a.trace')
  t.equal(source.sizeBytes, 10)
  t.equal(Buffer.from(source.read(2, 3)).toString(), '234')
  const target = new Uint8Array(4)
  t.equal(source.read(8, 2, target), target)
  t.strictSame([...target], [0x38, 0x39, 0, 0])
  t.equal(source.read(10, 0).length, 0)
  t.throws(() => source.read(9, 2), /read of 2 bytes at 9 of 10/, 'past the end is a mistake of the caller')
  source.close()
  source.close()
})

t.test('what is no readable file', async t => {
  const folder = t.testdir({ sub: {} })
  t.throws(() => openSource(join(folder, 'none.trace')), {
    code: 'NOT_READABLE',
    message: /none\.trace: there is no such file/,
  })
  t.throws(() => openSource(join(folder, 'sub')), { code: 'NOT_READABLE', message: /it is a directory/ })
  if (process.platform === 'win32') return
  execFileSync('mkfifo', [join(folder, 'pipe')])
  t.throws(() => openSource(join(folder, 'pipe')), { code: 'NOT_READABLE', message: /it is a pipe/ })
  t.throws(() => openSource('/dev/null'), { code: 'NOT_READABLE', message: /regular file/ })
})

t.test('what may not be read', { skip: process.platform === 'win32' }, async t => {
  const path = join(t.testdir({ 'a.trace': '0123456789' }), 'a.trace')
  chmodSync(path, 0)
  const module = new URL('../../server/source/file.js', import.meta.url)
  // Root may read everything, and asks as nobody; but it loads what nobody may not reach.
  const script = `
    import { openSource } from '${module}'
    if (process.getuid() === 0) {
      process.setgid(65534)
      process.setuid(65534)
    }
    try { openSource('${path}') } catch (error) { console.log(JSON.stringify(error)) }`
  const options = { input: script, encoding: 'utf8' } as const
  const answer = JSON.parse(execFileSync(process.execPath, ['--input-type=module'], options))
  t.match(answer, { code: 'NOT_READABLE', message: /a\.trace: reading it is not allowed/ })
})

t.test('more open files than the system gives', { skip: process.platform === 'win32' }, async t => {
  const path = join(t.testdir({ 'a.trace': '0123456789' }), 'a.trace')
  const module = new URL('../../server/source/file.js', import.meta.url)
  const script = `
    import { openSource } from '${module}'
    const sources = []
    let refusal
    for (let i = 0; i < 100 && refusal === undefined; i++) try { sources.push(openSource('${path}')) } catch (error) { refusal = error }
    for (const source of sources) source.close()
    const again = openSource('${path}').read(2, 3)
    console.log(JSON.stringify({ ...refusal.toJSON(), again: Buffer.from(again).toString() }))`
  const command = `ulimit -n 64 && exec "${process.execPath}" --input-type=module`
  const answer = JSON.parse(execFileSync('sh', ['-c', command], { input: script, encoding: 'utf8' }))
  t.match(answer, { code: 'NOT_READABLE', message: /a\.trace: too many files are open/, again: '234' })
})

t.test('a disk that fails', async t => {
  const path = join(t.testdir({ 'a.trace': '0123456789' }), 'a.trace')
  const source = openSource(path)
  // The system refuses the read, as of a broken disk.
  closeSync(Reflect.get(source, 'fd'))
  t.throws(() => source.read(4, 2), {
    code: 'NOT_READABLE',
    message: /^cannot read a\.trace at offset 4: EBADF/,
    place: { offset: 4 },
  })
})

t.test('what is read twice must be the same, whatever size and times say', async t => {
  const path = join(t.testdir({}), 'a.trace')
  const write = (text: string) => {
    writeFileSync(path, text)
    utimesSync(path, 1, 1)
  }
  write('0123456789')
  const source = openSource(path)
  t.equal(Buffer.from(source.read(2, 2)).toString(), '23')
  t.equal(Buffer.from(source.read(2, 4)).toString(), '2345')
  t.equal(Buffer.from(source.read(2, 4)).toString(), '2345')
  const record = source.record()
  write('0123X56789')
  t.equal(Buffer.from(openSource(path).read(2, 4)).toString(), '23X5', 'nothing tells it from the other')
  t.throws(() => source.read(2, 4), { code: 'FILE_CHANGED' })
  t.throws(() => source.read(0, 1), { code: 'FILE_CHANGED' }, 'nor the rest of it')
  t.throws(() => openSource(path, record), { code: 'FILE_CHANGED' }, 'nor for who opens it again')
  write('0X2345678X')
  const again = openSource(path, record)
  t.equal(Buffer.from(again.read(0, 2)).toString(), '0X', 'what was not read before may be another')
  write('0X2346678X')
  t.throws(() => again.check(), { code: 'FILE_CHANGED' })
})

t.test('a touch is no change: what was read decides', async t => {
  const path = join(t.testdir({ 'a.trace': '0123456789' }), 'a.trace')
  utimesSync(path, 1, 1)
  const source = openSource(path)
  source.read(0, 10)
  const before = source.lastTouch()
  chmodSync(path, 0o600)
  renameSync(path, `${path}.other`)
  while (source.lastTouch() === before) chmodSync(`${path}.other`, 0o600)
  source.check()
  rmSync(`${path}.other`)
  source.check()
  t.equal(source.read(0, 10).length, 10)
  writeFileSync(path, '0123456789')
  utimesSync(path, 1, 1)
  t.throws(() => source.check(), { code: 'FILE_CHANGED', message: /a\.trace was replaced by another file/ })
})

t.test('a file that changes is an error', async t => {
  const cases: [string, (path: string) => void, RegExp][] = [
    ['cut', path => truncateSync(path, 4), /had 10 bytes and has 4 now/],
    ['grown', path => appendFileSync(path, 'more'), /had 10 bytes and has 14 now/],
    ['written', path => utimesSync(path, 1, 1), /written to while it was open/],
  ]
  for (const [name, change, message] of cases) {
    const path = join(t.testdir({ 'a.trace': '0123456789' }), 'a.trace')
    writeFileSync(path, '0123456789')
    const source = openSource(path)
    change(path)
    if (name === 'cut') t.throws(() => source.read(2, 8), { code: 'FILE_CHANGED', message }, `${name}, at once`)
    // The check of size and time is made a few times a second only.
    await setTimeout(300)
    t.throws(() => source.read(0, 2), { code: 'FILE_CHANGED', message }, name)
    source.close()
  }
})
