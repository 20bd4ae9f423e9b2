/**
 * Asks the original everything that a golden holds. `npm run record` writes it down; tests may ask live instead.
 *
 * `go tool trace` answers where its answers are determined; the patched one (patches.ts) answers for v1 traces, whose
 * order is random otherwise, and where we differ on purpose.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Form,
  goroutineGroupForm,
  goroutinesForm,
  hashForm,
  profileForm,
  regionsForm,
  regionTypesForm,
  tasksForm,
  taskTypesForm,
  type ViewerShape,
  viewerEventsForm,
  viewerMetadataForm,
} from '../helpers/canonical.js'
import type { Fixture } from '../helpers/fixtures.js'
import { type DumpFacts, dumpFacts, OriginalServer, runTool } from '../helpers/go.js'
import type { Golden, GoldenAnswer, GoldenCurve, GoldenDump } from '../helpers/golden.js'
import { readGoroutineGroup, readGoroutines, readRegions, readRegionTypes, readTasks, readTaskTypes } from './pages.js'
import { decodeProfile } from './profile.js'
import { usablePart } from './usable.js'

const profileKinds = ['io', 'block', 'syscall', 'sched']
const pprofNames: Record<string, string> = { io: 'net', block: 'sync', syscall: 'syscall', sched: 'sched' }

/** Flag sets whose curves are kept. Quantiles (`mut`) are not: the original's are wrong (difference 2). */
const flagSets = ['', 'stw', 'assist|sweep', 'stw|background|assist', 'perProc|stw|background|assist|sweep']

/** Forms up to this size, in characters, stand whole in the golden. */
const WHOLE = 800

export interface AskOptions {
  /** Keeps the forms of all answers, for comparing live. */
  readonly keepForms?: boolean
  /** Asks only what these paths need; everything when left out. */
  readonly paths?: readonly string[]
}

/**
 * Every answer about a fixture. Where the original gives up, the reference tells how far the pages go: it goes on
 * behind what ordering does not need.
 */
export async function originalAnswers(fixture: Fixture, options: AskOptions = {}): Promise<Golden> {
  const recorder = new Recorder(options)
  const v1 = fixture.format === 'v1'
  const parsed = await dumpFacts(v1 ? 'sorted' : 'trace', 'parsed', fixture.path)
  const dumps = {
    parsed: goldenDump(parsed),
    wire: goldenDump(await dumpFacts('trace', 'wire', fixture.path)),
    footprint: goldenDump(await dumpFacts('trace', 'footprint', fixture.path)),
  }
  const served = parsed.exit === 0 ? parsed : await dumpFacts('reference', 'parsed', fixture.path)
  const usable = usablePart(readFileSync(fixture.path), served.syncs, served.exit)
  if (usable !== null) await recorder.askAll(fixture, usable.bytes, v1 || served !== parsed)
  const { answers, curves, worst } = recorder
  return { name: fixture.name, bytes: fixture.bytes, dumps, usable, answers, curves, worst }
}

function goldenDump({ exit, sha256, bytes, stderr }: DumpFacts): GoldenDump {
  return { exit, sha256, bytes, error: stderr.split('\n')[0] }
}

class Recorder {
  readonly answers: Record<string, GoldenAnswer> = {}
  readonly curves: Record<string, GoldenCurve | null> = {}
  readonly worst: Record<string, [number, number][]> = {}

  constructor(private readonly options: AskOptions) {}

  answer(form: Form): GoldenAnswer {
    const whole = this.options.keepForms || form.reduce((sum, line) => sum + line.length + 6, 0) <= WHOLE
    return { hash: hashForm(form), lines: form.length, ...(whole && { form }) }
  }

