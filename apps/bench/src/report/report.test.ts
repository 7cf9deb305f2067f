import { expect, test } from "vitest";
import { html } from "./html/markup.ts";
import { formatHtml } from "./html.ts";
import type { Limits, ModelRow, Report } from "./report.ts";
import { contests, disturbed, scalings, standings } from "./summary.ts";
import { formatReport } from "./table.ts";

const limitsOf = (threads: number): Limits => ({
  threads,
  gflopsPerSecond: 100 * threads,
  bandwidths: (["L1", "L2", "L3", "DRAM"] as const).map((level, i) => ({
    level,
    bytes: 1024 * 32 ** i,
    gigabytesPerSecond: (200 * threads) / 2 ** i,
  })),
});

function row(model: string, engine: string, threads: number, medianMs: number): ModelRow {
  const ownMs = model === "net_a" ? 10 / threads : 20 / threads;
  return {
    ...{ model, engine, threads, version: "1.0", rounds: 8 },
    time: { minMs: medianMs * 0.9, medianMs, p90Ms: medianMs * 1.1, numRuns: 40 },
    gflopsPerSecond: 900 / medianMs,
    ratio: medianMs / ownMs,
    ...{ difference: engine === "coracle" ? 0 : 1e-6, loadMs: 12, coldMs: 120, peakBytes: 2 ** 27 },
    foreignCores: model === "net_b" && threads === 2 ? 0.4 : 0.01,
  };
}

const layer = { op: "conv", kernel: "x86/conv-direct", shapes: "[1,3,8,8] -> [1,8,8,8]" };

const report: Report = {
  date: "2026-01-02T03:04:05Z",
  command: "bench --models all",
  machine: {
    ...{ processor: "A <fast> one", level: "avx512", processors: 2, memoryBytes: 2 ** 34, node: "v20" },
    limits: [limitsOf(1), limitsOf(2)],
  },
  leftOut: ['net_b: ncnn: it has "no" <layer> for it'],
  models: [
    ...[row("net_a", "coracle", 1, 10), row("net_a", "onnxruntime", 1, 20), row("net_a", "mnn", 1, 12.5)],
    ...[row("net_b", "coracle", 1, 20), row("net_b", "onnxruntime", 1, 16)],
    ...[row("net_a", "coracle", 2, 5), row("net_a", "onnxruntime", 2, 10)],
    ...[row("net_b", "coracle", 2, 10), row("net_b", "onnxruntime", 2, 40)],
  ],
  profiles: ["net_a", "net_b"].map((model) => ({
    ...{ model, threads: 1, wallMs: 10 },
    layers: [
      { ...layer, node: "stem & <first>", ms: 7, flops: 5e8, bytes: 4e6 },
      { ...layer, node: "view", op: "relu", kernel: "x86/relu", ms: 2.5, flops: 0, bytes: 4e6 },
    ],
  })),
  kernels: [
    { family: "gemm", name: "64x64", kernel: "x86/matmul", threads: 1, ms: 1, flops: 5e7, bytes: 3e4 },
    { family: "pool", name: "max", kernel: "x86/pool", threads: 1, ms: 1, flops: 0, bytes: 1e7 },
  ],
  ffi: [{ name: "runSync", threads: 1, microseconds: 4.3, p90Microseconds: 5 }],
};

test("the best peer of a model is the one with the least time", () => {
  const [first] = contests(report);
  expect(first?.best?.engine).toBe("mnn");
  expect(first?.own.time.medianMs).toBe(10);
});

test("standings are geometric means of our time over theirs", () => {
  const best = standings(report).filter(({ against }) => against === "the best peer");
  expect(best[0]).toMatchObject({ threads: 1, models: 2, worst: 1.25, worstModel: "net_b" });
  expect(best[0]?.geometricMean).toBeCloseTo(Math.sqrt(0.8 * 1.25));
  expect(best[1]?.geometricMean).toBeCloseTo(Math.sqrt(0.5 * 0.25));
  const mnn = standings(report).filter(({ against }) => against === "mnn");
  expect(mnn).toMatchObject([{ threads: 1, models: 1, worstModel: "net_a" }]);
});

test("scaling and disturbance are told by model", () => {
  expect(scalings(report)).toEqual([
    { model: "net_a", threads: 2, speedup: 2 },
    { model: "net_b", threads: 2, speedup: 2 },
  ]);
  expect(disturbed(report)).toEqual(["net_b, 2 threads"]);
});

test("the table has a row for each engine, percents of the right peak, and what was left out", () => {
  const text = formatReport(report);
  expect(text).toMatch(
    /net_a +│ coracle +│ +1 │ +8 │ +40 │ +9\.00 │ +10\.0 │ +11\.0 │ +90\.0 │ +90 │ +1\.00x/,
  );
  expect(text).toMatch(/net_a +│ coracle +│ +2 │ .* │ +180 │ +90 │/);
  expect(text).toContain('left out: net_b: ncnn: it has "no" <layer> for it');
  expect(text).toContain("disturbed by other processes: net_b, 2 threads");
});

test("an empty report still says what the machine is", () => {
  const empty: Report = { ...report, models: [], profiles: [], kernels: [], ffi: [], leftOut: [] };
  expect(formatReport(empty)).toContain("A <fast> one, 2 processors");
  expectBalanced(formatHtml(empty));
});

const voids = new Set(["meta", "!doctype"]);

/** Every element that opens closes in order, and no text holds a bare "<" or "&". */
function expectBalanced(page: string): void {
  const open: string[] = [];
  const withoutStyle = page.replace(/<style>.*?<\/style>/s, "");
  for (const [, slash, name, selfClosed] of withoutStyle.matchAll(/<(\/?)([!\w]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (voids.has(name!) || selfClosed) continue;
    if (slash) expect(open.pop()).toBe(name);
    else open.push(name!);
  }
  expect(open).toEqual([]);
  const texts = withoutStyle.replace(/<\/?[!\w][^<>]*>/g, "");
  expect(texts).not.toMatch(/<|&(?!amp;|lt;|gt;|quot;|#39;)/);
}

test("the page is whole, names every model and engine, and asks for no other file", () => {
  const page = formatHtml(report);
  expectBalanced(page);
  for (const name of ["net_a", "net_b", "coracle 1.0", "onnxruntime 1.0", "mnn 1.0", "Roofline"]) {
    expect(page).toContain(name);
  }
  expect(page.match(/<article>/g)).toHaveLength(2);
  expect(page.match(/<circle /g)).toHaveLength(2);
  expect(page).not.toMatch(/(?:src|href)=|url\(|@import|<script/);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test("what a page shows is escaped", () => {
  expect(html`<b title="${`"<&'`}">${"<i>"}</b>`.markup).toBe(
    '<b title="&quot;&lt;&amp;&#39;">&lt;i&gt;</b>',
  );
  expect(formatHtml(report)).toContain("stem &amp; &lt;first&gt;");
});
