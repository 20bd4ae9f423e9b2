/**
 * A trace may be served under any base path: its pages are the same there, every link and asset of them is answered,
 * and no source holds an absolute URL but those named here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, projectFolder } from '../helpers/fixtures.js'
import { hostedApp } from '../helpers/serve-trace.js'

/** As of a file of a folder, beside other traces, with characters that mean something in paths and patterns. */
const base = `/t/${encodeURIComponent('dir/a b:*+50%25?(1)é.trace')}/`
/** What belongs to no trace. */
const ofRoot = ['/static/', '/speedscope/']
/** URLs that differ only in the values of their parameters are much the same: so many of them are followed. */
const mostAlike = 1
const mostUrls = 80

const plain = (text: string) => text.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&').replaceAll('&#x27;', "'")

/** What a body leads to: links, forms, assets and what its scripts load; links in JSON. */
function* urlsIn(body: string, type: string): Generator<string> {
  const pattern = type.startsWith('text/html')
    ? / (?:href|src|action|data-json|data-tree|data-plot)="([^"]+)"/g
    : /"url":"([^"]+)"/gi
  for (const [, url] of body.matchAll(pattern)) yield plain(url)
}

t.setTimeout(300_000)
t.test('a trace under a base', async t => {
  const { path } = fixture('web-go1.26')
  const [atRoot, below] = [hostedApp(path), hostedApp(path, base)]
  t.teardown(() => Promise.all([atRoot.close(), below.close()]))
  const ask = ({ app }: typeof below, url: string, accept = 'text/html') =>
    app.inject({ url, headers: { host: 'localhost', accept } })

  const found = new Map([
    [base, 'start'],
    [`${base}?format=json`, 'start'],
    [`${base}mmu?mode=details&window=100000`, 'start'],
  ])
  const seen = new Map<string, number>()
  const strange: string[] = []
  for (const [url, from] of found) {
    const response = await ask(below, url)
    const type = String(response.headers['content-type'])
    if (response.statusCode !== 200) strange.push(`${url} (from ${from}): ${response.statusCode}`)
    if (!url.startsWith(base)) continue
    const same = await ask(atRoot, `/${url.slice(base.length)}`)
    const [mine, other] = [response.body.replaceAll(base, '/'), same.body]
    const asEscaped = mine.replaceAll(encodeURIComponent(base), encodeURIComponent('/'))
    if (asEscaped !== other) strange.push(`${url} (from ${from}) differs from that at the root`)
    const { 'content-disposition': file } = response.headers
    if (file !== same.headers['content-disposition']) strange.push(`${url} is saved as ${file}`)
    if (!/html|json/.test(type)) continue
    for (const link of urlsIn(response.body, type)) {
      const { origin, pathname, search, hash, searchParams } = new URL(link, `http://localhost${url}`)
      if (origin !== 'http://localhost' || ![base, ...ofRoot].some(start => pathname.startsWith(start))) {
        strange.push(`${link} (on ${url})`)
        continue
      }
      const profile = new URLSearchParams(hash.slice(1)).get('profileURL')
      if (profile !== null && !found.has(profile)) found.set(profile, url)
      const kind = `${pathname} ${[...searchParams.keys()].sort().join()}`
      const alike = seen.get(kind) ?? 0
      if (found.size >= mostUrls || found.has(pathname + search) || alike >= mostAlike) continue
      seen.set(kind, alike + 1)
      found.set(pathname + search, url)
    }
  }
  t.strictSame(strange, [])
  const pages = new Set(Array.from(found.keys(), url => url.split('?')[0]))
  t.ok(pages.size > 25, `${pages.size} pages and assets`)
  t.ok([...pages].some(page => page.startsWith('/speedscope/')))

  // What scripts ask by themselves.
  for (const url of ['timeline/tracks?view=proc', 'timeline/tile?view=proc&tracks=0-31&level=16&index=0', 'progress'])
    t.equal((await ask(below, base + url, 'application/json')).statusCode, 200, url)

  const bare = await ask(below, `${base.slice(0, -1)}?format=json`)
  t.equal(bare.statusCode, 302, 'links are relative to a path that ends with a slash')
  t.equal(bare.headers.location, `${base}?format=json`)
  const moved = await ask(below, `${base}mmu?view=system`)
  t.equal(new URL(String(moved.headers.location), `http://localhost${base}mmu`).pathname, `${base}mmu`)

  const unknown = await ask(below, `${base}goroutines/deeper/x`)
  t.equal(unknown.statusCode, 404)
  for (const link of urlsIn(unknown.body, 'text/html')) {
    if (link.startsWith('#')) continue
    const { pathname } = new URL(link, `http://localhost${base}goroutines/deeper/x`)
    t.equal((await ask(below, pathname)).statusCode, 200, `${link} on a page of a deeper path`)
  }
  t.match(unknown.body, `<a href="${base}goroutines">${base}goroutines</a>`, 'what was meant')
  for (const url of ['/', '/goroutines']) t.equal((await ask(below, url)).statusCode, 404, url)
})

/** A path that begins with a slash: in a string, in an attribute, or after a value that a template puts in. */
const absolute = /(?:['"`]|="|\}\})(\/[\w$?{#][^'"`\s]*)/g

/** Absolute URLs that may stand in sources: what of a line is allowed, where, and why. */
const allowed: readonly { readonly file: RegExp; readonly url: RegExp; readonly why: string }[] = [
  { file: /^views\/(layout|mmu)\.hbs$/, url: /^\/static\//, why: 'static files stay at the root' },
  { file: /^server\/web\/links\.ts$/, url: /^\/(static|speedscope)\//, why: 'they belong to no trace' },
  {
    file: /^server\/web\/plugins\/(views|speedscope)\.ts$/,
    url: /^\/(static|speedscope)\/|^\/favicon/,
    why: 'the same',
  },
  {
    file: /^server\/web\/routes\/\w+\.ts$/,
    url: /^\/[\w/.]+$|^\/\$\{profileName/,
    why: 'the router puts the base before',
  },
  {
    file: /^server\/web\/plugins\/openapi\.ts$/,
    url: /^\/openapi\.json$/,
    why: 'the router puts the base before',
  },
  { file: /^server\/web\/answers\.ts$/, url: /^\/[\w/]*$|^\/\$\{ProfilePage/, why: 'names of routes, in types' },
  {
    file: /^server\/web\/plugins\/token\.ts$/,
    url: /^\/\$\{path/,
    why: 'the address that was asked for, without a token',
  },
  { file: /^server\/web\/plugins\/validation\.ts$/, url: /^\/\$\{boundless/, why: 'a JSON pointer' },
  { file: /^server\/web\/view-models\/profile\.ts$/, url: /^\/src\/$/, why: 'a folder of Go' },
]

t.test('no source holds another absolute URL', t => {
  const strange: string[] = []
  const used = new Set<object>()
  for (const folder of ['server/web', 'views']) {
    for (const name of readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|hbs)$/.test(name)) continue
      const file = `${folder}/${name.replaceAll('\\', '/')}`
      const text = readFileSync(join(projectFolder, file), 'utf8').replace(/^ *(\/?\*|\/\/).*$/gm, '')
      for (const [, url] of text.matchAll(absolute)) {
        const rule = allowed.find(({ file: where, url: which }) => where.test(file) && which.test(url))
        if (rule === undefined) strange.push(`${file}: ${url}`)
        else used.add(rule)
      }
    }
  }
  t.strictSame(strange, [])
  t.equal(used.size, allowed.length, 'no exception that nothing needs')
  t.end()
})
