/** `/`: facts, overview strip, a card for each analysis, profiles, generations. */

import type { GoroutinesAnswer } from '../../contract/goroutines.js'
import type { Progress } from '../../contract/trace.js'
import { formatDuration } from '../../shared/duration.js'
import { profileNames } from '../../shared/profile-names.js'
import type { HomeBody } from '../answers.js'
import { groupUrl, linkWith } from '../links.js'
import type { Page } from '../web.js'
import { oddLine, shownDiagnostics } from './diagnostics.js'
import type { Fact } from './facts.js'
import { bytesText, counted, countText, durationText, percentText, wallSpanText } from './format.js'
import { partialModel } from './layout.js'
import { densityView, overviewView } from './overview.js'
import { profileQuestions } from './profile-kinds.js'
import { readingModel } from './reading.js'

/** `groups`: the group that ran longest (and how many there are); null while the trace is read. */
export function homePage(home: HomeBody, groups: GoroutinesAnswer | null, progress: Progress): Page {
  return {
    template: 'home.hbs',
    title: '',
    nav: '',
    partial: home.partial,
    model: {
      name: home.file,
      about: aboutOf(home),
      facts: factsOf(home, groups),
      reading: home.ready
        ? null
        : { ...readingModel(progress), bytes: `${bytesText(progress.bytesRead)} of ${bytesText(progress.bytesTotal)}` },
      overview: home.ready ? overviewView(home) : null,
      density: home.ready ? null : densityView(home, progress.generationsRead),
      views: home.views.map(({ view, url }) => ({ view, url })),
      // All views are cut into the same windows.
      windows: home.views[0]?.ranges ?? [],
      spans: home.spans === null ? '' : counted(home.spans, 'span'),
      wakeups: home.wakeups === null ? '' : counted(home.wakeups, 'wake-up'),
      longest: longestOf(groups),
      tasks: home.tasks === null ? '' : `${counted(home.tasks, 'task')}, ${counted(home.logs ?? 0, 'log message')}`,
      regions: home.regions === null ? '' : counted(home.regions, 'region'),
      profiles: (home.profiles ?? []).map(({ kind, count, delayNs }) => ({
        title: profileNames[kind],
        asks: profileQuestions[kind],
        url: kind,
        download: linkWith(kind, { raw: 1 }),
        file: `${kind}.profile`,
        count,
        delayNs,
      })),
      generations: home.generations.slice(0, generationRows).map(generation => ({
        ...generation,
        read: generation.events !== null,
      })),
      moreGenerations: Math.max(0, home.generations.length - generationRows),
      diagnostics: shownDiagnostics(home.diagnostics),
      odd: oddLine(home.diagnostics),
      banner: home.partial === null ? null : partialModel(home.partial),
    },
  }
}

const generationRows = 500

function aboutOf(home: HomeBody): string {
  const parts = [`Format ${home.format}`, bytesText(home.sizeBytes)]
  const start = home.wallStart ?? home.startTime
  if (start !== null) parts.push(`recorded ${wallSpanText(start, home.wallEnd)}`)
  return parts.join(' · ')
}

function longestOf(groups: GoroutinesAnswer | null): object | null {
  const group = groups?.groups[0]
  if (group === undefined) return null
  return {
    name: group.name,
    url: groupUrl(group.name),
    execTimeNs: group.execTimeNs,
    goroutines: counted(group.count, 'goroutine'),
  }
}

/** Figures that still grow end in “…”; what is not known yet is “…” alone. */
function factsOf(home: HomeBody, groups: GoroutinesAnswer | null): Fact[] {
  const growing = home.ready ? '' : ' …'
  const count = (value: number | null): string => (value === null ? '…' : countText(value) + growing)
  const known = (value: number | null): string => (value === null ? '…' : countText(value))
  const duration = (ns: number | null): string => (ns === null ? '…' : durationText(ns))
  const { gc, stw } = home
  const read = home.generations.filter(generation => generation.events !== null).length
  const all = home.generations.length
  return [
    {
      label: 'Duration',
      value: duration(home.durationNs),
      exact: home.durationNs === null ? undefined : formatDuration(home.durationNs),
      note: home.durationNs === null ? '' : `${countText(home.durationNs)}ns`,
      help: 'time',
    },
    {
      label: 'Events',
      value: count(home.events),
      note: home.ready ? counted(all, 'generation') : `${read} of ${counted(all, 'generation')}`,
      help: 'event',
    },
    {
      label: 'Goroutines',
      value: count(home.goroutines),
      note: groups === null ? 'so far' : counted(groups.total, 'start function'),
      help: 'goroutine',
    },
    {
      label: 'Procs · threads',
      value: `${known(home.procs)} · ${known(home.threads)}`,
      note: home.busyShare === null ? '' : `procs busy ${percentText(home.busyShare, home.busyShare < 0.1 ? 1 : 0)}`,
      help: 'proc',
    },
    {
      label: 'GC workers',
      value: gc === null ? '…' : percentText(gc.workerShare),
      note: gc === null ? '' : `${counted(gc.cycles, 'cycle')}${assists(gc.assistNs)}`,
      help: 'gc',
    },
    {
      label: 'Stopped (STW)',
      value: duration(stw?.totalNs ?? null),
      exact: stw === null ? undefined : formatDuration(stw.totalNs),
      note:
        stw === null ? '' : stw.count === 0 ? 'never' : `${counted(stw.count, 'stop')}, max ${durationText(stw.maxNs)}`,
      help: 'stw',
    },
    {
      label: 'Tasks · regions',
      value: `${count(home.tasks)} · ${count(home.regions)}`,
      note: home.logs === null ? '' : counted(home.logs, 'log message'),
      help: 'task',
    },
    {
      label: 'CPU samples',
      value: count(home.cpuSamples),
      note: home.cpuSamples === 0 ? (home.ready ? 'profiler was off' : 'so far') : '',
      help: 'cpu-sample',
    },
  ]
}

function assists(ns: number): string {
  return ns === 0 ? '' : ` · assists ${durationText(ns)}`
}
