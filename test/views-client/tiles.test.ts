/** Tiles and other answers on their way: what is asked for, given up, asked for again and forgotten. */
import t from 'tap'
import { encodeTile, TILE_COLUMNS, type Tile } from '../../server/shared/tile.js'
import { clientModule } from '../helpers/client-module.js'

interface Trouble {
  readonly text: string
  readonly due: number | null
  readonly isOver: boolean
}

interface Connection {
  beginFrame(): void
  readonly isOut: boolean
  mayAsk(key: string): boolean
  ask<A>(key: string | null, path: string, read: (bytes: Uint8Array) => A): Promise<A>
  trouble(): Trouble | null
  retry(): void
}

interface Store {
  beginFrame(): void
  tilesFor(view: string, track: number, level: number, from: number, to: number): Tile[]
  gaps(view: string, track: number, level: number, from: number, to: number): Record<'missing' | 'coarse', number[][]>
  endFrame(): void
  readonly isIdle: boolean
  readonly share: { wanted: number; here: number }
}

const { Connection } = await clientModule<{
  Connection: new (changed: () => void, options: object) => Connection
}>('timeline/data/connection')
const { TileStore, timeTiles } = await clientModule<{
  timeTiles: object
  TileStore: {
    new (endNs: number, form: object, connection: Connection, arrived: () => void, mostBytes?: number): Store
    levelOf(nsPerPx: number): number
    range(level: number, from: number, to: number): [number, number]
  }
}>('timeline/data/tile-store')

/** A server that answers when the test says so, and a clock that stands still. */
class Server {
  now = 0
  readonly asked: string[] = []
  readonly aborted: string[] = []
  private readonly waiting = new Map<
    string,
    { resolve: (response: Response) => void; reject: (error: Error) => void }
  >()
  readonly connection = new Connection(() => {}, {
    now: () => this.now,
    fetch: (path: string, { signal }: RequestInit) => {
      this.asked.push(path)
      return new Promise((resolve, reject) => {
        this.waiting.set(path, { resolve, reject })
        signal?.addEventListener('abort', () => {
          this.aborted.push(path)
          reject(new DOMException('', 'AbortError'))
        })
      })
    },
  })

  answer(path: string, body: string | Uint8Array<ArrayBuffer> | ReadableStream, init?: ResponseInit): Promise<void> {
    this.waiting.get(path)!.resolve(new Response(body, init))
    return settled()
  }

  breakOff(path: string): Promise<void> {
    this.waiting.get(path)!.reject(new TypeError('Failed to fetch'))
    return settled()
  }

