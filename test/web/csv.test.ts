/** CSV files of a trace all of whose names are formulas: no spreadsheet runs one of them. */
import { join } from 'node:path'
import t from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import type { Trace } from '../../server/contract/trace.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import { csvOf } from '../../server/web/view-models/table.js'
import { appOf } from '../helpers/app.js'
import { fakeClient } from '../helpers/fake-client.js'
import { fixturesFolder } from '../helpers/fixtures.js'
import { analyseSource } from '../helpers/local-trace.js'

/** The cells of a file, quotes taken away. */
function cellsOf(csv: string): string[] {
  return [...csv.matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  )
}

t.test('no cell is a formula', async t => {
  const source = openSource(join(fixturesFolder, 'hostile', 'names-of-formulas-and-script.trace'))
  t.teardown(() => source.close())
  const facts = analyseSource(source, openTrace(source))
  const client: Trace = {
    ...fakeClient(),
    query: async (name, params) => answerQuery(facts, name as never, params as never) as never,
  }
  const app = appOf(client, { file: 'x.trace' })
  t.teardown(() => app.close())
  const urls = ['/goroutines', '/open', '/usertasks', '/usertask', '/userregions', '/userregion', '/mmu']
  urls.push('/goroutine?name=', ...['io', 'block', 'syscall', 'sched', 'regionblock'].map(kind => `/${kind}`))
  let made = 0
  for (const url of urls) {
    const answer = await app.inject({
      url: `${url}${url.includes('?') ? '&' : '?'}format=csv`,
      headers: { host: 'localhost' },
    })
    t.equal(answer.statusCode, 200, url)
    const cells = cellsOf(answer.body)
    t.strictSame(
      cells.filter(cell => /^[=+@\t\r\n-]/.test(cell) && !/^-\d+(\.\d+)?$/.test(cell)),
      [],
      url,
    )
    made += cells.filter(cell => /^'[=+@\t\r-]/.test(cell)).length
  }
  t.ok(made > 5, `${made} cells were made text`)
})

t.test('numbers stay numbers', async t => {
  const rows = [-5, -0.5, 7, '-5', '-9223372036854775808', '-2+3', '-', '', "it's", '\n=1', null]
  const column = {
    title: 'x',
    cell: () => ({ kind: 'text', text: '' }) as const,
    raw: (row: (typeof rows)[number]) => row,
  }
  t.strictSame(cellsOf(csvOf([column], rows)).slice(1, 12), [
    '-5',
    '-0.5',
    '7',
    '-5',
    '-9223372036854775808',
    "'-2+3",
    "'-",
    '',
    "it's",
    "'\n=1",
    '',
  ])
})
