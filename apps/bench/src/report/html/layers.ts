import { scaleLinear } from "d3-scale";
import { limitsFor } from "../../roofline.ts";
import { digits, percent, threadsText } from "../format.ts";
import type { Layer, ModelProfile, Report } from "../report.ts";
import { html, type Markup } from "./markup.ts";

const width = 1000;
const height = 170;
const margin = { left: 44, right: 4, top: 8, bottom: 24 };
const listed = 12;

/** Kernels by their share of time: the first have colours of their own. */
const colourList = ["#0b6bcb", "#d9822b", "#7a4fbf", "#4f9a6b", "#c2477f", "#8a8f2a"];
const rest = "#9aa5b1";

function kernelShares(layers: readonly Layer[]): readonly (readonly [string, number])[] {
  const shares = new Map<string, number>();
  for (const { kernel, ms } of layers) shares.set(kernel, (shares.get(kernel) ?? 0) + ms);
  return [...shares].sort((a, b) => b[1] - a[1]);
}

/** As wide as its time, as high as its speed, so that its area is its arithmetic: what is missing above is lost. */
function skyline({ layers }: ModelProfile, peak: number, colourOf: (kernel: string) => string): Markup {
  const total = layers.reduce((sum, { ms }) => sum + ms, 0);
  const speeds = layers.map(({ flops, ms }) => (ms > 0 ? (100 * flops) / (ms * 1e6) / peak : 0));
  const x = scaleLinear()
    .domain([0, total])
    .range([margin.left, width - margin.right]);
  const y = scaleLinear()
    .domain([0, Math.max(105, ...speeds)])
    .range([height - margin.bottom, margin.top]);
  const floor = y(0);
  let at = 0;
  const blocks = layers.map((layer, i) => {
    const left = x(at);
    at += layer.ms;
    const upper = Math.min(floor - 2, y(speeds[i]!));
    return html`<rect x="${left}" y="${upper}" width="${Math.max(0.4, x(at) - left - 0.5)}" height="${floor - upper}" fill="${colourOf(layer.kernel)}"><title>${`${layer.node}\n${layer.kernel} ${layer.shapes}\n${digits(layer.ms)} ms, ${percent((100 * layer.ms) / total)} %, ${digits(speeds[i]!)} % of peak`}</title></rect>`;
  });
  const rows = y.ticks(4).map((tick) => {
    const kind = tick === 100 ? "peak" : "grid";
    return html`<line class="${kind}" x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick" x="${margin.left - 6}" y="${y(tick) + 4}" text-anchor="end">${`${tick}%`}</text>`;
  });
  const columns = x
    .ticks(8)
    .map(
      (tick) =>
        html`<text class="tick" x="${x(tick)}" y="${height - 8}" text-anchor="middle">${tick === 0 ? "0 ms" : String(tick)}</text>`,
    );
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="Speed of each layer over time">${rows}${columns}${blocks}</svg>`;
}

function slowest({ layers }: ModelProfile, peak: number): Markup {
  const total = layers.reduce((sum, { ms }) => sum + ms, 0);
  const rows = [...layers]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, listed)
    .map((layer) => {
      const speed = layer.ms > 0 ? layer.flops / (layer.ms * 1e6) : 0;
      return html`<tr><td>${layer.node}</td><td>${layer.kernel}</td><td class="shapes">${layer.shapes}</td><td class="n">${digits(layer.ms)}</td><td class="n">${percent((100 * layer.ms) / total)}</td><td class="n">${layer.flops > 0 ? digits(speed) : ""}</td><td class="n">${layer.flops > 0 ? percent((100 * speed) / peak) : ""}</td></tr>`;
    });
  return html`<table><thead><tr><th>layer</th><th>kernel</th><th>shapes</th><th class="n">ms</th><th class="n">% of time</th><th class="n">GFLOP/s</th><th class="n">% of peak</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function card(profile: ModelProfile, report: Report): Markup {
  const peak = limitsFor(report.machine, profile.threads).gflopsPerSecond;
  const shares = kernelShares(profile.layers);
  const total = shares.reduce((sum, [, ms]) => sum + ms, 0);
  const rank = new Map(shares.map(([kernel], i) => [kernel, i]));
  const colourOf = (kernel: string): string => colourList[rank.get(kernel)!] ?? rest;
  const keys = shares
    .slice(0, colourList.length)
    .map(
      ([kernel, ms]) =>
        html`<li><i style="background:${colourOf(kernel)}"></i>${`${kernel} ${percent((100 * ms) / total)} %`}</li>`,
    );
  const others =
    shares.length > colourList.length ? html`<li><i style="background:${rest}"></i>others</li>` : html``;
  const about = `${profile.layers.length} nodes, ${digits(total)} ms in them, ${digits(profile.wallMs)} ms by the clock`;
  return html`<article><h3>${profile.model} <small>${about}</small></h3><ul class="legend">${keys}${others}</ul>${skyline(profile, peak, colourOf)}<details><summary>the ${Math.min(listed, profile.layers.length)} slowest layers</summary>${slowest(profile, peak)}</details></article>`;
}

/** For the first thread count. */
export function layerCards(report: Report): Markup {
  const threads = report.profiles[0]?.threads;
  if (threads === undefined) return html``;
  const profiles = report.profiles.filter((profile) => profile.threads === threads);
  return html`<section id="layers"><h2>Where the time goes, layer by layer</h2><p>Coracle with ${threadsText(threads)}, in the order of execution. A block is as wide as its layer's time and as high as its speed in percent of the FMA peak, so the empty area above is what is lost. Winograd convolutions can pass 100 %: operations of the direct algorithm are counted.</p>${profiles.map((profile) => card(profile, report))}</section>`;
}
