/** The four profiles from hand-made events (endpoints.md §11). */
import t from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import type { ProfileParams } from '../../server/contract/profile.js'
import { GoState } from '../../server/core/states.js'
import { type Frame, Story } from '../helpers/blocks.js'

const { Undetermined, Running, Waiting } = GoState

/** Goroutine 1 runs; `events` are its blocks: reason, from, to, stack. It starts again 1 ns after each. */
function blocks(events: [reason: string, from: number, to: number, stack: Frame[]][]): Story {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  for (const [reason, from, to, stack] of events) {
    story.at(from, { m: 1, p: 0, g: 1 }).event('GoBlock', { reason, stack })
    story.at(to, { m: 2, p: 1, g: 2 }).event('GoUnblock', { g: 1, stack: ['main.waker'] })
    story.at(to + 1, { m: 1, p: 0 }).event('GoStart', { g: 1 })
  }
  return story
}

function lines(facts: ReturnType<Story['tell']>, params: ProfileParams): string[] {
  return answerQuery(facts, 'profile', params).samples.map(
    sample => `${sample.stack.map(frame => frame.func).join(';')} ${sample.count} ${sample.delayNs}`,
  )
}

t.test('reasons choose the profile', async t => {
  const facts = blocks([
    ['network', 10, 30, ['read', 'main']],
    ['chan receive', 40, 45, ['recv', 'main']],
    ['select', 50, 52, ['sel', 'main']],
    ['sync.(*Cond).Wait', 60, 61, ['cond', 'main']],
    ['network poll', 70, 79, ['poll', 'main']],
    ['sleep', 80, 89, ['sleep', 'main']],
  ]).tell(100)
  t.same(lines(facts, { kind: 'io' }), ['read;main 1 20'])
  t.same(lines(facts, { kind: 'block' }), ['recv;main 1 5', 'sel;main 1 2', 'cond;main 1 1'])
  t.same(lines(facts, { kind: 'sched' }), ['main.waker 6 6'], 'the stack is that of the waker')
  t.same(lines(facts, { kind: 'syscall' }), [])
})

t.test('a window cuts samples, and an overlap counts one', async t => {
  const facts = blocks([
    ['network', 10, 30, ['read', 'main']],
    ['network', 40, 60, ['read', 'main']],
  ]).tell(100)
  t.same(lines(facts, { kind: 'io', from: 20, to: 45 }), ['read;main 2 15'])
  t.same(lines(facts, { kind: 'io', from: 30, to: 40 }), [], 'half open')
  t.same(lines(facts, { kind: 'io', from: 35 }), ['read;main 1 20'])
})

t.test('what lies before the first run or is open at the end does not count', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(5, { m: 1, p: 0, g: 1 }).event('GoCreate', { g: 2, newStack: ['main.child'], stack: ['main.main'] })
  story.at(9, { m: 1, p: 0, g: 1 }).event('GoBlock', { reason: 'select', stack: ['main.main'] })
  story.at(20, { m: 1, p: 0 }).event('GoStart', { g: 2 })
  story.at(30, { m: 1, p: 0, g: 2 }).event('GoStop', { reason: 'preempted', stack: ['main.child'] })
  story.at(33, { m: 1, p: 0 }).event('GoStart', { g: 2 })
  const facts = story.tell(100)
  t.same(lines(facts, { kind: 'sched' }), ['main.child 1 3'], 'not the 15 ns from creation to first run')
  t.same(lines(facts, { kind: 'block' }), [])
})

t.test('filters by name and goroutine; unknown ones are refused', async t => {
  const story = blocks([['network', 10, 30, ['read', 'main']]])
  story.at(40).event('GoStatus', { g: 3, from: Undetermined, to: Waiting })
  const facts = story.tell(100)
  t.same(lines(facts, { kind: 'io', name: 'main' }), ['read;main 1 20'])
  t.same(lines(facts, { kind: 'io', name: '' }), [], 'the unnamed group, not all')
  t.same(lines(facts, { kind: 'io', goid: 1 }), ['read;main 1 20'])
  t.same(lines(facts, { kind: 'io', goid: '3' }), [])
  t.throws(() => lines(facts, { kind: 'io', name: 'nobody' }), {
    code: 'UNKNOWN_GROUP',
    message: 'failed to find matching goroutines for name: nobody',
  })
  t.throws(() => lines(facts, { kind: 'io', goid: 99 }), { code: 'UNKNOWN_GOROUTINE' })
  t.throws(() => lines(facts, { kind: 'io', goid: '18446744073709551000' }), { code: 'UNKNOWN_GOROUTINE' })
  t.throws(() => lines(new Story().at(0).sync().tell(1), { kind: 'io' }), { code: 'UNKNOWN_GROUP' })
})

t.test('of a stack a profile knows 128 frames, and those that differ behind them are one', async t => {
  const deep = (roots: readonly number[]) => {
    const leaves = Array.from({ length: 128 }, (_, i): [string, number] => [`f${i}`, 1000 + i])
    return [...leaves, ...roots.map((pc): [string, number] => [`root${pc}`, pc])]
  }
  const facts = blocks([
    ['network', 10, 11, deep([1, 2])],
    ['network', 20, 22, deep([3])],
    ['network', 30, 34, deep([])],
    ['network', 40, 48, deep([]).slice(1)],
  ]).tell(100)
  const { samples } = answerQuery(facts, 'profile', { kind: 'io' })
  t.same(
    samples.map(({ stack, count, delayNs }) => [stack.length, stack[0].func, count, delayNs]),
    [
      [127, 'f1', 1, 8],
      [128, 'f0', 3, 7],
    ],
  )
})

t.test('stacks are merged by their program counters', async t => {
  const facts = blocks([
    [
      'network',
      10,
      11,
      [
        ['old', 5],
        ['main', 9],
      ],
    ],
    [
      'network',
      20,
      22,
      [
        ['new', 5],
        ['main', 9],
      ],
    ],
    [
      'network',
      30,
      34,
      [
        ['new', 5],
        ['main', 9],
        ['', 0],
      ],
    ],
    ['network', 40, 48, [['', 0]]],
    ['network', 50, 66, []],
  ]).tell(100)
  t.same(lines(facts, { kind: 'io' }), [' 2 24', 'new;main; 3 7'], 'zeros at the root end do not tell stacks apart')
})