  timesAsked(path: string): number {
    return this.asked.filter(asked => asked === path).length
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise(resolve => setImmediate(resolve))
}

const pathOf = (level: number, index: number) =>
  `timeline/tile?view=goroutine&tracks=32-63&level=${level}&index=${index}`
const emptyTile = (level: number, index: number) =>
  encodeTile({ level, index, firstTrack: 32, tracks: [], texts: ['x'.repeat(1000)] })
/** A frame asks at once, or when the pause after the last one is over. */
const pause = () => new Promise(resolve => setTimeout(resolve, 100))

/** Draws a frame: the tiles that it shows. */
async function frame(store: Store, server: Server, level: number, from: number, to: number): Promise<number[][]> {
  await pause()
  server.connection.beginFrame()
  store.beginFrame()
  const tiles = store.tilesFor('goroutine', 40, level, from, to)
  store.endFrame()
  return tiles.map(tile => [tile.level, tile.index])
}

t.test('a frame shows what is here, and others stand in', async t => {
  t.same([0.01, 1, 1.9, 2, 1000].map(TileStore.levelOf), [0, 0, 0, 1, 9])
  t.same(TileStore.range(0, 0, 512), [0, 0])
  t.same(TileStore.range(0, 511.5, 513), [0, 1])
  const server = new Server()
  const { asked, aborted } = server
  const store = new TileStore(512 * 1024, timeTiles, server.connection, () => {})
  const draw = (level: number, from: number, to: number) => frame(store, server, level, from, to)
  const gaps = (level: number, from: number, to: number) => store.gaps('goroutine', 40, level, from, to)

  t.same(await draw(10, 0, 512 * 1024), [])
  t.same(gaps(10, 0, 512 * 1024), { missing: [[0, 512 * 1024]], coarse: [] }, 'nothing is here')
  t.same(store.share, { wanted: 1, here: 0 })
  t.same(asked, [pathOf(10, 0)])
  await server.answer(pathOf(10, 0), emptyTile(10, 0))
  t.same(await draw(10, 0, 512 * 1024), [[10, 0]])
  t.same(gaps(10, 0, 512 * 1024), { missing: [], coarse: [] })
  t.same(await draw(9, 0, 512 * 1024), [[10, 0]], 'one coarser tile stands in for two')
  const half = 512 * 512
  t.same(gaps(9, 0, 512 * 1024).coarse, [[0, 2 * half]])
  t.same(asked.slice(1), [pathOf(9, 0), pathOf(9, 1)])
  await server.answer(pathOf(9, 1), emptyTile(9, 1))
  t.same(
    await draw(9, 0, 512 * 1024),
    [
      [10, 0],
      [9, 1],
    ],
    'the finer one in its place',
  )
  t.same(gaps(9, 0, 512 * 1024).coarse, [[0, half]])
  t.same(await draw(8, 0, 1000), [[10, 0]])
  t.same(aborted, [pathOf(9, 0)], 'what no frame needs is given up')
})

t.test('finer tiles stand in for a coarser one, and show where one is missing', async t => {
  const server = new Server()
  const store = new TileStore(512 * 1024, timeTiles, server.connection, () => {})
  await frame(store, server, 9, 0, 100)
  await server.answer(pathOf(9, 0), emptyTile(9, 0))
  t.same(await frame(store, server, 10, 0, 512 * 1024), [[9, 0]])
  t.same(store.gaps('goroutine', 40, 10, 0, 512 * 1024), { missing: [[512 * 512, 512 * 1024]], coarse: [] })
})

t.test('a server that does not answer is asked again after pauses that grow, at once when it answers', async t => {
  const server = new Server()
  const { connection } = server
  const store = new TileStore(512 * 1024, timeTiles, connection, () => {})
  const path = pathOf(8, 0)
  const draw = () => frame(store, server, 8, 0, 1000)
  await draw()
  await server.breakOff(path)
  t.same(connection.trouble(), { text: 'The server does not answer.', due: 1000, isOver: false })
  await draw()
  t.equal(server.timesAsked(path), 1, 'not before its time')
  t.ok(store.isIdle, 'nothing is on its way')
  const dues: number[] = []
  for (let failure = 2; failure <= 8; failure++) {
    server.now = connection.trouble()!.due!
    await draw()
    t.equal(server.timesAsked(path), failure)
    await server.breakOff(path)
    dues.push(connection.trouble()!.due! - server.now)
  }
  t.same(dues, [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])

  const other = connection.ask(null, 'timeline/span', bytes => bytes.length)
  t.ok(connection.isOut, 'no tile is asked for now')
  await server.answer('timeline/span', 'abc')
  t.equal(await other, 3)
  t.equal(connection.trouble(), null, 'it answers again')
  await draw()
  t.equal(server.timesAsked(path), 9, 'so the tile is asked for at once')
  await server.answer(path, emptyTile(8, 0))
  t.same(await draw(), [[8, 0]])

  const late = t.rejects(
    connection.ask(null, 'timeline/range', bytes => bytes.length),
    { message: 'The server does not answer.' },
  )
  await server.breakOff('timeline/range')
  await late
  t.equal(connection.trouble()!.due! - server.now, 1000, 'the pauses begin anew')
  connection.retry()
  t.notOk(connection.isOut, 'by hand, or when the computer is online again')
})

t.test('an answer that breaks off half-way is none', async t => {
  const server = new Server()
  const asked = server.connection.ask('a', 'timeline/span', bytes => bytes.length)
  const broken = new ReadableStream({
    start: controller => {
      controller.enqueue(new Uint8Array(3))
      controller.error(new TypeError('network error'))
    },
  })
  void server.answer('timeline/span', broken)
  await t.rejects(asked, { message: 'The server does not answer.' })
  server.connection.retry()
})

t.test('what the server refuses is asked for again by itself, or not at all', async t => {
  const server = new Server()
  const { connection } = server
  const store = new TileStore(512 * 1024, timeTiles, connection, () => {})
  const draw = () => frame(store, server, 8, 0, 1000)
  const path = pathOf(8, 0)
  await draw()
  await server.answer(path, '{"message":"Too many questions."}', { status: 503 })
  t.same(connection.trouble(), { text: 'Part of this is missing: Too many questions.', due: 1000, isOver: false })
  t.notOk(connection.isOut, 'others may ask')
  const other = connection.ask('other', 'other', bytes => bytes)
  await server.answer('other', 'x')
  await other
  await draw()
  t.equal(server.timesAsked(path), 1, 'an answer to another question says nothing of this one')
  server.now = 1000
  await draw()
  t.equal(server.timesAsked(path), 2)
  await server.answer(path, '{"message":"There is no track 32."}', { status: 404 })
  server.now = 1e9
  await draw()
  t.equal(server.timesAsked(path), 2, 'no is no')
  t.match(connection.trouble(), { due: null, isOver: false })
  await frame(store, server, 8, 300_000, 301_000)
  t.equal(connection.trouble(), null, 'a frame that does not need it does not tell of it')
  await draw()
  connection.retry()
  await draw()
  t.equal(server.timesAsked(path), 3, 'but by hand')
})

t.test('another file behind the server ends it', async t => {
  const server = new Server()
  const { connection } = server
  const ask = (file: string, init: ResponseInit = {}) => {
    const asked = connection.ask(file, 'timeline/span', bytes => bytes.length)
    void server.answer('timeline/span', '{"message":"It changed."}', { headers: { 'trace-file': file }, ...init })
    return asked
  }
  t.equal(await ask('a'), 25)
  await t.rejects(ask('b'), { message: /^The server shows another file/ })
  t.match(connection.trouble(), { text: /^The server shows another file/, due: null, isOver: true })
  t.notOk(connection.mayAsk('a'))
  const second = new Server().connection
  t.ok(second.mayAsk('a'))
  const changed = new Server()
  const asked = changed.connection.ask('a', 'timeline/span', bytes => bytes)
  void changed.answer('timeline/span', '{"message":"It changed."}', { status: 409 })
  await t.rejects(asked)
  t.match(changed.connection.trouble(), { text: 'It changed.', isOver: true }, 'or the file under it')
})

t.test('tiles take no more memory than they may', async t => {
  const server = new Server()
  // Each takes somewhat over 2,000 bytes.
  const store = new TileStore(TILE_COLUMNS * 100, timeTiles, server.connection, () => {}, 10_000)
  const visit = async (index: number) => {
    await frame(store, server, 0, index * TILE_COLUMNS, (index + 1) * TILE_COLUMNS)
    const path = pathOf(0, index)
    if (server.timesAsked(path) > 0) await server.answer(path, emptyTile(0, index))
  }
  for (let index = 0; index < 6; index++) await visit(index)
  await visit(2)
  for (let index = 6; index < 8; index++) await visit(index)
  const isHere = (index: number) =>
    store.gaps('goroutine', 40, 0, index * TILE_COLUMNS, (index + 1) * TILE_COLUMNS).missing.length === 0
  t.same(
    Array.from({ length: 8 }, (_, index) => index).filter(isHere),
    [2, 5, 6, 7],
    'those that were looked at last stay',
  )
})
