/** The page of the package speedscope: its files and no others, and a policy that no other page has. */
import t from 'tap'
import { appOf } from '../helpers/app.js'
import { profileClient } from '../helpers/profile-client.js'

const app = appOf(profileClient(), { file: 'web.trace' })
t.teardown(() => app.close())
const get = (url: string, accept = 'text/html') => app.inject({ url, headers: { host: 'localhost', accept } })
const policyOf = async (url: string) => String((await get(url)).headers['content-security-policy'])

t.test('the page and the files it names', async t => {
  const page = await get('/speedscope/')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], 'text/html')
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name)
  t.ok(files.length >= 3)
  for (const file of files) {
    const { statusCode, headers } = await get(`/speedscope/${file}`)
    t.equal(statusCode, 200, file)
    t.equal(headers['x-content-type-options'], 'nosniff')
  }
  for (const path of ['index.html', 'nope.js', '..%2fpackage.json', '..%2f..%2f..%2fpackage.json', '%00', 'a/b']) {
    t.equal((await get(`/speedscope/${path}`)).statusCode, 404, path)
  }
})

t.test('only this page has a policy of its own, which names this server alone', async t => {
  const own = await policyOf('/speedscope/')
  t.match(own, "style-src 'self' 'unsafe-inline'")
  const others = new Set<string>()
  for (const url of ['/', '/block', '/trace', '/mmu', '/speedscope/speedscope.js', '/nope'])
    others.add(await policyOf(url))
  const [strict, ...more] = others
  t.strictSame(more, [], 'all others have the same')
  t.notMatch(strict, 'unsafe')
  const sources = own.replace(/[a-z]+-[a-z]+ |[a-z]+-src |;/g, ' ').split(/\s+/)
  t.strictSame(
    sources.filter(
      source => !["'self'", "'none'", "'unsafe-inline'", "'wasm-unsafe-eval'", 'data:', ''].includes(source),
    ),
    [],
  )
  const relaxed = own.split(';').filter(part => !strict.split(';').includes(part))
  t.strictSame(relaxed, ["script-src 'self' 'wasm-unsafe-eval'", "style-src 'self' 'unsafe-inline'", "font-src 'self'"])
})

t.test('a profile page leads there, with its filters', async t => {
  const linkIn = (body: string): Map<string, string> | undefined => {
    const link = /href="\/speedscope\/#([^"]*)"/.exec(body)?.[1].replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
    return link === undefined
      ? undefined
      : new Map(link.split('&').map(part => part.split('=').map(decodeURIComponent) as [string, string]))
  }
  const link = linkIn((await get('/block?name=main.main&as=top&sortby=Flat&by=count')).body)
  t.strictSame(
    link,
    new Map([
      ['profileURL', '/block?name=main.main&format=speedscope'],
      ['title', 'Sync blocking profile'],
      ['view', 'left-heavy'],
    ]),
  )
  t.equal(linkIn((await get('/block?from=5&to=9')).body), undefined, 'an empty profile, which it could not show')
  const regions = linkIn((await get('/regionblock?type=a+b%26c&pc=4be045&latmin=1ms&goid=7')).body)
  t.equal(regions?.get('profileURL'), '/regionblock?type=a+b%26c&pc=4be045&latmin=1ms&goid=7&format=speedscope')
})
