import { scaleLog } from "d3-scale";
import { limitsFor } from "../../roofline.ts";
import { digits, percent } from "../format.ts";
import type { Layer, Limits, ModelProfile, Report } from "../report.ts";
import { html, type Markup } from "./markup.ts";

const width = 1000;
const height = 470;
const margin = { left: 62, right: 120, top: 14, bottom: 46 };
const memoryColours = ["#c8d0d8", "#b1bac4", "#99a4af", "#77828e"];
const tickLabels = [0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000];

interface Point {
  readonly layer: Layer;
  readonly model: string;
  readonly intensity: number;
  readonly gflops: number;
}

interface Axes {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
}

const kinds: readonly (readonly [string, string, (layer: Layer) => boolean])[] = [
  ["depthwise convolution", "#d9822b", ({ kernel }) => kernel.includes("depthwise")],
  ["other convolution", "#0b6bcb", ({ op }) => op.startsWith("conv")],
  ["matrix product", "#7a4fbf", ({ op }) => op === "matMul"],
  ["everything else", "#4f9a6b", () => true],
];

const kindOf = (layer: Layer) => kinds.find(([, , has]) => has(layer))!;

function pointsOf({ model, layers }: ModelProfile): Point[] {
  return layers
    .filter(({ flops, bytes, ms }) => flops > 0 && bytes > 0 && ms > 0)
    .map((layer) => ({
      ...{ layer, model },
      intensity: layer.flops / layer.bytes,
      gflops: layer.flops / (layer.ms * 1e6),
    }));
}

function axesOf(points: readonly Point[], limits: Limits): Axes {
  const intensities = points.map(({ intensity }) => intensity);
  const speeds = points.map(({ gflops }) => gflops);
  const xDomain = [Math.min(0.1, ...intensities), Math.max(300, ...intensities) * 1.3] as const;
  const yDomain = [
    Math.max(0.05, Math.min(limits.gflopsPerSecond / 50, ...speeds) * 0.8),
    Math.max(limits.gflopsPerSecond, ...speeds) * 1.5,
  ] as const;
  const x = scaleLog()
    .domain(xDomain)
    .range([margin.left, width - margin.right]);
  const y = scaleLog()
    .domain(yDomain)
    .range([height - margin.bottom, margin.top]);
  return { x: (value) => x(value), y: (value) => y(value), xDomain, yDomain };
}

function grid({ x, y, xDomain, yDomain }: Axes): Markup {
  const within = ([low, high]: readonly [number, number]) =>
    tickLabels.filter((tick) => tick >= low && tick <= high);
  const columns = within(xDomain).map(
    (tick) =>
      html`<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${margin.top}" y2="${height - margin.bottom}"/><text class="tick" x="${x(tick)}" y="${height - margin.bottom + 16}" text-anchor="middle">${String(tick)}</text>`,
  );
  const rows = within(yDomain).map(
    (tick) =>
      html`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick" x="${margin.left - 8}" y="${y(tick) + 4}" text-anchor="end">${String(tick)}</text>`,
  );
  const middle = (margin.left + width - margin.right) / 2;
  return html`${columns}${rows}<text class="tick" x="${middle}" y="${height - 8}" text-anchor="middle">arithmetic intensity: operations for each byte of inputs, weights and outputs</text><text class="tick" transform="translate(14 ${height / 2}) rotate(-90)" text-anchor="middle">GFLOP/s</text>`;
}

function roofs({ x, y, xDomain, yDomain }: Axes, { gflopsPerSecond, bandwidths }: Limits): Markup {
  const right = width - margin.right;
  const slopes = bandwidths.map(({ level, gigabytesPerSecond }, i) => {
    const start = Math.max(xDomain[0], yDomain[0] / gigabytesPerSecond);
    const ridge = gflopsPerSecond / gigabytesPerSecond;
    const label = `${level} ${digits(gigabytesPerSecond)} GB/s`;
    const at = start * (ridge / start) ** (0.72 - 0.17 * i);
    const below = level === "L3" ? 12 : -4;
    const [labelX, labelY] = [x(at), y(at * gigabytesPerSecond)];
    const angle =
      (Math.atan2(y(ridge * gigabytesPerSecond) - y(start * gigabytesPerSecond), x(ridge) - x(start)) * 180) /
      Math.PI;
    return html`<line stroke="${memoryColours[i % memoryColours.length]!}" stroke-width="1.5" x1="${x(start)}" y1="${y(start * gigabytesPerSecond)}" x2="${x(ridge)}" y2="${y(gflopsPerSecond)}"/><text class="roof" transform="translate(${labelX} ${labelY + below}) rotate(${angle})">${label}</text>`;
  });
  const first = gflopsPerSecond / Math.max(...bandwidths.map(({ gigabytesPerSecond }) => gigabytesPerSecond));
  return html`${slopes}<line class="peak" x1="${x(Math.max(first, xDomain[0]))}" x2="${right}" y1="${y(gflopsPerSecond)}" y2="${y(gflopsPerSecond)}"/><text class="roof" x="${right + 6}" y="${y(gflopsPerSecond) + 4}">${`FMA ${digits(gflopsPerSecond)} GFLOP/s`}</text>`;
}

/** Every layer of every model against what the machine allows at its intensity; areas go with time. */
export function rooflineChart(report: Report, threads: number): Markup {
  const profiles = report.profiles.filter((profile) => profile.threads === threads);
  const limits = limitsFor(report.machine, threads);
  const points = profiles.flatMap(pointsOf);
  const axes = axesOf(points, limits);
  const wallOf = new Map(profiles.map(({ model, wallMs }) => [model, wallMs]));
  const dots = [...points]
    .sort((a, b) => b.layer.ms - a.layer.ms)
    .map(({ layer, model, intensity, gflops }) => {
      const share = layer.ms / wallOf.get(model)!;
      return html`<circle cx="${axes.x(intensity)}" cy="${axes.y(gflops)}" r="${Math.max(1.5, 18 * Math.sqrt(share))}" fill="${kindOf(layer)[1]}" fill-opacity="0.45"><title>${`${model}: ${layer.node}\n${layer.kernel} ${layer.shapes}\n${digits(layer.ms)} ms, ${percent(100 * share)} % of the model, ${digits(gflops)} GFLOP/s at ${digits(intensity)} per byte`}</title></circle>`;
    });
  const keys = kinds.map(([name, colour]) => html`<li><i style="background:${colour}"></i>${name}</li>`);
  return html`<ul class="legend">${keys}</ul><svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="Roofline">${grid(axes)}${roofs(axes, limits)}${dots}</svg>`;
}
