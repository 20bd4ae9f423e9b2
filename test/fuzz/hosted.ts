/** What must hold of a trace with its threads: none dies, whatever is asked, and no answer is an internal error. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { CodedError } from '../../server/errors.js'
import { hostedApp } from '../helpers/serve-trace.js'
import { WAIT_BUDGET_MS } from './budget.js'

const urls = [
  '/',
  '/goroutines',
  '/open',
  '/usertasks',
  '/userregions',
  '/mmu?mode=plot&flags=perProc|stw|background|assist|sweep|mut',
  '/mmu?mode=details&window=1000&format=json',
  '/trace',
  '/jsontrace',
  '/jsontrace?view=thread',
  '/goroutine?goid=1',
  '/jsontrace?goid=1',
  '/sched?as=graph',
  '/regionblock',
  '/timeline/tracks?view=goroutine',
  '/timeline/range?from=0&to=1000000',
  '/timeline/tile?view=runtime&tracks=0-7&level=10&index=0',
  '/timeline/search?q=a',
]

export class HostedExaminer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'trace-serve-hosted-'))
  private readonly path = join(this.folder, 'mutant.trace')

  /** @param answered called after each answer */
  constructor(private readonly answered: () => void) {}

  close(): void {
    rmSync(this.folder, { recursive: true })
  }

  /** Throws a plain Error for a finding; a trace that is refused is none. */
  async check(bytes: Uint8Array): Promise<void> {
    writeFileSync(this.path, bytes)
    let hosted: ReturnType<typeof hostedApp>
    try {
      hosted = hostedApp(this.path)
    } catch (error) {
      if (error instanceof CodedError) return
      throw error
    }
    const { app, trace, close } = hosted
    try {
      let wasReady = false
      trace.onProgress(({ ready }) => {
        wasReady ||= ready
        if (wasReady && !ready) died = true
      })
      let died = false
      await Promise.race([Promise.all(urls.map(url => this.checkAnswer(app, url))), tooLong()])
      const { failed } = trace.progress()
      if (died || failed?.code === 'WORKER_DIED') throw new Error(`a thread died: ${failed?.message ?? 'once'}`)
    } finally {
      await close()
    }
  }

  private async checkAnswer(app: ReturnType<typeof hostedApp>['app'], url: string): Promise<void> {
    const { statusCode, body } = await app.inject({ url, headers: { host: 'localhost' } })
    this.answered()
    if (statusCode === 500) throw new Error(`${url}: ${statusCode} ${body.slice(0, 1000)}`)
  }
}

async function tooLong(): Promise<never> {
  await setTimeout(WAIT_BUDGET_MS, undefined, { ref: false })
  throw new Error('waits for an answer that does not come')
}
