/**
 * The MMU page's curve by uPlot, in place of the server's picture: a cursor by pointer and arrow keys, and the worst
 * windows of the length under it by click or Enter. The server makes the list; the page takes it over without being
 * loaded again.
 */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { durationText, roundDuration } from '../../server/shared/figures.js'
import { logTicks } from '../../server/shared/log-ticks.js'
import { colour } from './lib/colours.js'

interface PlotBody {
  /** Rows of window length (ns) and utilisations. */
  readonly curve: number[][]
  readonly quantiles: number[] | null
}

/** As the classes k0 to k3 of the server's picture. */
const strokes = [
  { token: 'ink', dash: [] },
  { token: 's-syscall', dash: [2, 3] },
  { token: 's-net', dash: [7, 3] },
  { token: 's-running', dash: [11, 3, 2, 3] },
]

class MmuChart {
  private readonly columns: uPlot.AlignedData
  private plot: uPlot
  private row: number

  constructor(
    private readonly host: HTMLElement,
    private readonly readout: HTMLElement | null,
    private readonly body: PlotBody,
    window: number,
  ) {
    const { curve } = body
    this.columns = curve[0].map((_value, column) => curve.map(row => row[column])) as uPlot.AlignedData
    this.row = nearest(curve, window)
    host.replaceChildren()
    host.tabIndex = 0
    host.setAttribute('role', 'img')
    host.setAttribute('aria-label', host.dataset.label ?? 'Minimum mutator utilization')
    this.plot = this.build()
    host.addEventListener('keydown', event => this.key(event))
    host.addEventListener('click', () => void this.showWorst())
    new ResizeObserver(() => this.resize()).observe(host)
    addEventListener('themechange', () => this.rebuild())
  }

  private build(): uPlot {
    const axis = {
      stroke: colour('ink-3'),
      font: this.font(),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
    }
    const series = this.columns.slice(1).map((_column, at) => {
      const { token, dash } = strokes[at]
      return { label: this.title(at), stroke: colour(token), dash, width: 2, points: { show: false } }
    })
    return new uPlot(
      {
        ...this.size(),
        scales: { x: { distr: 3, time: false, range: (_plot, low, high) => [low, high] }, y: { range: [0, 1] } },
        axes: [
          {
            ...axis,
            size: 28,
            splits: (_plot, _axis, low, high) => logTicks(low, high),
            filter: (_plot, splits) => splits,
            values: (_plot, splits) => splits.map(roundDuration),
          },
          {
            ...axis,
            size: 48,
            values: (_plot, splits) => splits.map(util => `${Math.round(util * 100)}%`),
            splits: () => [0, 0.25, 0.5, 0.75, 1],
          },
        ],
        // The minimum is drawn last, over the others.
        series: [{}, ...series.reverse()],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
        hooks: {
          setCursor: [plot => this.moved(plot.cursor.idx)],
          ready: [plot => this.placeCursor(plot)],
        },
      },
      [this.columns[0], ...this.columns.slice(1).reverse()] as uPlot.AlignedData,
      this.host,
    )
  }

  private font(): string {
    return `11px ${getComputedStyle(document.documentElement).getPropertyValue('--font')}`
  }

  private size(): { width: number; height: number } {
    const { paddingLeft, paddingRight } = getComputedStyle(this.host)
    const width = this.host.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)
    return { width: Math.max(width, 100), height: Math.min(326, Math.max(200, width * 0.45)) }
  }

  private resize(): void {
    this.plot.setSize(this.size())
    this.placeCursor(this.plot)
  }

  private rebuild(): void {
    this.plot.destroy()
    this.plot = this.build()
  }

  private title(at: number): string {
    const share = this.body.quantiles?.[at] ?? 0
    return share === 0 ? 'minimum' : `${Number((share * 100).toFixed(3))}%`
  }

  /** Pointer and keys both end here; when the pointer leaves, the last row stays. */
  private moved(row: number | null | undefined): void {
    if (row === null || row === undefined) return
    this.row = row
    const [window, ...utils] = this.body.curve[row]
    if (this.readout === null) return
    const others = utils.slice(1).map((util, at) => `${this.title(at + 1)}: ${percent(util)}`)
    const percentiles = others.length === 0 ? '' : ` (${others.join(', ')})`
    this.readout.textContent = `${percent(utils[0])} in the worst ${durationText(window)}${percentiles}`
  }

  private placeCursor(plot: uPlot): void {
    const [window, util] = this.body.curve[this.row]
    plot.setCursor({ left: plot.valToPos(window, 'x'), top: plot.valToPos(util, 'y') })
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const last = this.body.curve.length - 1
    const rows: Record<string, number> = {
      ArrowRight: this.row + 1,
      ArrowLeft: this.row - 1,
      Home: 0,
      End: last,
    }
    if (event.key in rows) {
      this.row = Math.min(Math.max(rows[event.key], 0), last)
      this.placeCursor(this.plot)
    } else if (event.key === 'Enter') {
      void this.showWorst()
    } else {
      return
    }
    event.preventDefault()
  }

  private async showWorst(): Promise<void> {
    const url = new URL(location.href)
    url.searchParams.set('window', String(this.body.curve[this.row][0]))
    const response = await fetch(url, { headers: { accept: 'text/html' } })
    if (!response.ok) return
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const worst = page.getElementById('worst')
    if (worst === null) return
    document.getElementById('worst')?.replaceWith(document.adoptNode(worst))
    history.replaceState(null, '', url)
    // Other options are about the same window.
    form?.querySelector('[name=window]')?.setAttribute('value', url.searchParams.get('window') ?? '')
  }
}

function nearest(curve: readonly number[][], window: number): number {
  let best = 0
  for (let row = 1; row < curve.length; row++) {
    if (Math.abs(Math.log(curve[row][0] / window)) < Math.abs(Math.log(curve[best][0] / window))) best = row
  }
  return best
}

function percent(util: number): string {
  return `${(util * 100).toFixed(1)}%`
}

const form = document.getElementById('mmu-options') as HTMLFormElement | null
form?.addEventListener('change', () => form.requestSubmit())

async function draw(host: HTMLElement): Promise<void> {
  const response = await fetch(host.dataset.plot!)
  if (!response.ok) return
  const body = (await response.json()) as PlotBody
  new MmuChart(host, document.getElementById('mmu-readout'), body, Number(host.dataset.window))
  host.dataset.drawn = 'true'
}

const host = document.getElementById('mmu')
if (host !== null) void draw(host)
