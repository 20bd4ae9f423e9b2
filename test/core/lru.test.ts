/** The cache against a plain list that does the same slowly. */
import fc from 'fast-check'
import t from 'tap'
import { Lru } from '../../server/core/lru.js'

t.test('what was used least recently is evicted', async t => {
  const gone: string[] = []
  const cache = new Lru<string, number>({ budget: 10, sizeOf: size => size, evicted: (_, key) => gone.push(key) })
  cache.add('a', 4)
  cache.add('b', 4)
  t.equal(cache.get('a'), 4)
  t.equal(cache.get('none'), undefined)
  cache.add('c', 3)
  t.strictSame(gone, ['b'], 'a was used since')
  t.strictSame(
    ['a', 'b', 'c'].map(key => cache.has(key)),
    [true, false, true],
  )
  cache.makeRoom(7)
  t.strictSame(gone, ['b', 'a'])
  cache.add('large', 11)
  t.strictSame(gone, ['b', 'a', 'c'])
  t.ok(cache.has('large'), 'what exceeds the budget alone is there until something else comes')
  cache.add('d', 1)
  t.notOk(cache.has('large'))
})

t.test('has does not count as use; a budget without sizes is one of entries', async t => {
  const cache = new Lru<number, string>({ budget: 2 })
  cache.add(1, 'a')
  cache.add(2, 'b')
  t.ok(cache.has(1))
  cache.add(3, 'c')
  t.strictSame(
    [1, 2, 3].map(key => cache.get(key)),
    [undefined, 'b', 'c'],
  )
})

t.test('as a list', async t => {
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'get', 'room'), fc.nat(5), fc.integer({ min: 1, max: 9 })))
  const holds = fc.check(
    fc.property(steps, steps => {
      const evicted: number[] = []
      const cache = new Lru<number, number>({
        budget: 20,
        sizeOf: size => size,
        evicted: (_, key) => evicted.push(key),
      })
      let list: [key: number, size: number][] = []
      const wanted: number[] = []
      const makeRoom = (more: number) => {
        while (list.length > 0 && list.reduce((sum, [, size]) => sum + size, more) > 20) wanted.push(list.shift()![0])
      }
      for (const [step, key, size] of steps) {
        const found = list.find(([each]) => each === key)
        if (step === 'room') {
          makeRoom(size)
          cache.makeRoom(size)
        } else if (step === 'get') {
          if (found !== undefined) list = [...list.filter(each => each !== found), found]
          if (cache.get(key) !== found?.[1]) return false
        } else if (found === undefined) {
          makeRoom(size)
          list.push([key, size])
          cache.add(key, size)
        }
      }
      return evicted.join() === wanted.join() && list.every(([key]) => cache.has(key))
    }),
  )
  t.notOk(holds.failed, JSON.stringify(holds.counterexample))
})
