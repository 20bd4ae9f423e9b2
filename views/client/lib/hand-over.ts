/**
 * Gives trace-event JSON to ui.perfetto.dev: opens it in a window, asks PING there until it answers PONG, and posts the
 * bytes. The page must be served with the opener policy `same-origin-allow-popups`; without it the two windows could
 * not talk.
 */
import { failureOf } from './failure.js'

const origin = 'https://ui.perfetto.dev'
const pingMs = 100
/** From when there is something to hand over. */
const patienceMs = 20_000
/** Progress is said so often. */
const sayMs = 500

export interface HandOver {
  readonly jsonUrl: string
  /** How Perfetto names the trace, and the file that can be saved there. */
  readonly title: string
  readonly fileName: string
  /** More bytes than this are not read. */
  readonly mostBytes: number
}

export class HandOverError extends Error {}

export class TooLargeError extends HandOverError {}

/**
 * Must be called by a click, else the browser opens no window. `say` is told how far it is. Rejects with a
 * HandOverError.
 */
export async function handOver(what: HandOver, say: (text: string) => void): Promise<void> {
  if (!navigator.onLine) throw new HandOverError('There is no network, and Perfetto’s page comes from the internet.')
  const opened = window.open(origin)
  if (opened === null) throw new HandOverError('The browser opened no tab. Allow pop-ups for this page.')
  const gone = new AbortController()
  const isReady = answersPing(opened, gone)
  // Reading may fail first, and then nobody waits for it any more.
  isReady.catch(() => {})
  try {
    const buffer = await readBytes(what, say, gone.signal)
    say(`${megabytes(buffer.byteLength)} are read; waiting for Perfetto.`)
    const timer = setTimeout(() => gone.abort(new HandOverError('ui.perfetto.dev did not answer.')), patienceMs)
    await isReady
    clearTimeout(timer)
    const { title, fileName } = what
    say(`Handed over: ${megabytes(buffer.byteLength)}.`)
    opened.postMessage({ perfetto: { buffer, title, fileName, downloadable: true } }, origin, [buffer])
  } catch (error) {
    gone.abort()
    opened.close()
    throw error
  }
}

/**
 * Resolves with the first PONG of the window; rejects when `gone` is aborted, which it does itself when the window is
 * closed.
 */
function answersPing(opened: Window, gone: AbortController): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      if (opened.closed) gone.abort(new HandOverError('The tab of Perfetto was closed.'))
      else opened.postMessage('PING', origin)
    }, pingMs)
    const answered = (event: MessageEvent) => {
      if (event.source !== opened || event.origin !== origin || event.data !== 'PONG') return
      end()
      resolve()
    }
    const end = () => {
      clearInterval(timer)
      removeEventListener('message', answered)
    }
    addEventListener('message', answered)
    gone.signal.addEventListener('abort', () => {
      end()
      reject(gone.signal.reason)
    })
  })
}

async function readBytes(
  { jsonUrl, mostBytes }: HandOver,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const response = await fetch(jsonUrl, { signal })
  if (!response.ok) throw new HandOverError(await failureOf(response))
  const reader = response.body!.getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  let said = Number.NEGATIVE_INFINITY
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value)
    size += next.value.length
    if (size > mostBytes) {
      void reader.cancel()
      throw new TooLargeError(`This is more than was to be expected, over ${megabytes(mostBytes)}.`)
    }
    if (performance.now() - said < sayMs) continue
    said = performance.now()
    say(`Reading: ${megabytes(size)} so far.`)
  }
  return new Blob(parts).arrayBuffer()
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
