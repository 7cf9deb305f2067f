import { scaleLinear } from "d3-scale";
import { percentOfPeak } from "../../roofline.ts";
import { digits, percent, threadsText } from "../format.ts";
import type { Report } from "../report.ts";
import { type Contest, contests } from "../summary.ts";
import { colours } from "./colours.ts";
import { html, type Markup } from "./markup.ts";

const labelWidth = 168;
const panelWidth = 440;
const valueWidth = 104;
const gap = 24;
const barHeight = 11;
const groupGap = 12;
const top = 44;

interface Panel {
  readonly threads: number;
  readonly left: number;
  readonly scale: (value: number) => number;
  readonly ticks: readonly number[];
}

function panelOf(report: Report, threads: number, index: number): Panel {
  const here = report.models.filter((row) => row.threads === threads);
  const most = Math.max(
    100,
    ...here.map((row) => percentOfPeak(row.gflopsPerSecond, report.machine, threads)),
  );
  const scale = scaleLinear()
    .domain([0, most])
    .range([0, panelWidth - valueWidth]);
  const left = labelWidth + index * (panelWidth + gap);
  return { threads, left, scale: (value) => scale(value), ticks: scale.ticks(5) };
}

function axis({ threads, left, scale, ticks }: Panel, height: number): Markup {
  const lines = ticks.map((tick) => {
    const x = left + scale(tick);
    const kind = tick === 100 ? "peak" : "grid";
    return html`<line class="${kind}" x1="${x}" x2="${x}" y1="${top - 6}" y2="${height}"/><text class="tick" x="${x}" y="${top - 10}" text-anchor="middle">${tick}${tick === 0 ? "" : "%"}</text>`;
  });
  return html`<text class="head" x="${left}" y="14">${threadsText(threads)}</text>${lines}`;
}

function groupBars(contest: Contest, y: number, panel: Panel, report: Report): Markup {
  const colourOf = colours(report.models);
  const engines = [...colourOf.keys()];
  const rows = [contest.own, ...contest.peers];
  const fastest = Math.min(...rows.map(({ time }) => time.medianMs));
  rows.sort((a, b) => engines.indexOf(a.engine) - engines.indexOf(b.engine));
  const bars = rows.map((row, i) => {
    const value = percentOfPeak(row.gflopsPerSecond, report.machine, row.threads);
    const [width, barY] = [panel.scale(value), y + i * barHeight];
    const weight = row.time.medianMs === fastest ? "best" : "value";
    return html`<rect x="${panel.left}" y="${barY}" width="${width}" height="${barHeight - 2}" fill="${colourOf.get(row.engine)!}"><title>${`${row.engine} ${row.version}, ${row.model}, ${threadsText(row.threads)}: ${digits(row.time.medianMs)} ms, ${percent(value)} % of peak, ${row.ratio.toFixed(2)}x coracle's time`}</title></rect><text class="${weight}" x="${panel.left + width + 5}" y="${barY + barHeight - 3}">${`${digits(row.time.medianMs)} ms`}</text>`;
  });
  return html`${bars}`;
}

/** Percent of the FMA peak for every model and engine, a panel for each thread count. */
export function modelBars(report: Report): Markup {
  const all = contests(report);
  const models = [...new Set(all.map(({ model }) => model))];
  const threads = [...new Set(all.map((contest) => contest.threads))];
  const panels = threads.map((count, i) => panelOf(report, count, i));
  let y = top;
  const groups: Markup[] = [];
  for (const model of models) {
    const contestsHere = all.filter((contest) => contest.model === model);
    const height = Math.max(...contestsHere.map(({ peers }) => peers.length + 1)) * barHeight;
    groups.push(html`<text class="label" x="0" y="${y + height / 2 + 4}">${model}</text>`);
    for (const contest of contestsHere) {
      groups.push(groupBars(contest, y, panels[threads.indexOf(contest.threads)]!, report));
    }
    y += height + groupGap;
  }
  const width = labelWidth + threads.length * (panelWidth + gap);
  const axes = panels.map((panel) => axis(panel, y - groupGap + 2));
  return html`<svg viewBox="0 0 ${width} ${y}" width="${width}" role="img" aria-label="Percent of the FMA peak by model and engine">${axes}${groups}</svg>`;
}

export function legend(report: Report): Markup {
  const versions = new Map(report.models.map(({ engine, version }) => [engine, version]));
  const items = [...colours(report.models)].map(
    ([engine, colour]) =>
      html`<li><i style="background:${colour}"></i>${`${engine} ${versions.get(engine) ?? ""}`}</li>`,
  );
  return html`<ul class="legend">${items}</ul>`;
}