  /**
   * Asks the servers about the first `bytes` of the file; the reference alone about those that the original does not
   * read, or never twice alike.
   */
  async askAll(fixture: Fixture, bytes: number, byReference: boolean): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'trace-serve-record-'))
    let path = fixture.path
    if (bytes < fixture.bytes) {
      path = join(folder, 'cut.trace')
      writeFileSync(path, readFileSync(fixture.path).subarray(0, bytes))
    }
    try {
      const goroutines = await withServer(byReference ? 'reference' : 'trace', path, async original => {
        await this.askProfiles(original, path, byReference)
        return this.askGoroutines(original)
      })
      if (!this.wants('/usertask', '/userregion', '/mmu', '/jsontrace')) return
      await withServer('reference', path, async reference => {
        if (this.wants('/usertask')) await this.askTasks(reference)
        if (this.wants('/userregion')) await this.askRegions(reference)
        if (this.wants('/mmu')) await this.askUtilization(reference)
        if (this.wants('/jsontrace')) await this.askViewer(reference, goroutines)
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  private wants(...paths: string[]): boolean {
    return this.options.paths === undefined || this.options.paths.some(path => paths.includes(path))
  }

  /** Gives the goroutines of the trace by time, longest first. */
  private async askGoroutines(server: OriginalServer): Promise<string[]> {
    const groups = readGoroutines(await page(server, '/goroutines'))
    this.keep('/goroutines', goroutinesForm(groups))
    const goroutines: { id: string; time: number }[] = []
    for (const { name } of groups.groups) {
      const question = withParams('/goroutine', { name })
      const group = readGoroutineGroup(await page(server, question))
      this.keep(question, goroutineGroupForm(group))
      goroutines.push(...group.goroutines.map(row => ({ id: String(row.id), time: row.totalTimeNs })))
    }
    for (const { name } of busiest(groups.groups)) {
      for (const kind of profileKinds) await this.askProfile(server, withParams(`/${kind}`, { name }))
    }
    return goroutines.sort((a, b) => b.time - a.time || Number(a.id) - Number(b.id)).map(({ id }) => id)
  }

  private async askProfiles(server: OriginalServer, path: string, byReference: boolean): Promise<void> {
    for (const kind of profileKinds) {
      const form = await this.askProfile(server, `/${kind}`)
      const printed = runTool(byReference ? 'reference' : 'trace', [`-pprof=${pprofNames[kind]}`, path])
      const printedForm = printed.exit === 0 ? profileForm(decodeProfile(printed.stdout)) : null
      if (form?.join() !== printedForm?.join()) throw new Error(`-pprof=${pprofNames[kind]} is not what /${kind} gives`)
    }
  }

  /** A profile, without the parameter `raw` that asks for it; null when the original refuses. */
  private async askProfile(server: OriginalServer, question: string): Promise<Form | null> {
    const { status, body } = await server.get(question + (question.includes('?') ? '&raw=1' : '?raw=1'))
    if (status !== 200) return null
    const form = profileForm(decodeProfile(body))
    this.keep(question, form)
    return form
  }

  private async askTasks(server: OriginalServer): Promise<void> {
    const types = readTaskTypes(await page(server, '/usertasks'))
    this.keep('/usertasks', taskTypesForm(types))
    if (types.types.length === 0) return
    const questions = types.types.map(({ param }) => `/usertask?type=${param}`)
    const { param, histogram } = types.types.at(-1)!
    const middle = duration(histogram)
    questions.push(withParams('/usertask', { complete: '1' }), withParams('/usertask', { complete: '0' }))
    questions.push(`/usertask?type=${param}&latmin=${middle}`, withParams('/usertask', { latmax: middle }))
    questions.push(withParams('/usertask', { logtext: 'a' }))
    for (const question of questions) this.keep(question, tasksForm(readTasks(await page(server, question))))
  }

  private async askRegions(server: OriginalServer): Promise<void> {
    const types = readRegionTypes(await page(server, '/userregions'))
    this.keep('/userregions', regionTypesForm(types))
    if (types.regions.length === 0) return
    const questions: string[] = ['/userregion']
    for (const { param, pc } of types.regions) questions.push(`/userregion?type=${param}&pc=${pc}`)
    const { param, histogram } = types.regions.at(-1)!
    const middle = duration(histogram)
    questions.push(`/userregion?type=${param}&latmin=${middle}`, withParams('/userregion', { latmax: middle }))
    for (const question of questions) {
      this.keep(question, regionsForm(readRegions(await page(server, question))))
    }
    const first = types.regions.find(({ pc }) => pc !== '0')
    const filters = ['', `?latmin=${middle}`, `?type=${param}`]
    if (first !== undefined) filters.push(`?type=${first.param}&pc=${first.pc}`)
    for (const filter of filters) {
      for (const kind of profileKinds) await this.askProfile(server, `/region${kind}${filter}`)
    }
  }

  private async askUtilization(server: OriginalServer): Promise<void> {
    for (const flags of flagSets) {
      const question = withParams('/mmu', { mode: 'plot', flags })
      const { status, body } = await server.get(question)
      if (status !== 200) {
        this.curves[question] = null
        continue
      }
      const { xMin, xMax, curve } = JSON.parse(body.toString()) as { xMin: number; xMax: number; curve: number[][] }
      const utilization = curve.filter((_, i) => i % 3 === 0).map(([, mu]) => Math.round(mu * 1e9) / 1e9)
      this.curves[question] = { xMin, xMax, utilization }
      if (!flags.includes('background') || xMax < 1e4) continue
      const details = withParams('/mmu', {
        mode: 'details',
        window: String(10 ** Math.floor(Math.log10(xMax) - 1)),
        flags,
      })
      const worst = JSON.parse(await page(server, details)) as { Time: number; MutatorUtil: number }[] | null
      this.worst[details] = (worst ?? []).map(({ Time, MutatorUtil }) => [Time, MutatorUtil])
    }
  }

  private async askViewer(server: OriginalServer, goroutines: readonly string[]): Promise<void> {
    const questions = ['/jsontrace?view=proc', '/jsontrace?view=thread']
    const chosen = new Set([goroutines[0], goroutines[goroutines.length >> 1]].filter(id => id !== undefined))
    for (const goid of chosen) questions.push(withParams('/jsontrace', { goid }))
    const { tasks } = readTasks(await page(server, '/usertask'))
    const byEvents = [...tasks].sort((a, b) => b.events.length - a.events.length || Number(a.id) - Number(b.id))
    const longest = [...tasks].sort((a, b) => b.durationNs - a.durationNs || Number(a.id) - Number(b.id))
    for (const task of new Set(
      [byEvents[0], longest[0]].filter(task => task !== undefined).map(({ id }) => String(id)),
    )) {
      questions.push(withParams('/jsontrace', { taskid: task }), withParams('/jsontrace', { focustask: task }))
    }
    questions.push('/jsontrace?view=proc&start=10&end=500')
    for (const question of questions) {
      const { body } = await server.get(question)
      if (body.length === 0) continue
      const answer = JSON.parse(body.toString()) as ViewerShape
      this.keep(question, viewerEventsForm(answer))
      if (!question.includes('start=')) this.keep(`${question}#metadata`, viewerMetadataForm(answer))
    }
  }

  private keep(question: string, form: Form): void {
    this.answers[question] = this.answer(form)
  }
}

/** The groups whose profiles are kept by name: the three that ran longest. */
function busiest(groups: readonly { name: string; execTimeNs: number }[]): { name: string }[] {
  const named = groups.filter(({ name }) => name !== '')
  named.sort((a, b) => b.execTimeNs - a.execTimeNs || (a.name < b.name ? -1 : 1))
  return named.slice(0, 3)
}

/** A limit that parts the durations of a histogram, as text. */
function duration(histogram: readonly { readonly minNs: number; readonly count: number }[]): string {
  return `${histogram[histogram.length >> 1]?.minNs ?? 1000}ns`
}

/** One server at a time: each keeps the whole trace in memory. */
async function withServer<T>(
  tool: 'trace' | 'reference',
  path: string,
  ask: (server: OriginalServer) => Promise<T>,
): Promise<T> {
  const server = await OriginalServer.start(tool, path)
  try {
    return await ask(server)
  } finally {
    await server.stop()
  }
}

async function page(server: OriginalServer, question: string): Promise<string> {
  const { status, body } = await server.get(question)
  if (status !== 200) throw new Error(`${question}: the original answers ${status} ${body}`)
  return body.toString()
}

export function withParams(path: string, params: Record<string, string>): string {
  const query = new URLSearchParams(params).toString()
  return query === '' ? path : `${path}?${query}`
}
