/**
 * The JSON form of the pages against the recorded answers of `go tool trace`, for every fixture: through the web
 * server, from the analysis of the whole file in this thread.
 */
import tap, { type Test } from 'tap'
import { CodedError } from '../../server/errors.js'
import { appOf } from '../helpers/app.js'
import { type Form, formOf, hashForm } from '../helpers/canonical.js'
import { extraTraces, listFixtures } from '../helpers/fixtures.js'
import { noGo } from '../helpers/go.js'
import { differenceFrom, type Golden, questionsOf, readGolden } from '../helpers/golden.js'
import { localTrace } from '../helpers/local-trace.js'
import { originalAnswers } from './answers.js'

/** Paths whose answers are compared: all that have a page. */
const paths = [
  '/goroutines',
  '/goroutine',
  '/io',
  '/block',
  '/syscall',
  '/sched',
  '/usertasks',
  '/usertask',
  '/userregions',
  '/userregion',
  '/regionio',
  '/regionblock',
  '/regionsyscall',
  '/regionsched',
]

/** Our answer, or what the server says instead. */
type Ask = (question: string) => Promise<Form | string>

function asker(path: string): Ask {
  const app = appOf(localTrace(path), { file: 'trace' })
  return async question => {
    const url = `${question}${question.includes('?') ? '&' : '?'}format=json&limit=0`
    const response = await app.inject({ url, headers: { host: 'localhost' } })
    if (response.statusCode !== 200) return `${response.statusCode} ${response.body}`
    return formOf(question.split('?')[0], response.json())
  }
}

async function compare(t: Test, golden: Golden, ask: Ask): Promise<void> {
  for (const path of paths) {
    for (const question of questionsOf(golden, path)) {
      const wanted = golden.answers[question]
      const found = await ask(question)
      if (typeof found === 'string') t.fail(`${golden.name} ${question}: ${found}`)
      else if (hashForm(found) === wanted.hash) t.pass(question)
      else t.fail(`${golden.name} ${question}`, { difference: differenceFrom(wanted, found) })
    }
  }
}

// All fixtures in one file: more than a runner's usual patience on a busy machine.
tap.setTimeout(600_000)

for (const { name, path } of listFixtures()) {
  tap.test(name, async t => {
    const golden = readGolden(name)
    if (golden === null) return t.fail('there is no golden')
    if (golden.usable === null || golden.usable.generations === 0) {
      t.throws(() => localTrace(path), CodedError)
      return
    }
    await compare(t, golden, asker(path))
  })
}

tap.test('larger traces, live', { skip: noGo }, async t => {
  // With the largest one the original needs minutes.
  for (const extra of extraTraces().filter(({ bytes }) => bytes < 2e6)) {
    await compare(t, await originalAnswers(extra, { keepForms: true, paths }), asker(extra.path))
  }
})
