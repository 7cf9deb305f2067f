import { digits, threadsText } from "./format.ts";
import { legend, modelBars } from "./html/bars.ts";
import { kernelSection } from "./html/kernel-chart.ts";
import { layerCards } from "./html/layers.ts";
import { html, type Markup, none } from "./html/markup.ts";
import { rooflineChart } from "./html/roofline-chart.ts";
import { style } from "./html/style.ts";
import type { Report } from "./report.ts";
import { ownEngine } from "./report.ts";
import { contests, disturbed, foreignLimit, scalings, standings } from "./summary.ts";
import {
  ffiGrid,
  type Grid,
  limitsGrid,
  machineText,
  modelGrid,
  scalingGrid,
  standingGrid,
} from "./table.ts";

function table(
  { head, rows, words }: Grid,
  isOwn: (row: Grid["rows"][number]) => boolean = () => false,
): Markup {
  const kind = (i: number): string => (i < words ? "" : "n");
  const heads = head.map((text, i) => html`<th class="${kind(i)}">${text}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => html`<td class="${kind(i)}">${String(cell)}</td>`);
    return html`<tr class="${isOwn(row) ? "own" : ""}">${cells}</tr>`;
  });
  return html`<table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}

function tiles(report: Report): Markup {
  const best = standings(report).filter(({ against }) => against === "the best peer");
  const speeds = best.map(({ geometricMean, threads, models }) => {
    const kind = geometricMean > 1 ? "behind" : "";
    return html`<div class="tile"><b class="${kind}">${`${geometricMean.toFixed(3)}x`}</b><span>of the best peer's time: geometric mean over ${String(models)} models, ${threadsText(threads)}</span></div>`;
  });
  const all = contests(report).filter((contest) => contest.best);
  const wins = all.filter((contest) => contest.best!.ratio > 1).length;
  const won = html`<div class="tile"><b>${`${wins} of ${all.length}`}</b><span>comparisons where coracle is faster than every peer</span></div>`;
  const scaled = scalings(report)
    .map(({ speedup }) => speedup)
    .sort((a, b) => a - b);
  const scaling = html`<div class="tile"><b>${`${digits(scaled[scaled.length >> 1] ?? 1)}x`}</b><span>the median speed-up of more threads over one</span></div>`;
  return html`<div class="tiles">${speeds}${all.length > 0 ? won : none}${scaled.length > 0 ? scaling : none}</div>`;
}

function modelSections(report: Report): Markup {
  if (report.models.length === 0) return none;
  const threads = report.profiles[0]!.threads;
  return html`${tiles(report)}<section id="models"><h2>Models, against the peers</h2><p>Speed in percent of the fp32 FMA peak that was measured on this machine with as many threads; longer is faster, the median time stands beside each bar, and the fastest is bold. Operations of the direct algorithms are counted, so Winograd can pass 100 %.</p>${legend(report)}${modelBars(report)}</section>
<section id="standing"><h2>Standing</h2><p>Coracle's time over another's; below 1, coracle is faster.</p>${table(standingGrid(report))}</section>
<section id="roofline"><h2>Roofline</h2><p>Every layer of every model with ${threadsText(threads)}: a circle's area is its share of its model's time. Lines are the limits measured on this machine. Layers above the line of a memory find their data nearer than there.</p>${rooflineChart(report, threads)}</section>
${layerCards(report)}
<section id="numbers"><h2>All numbers</h2><p>"Difference" is the largest difference to coracle's outputs over their largest magnitude. Load, cold start and peak memory are those of fresh processes with ${threadsText(threads)}: from the start of the process to the first result. "Foreign cores" is what other processes used meanwhile.</p>${table(modelGrid(report), (row) => row[1] === ownEngine)}</section>
${scalings(report).length > 0 ? html`<section id="scaling"><h2>More threads</h2>${table(scalingGrid(report))}</section>` : none}`;
}

/** Said before any number. */
function warning(report: Report): Markup {
  const found = disturbed(report);
  const total = contests(report).length;
  if (found.length === 0) return none;
  const which =
    found.length === total
      ? `all ${total} comparisons; do not quote any`
      : `${found.length} of ${total} comparisons; do not quote these: ${found.join("; ")}`;
  return html`<p class="warn">Other processes used more than ${String(foreignLimit)} cores during ${which}.</p>`;
}

function methods(report: Report): Markup {
  const reasons = report.leftOut.map((reason) => html`<li>${reason}</li>`);
  const rounds = [...new Set(report.models.map((row) => row.rounds))].join(", ");
  return html`<section id="methods"><h2>How this was measured</h2>
<p>All engines load the same ONNX file with the same fp32 weights and inputs, and run in alternation: ${rounds || "no"} rounds, in each of which every engine has its turn after an uncounted run. Rounds that other processes disturb are replaced where there is time. Ratios are medians over rounds, so that slow phases of the machine fall on both sides. Onnxruntime runs in this process, the others in a process of their own that keeps the time; conversion to their formats does not count.</p>
${reasons.length > 0 ? html`<p>Left out:</p><ul>${reasons}</ul>` : none}
<h3>Limits of the machine</h3>${table(limitsGrid(report.machine))}
<p><code>${report.command}</code></p></section>`;
}

/** One page with charts that needs no other file. */
export function formatHtml(report: Report): string {
  const ffi =
    report.ffi.length > 0
      ? html`<section id="ffi"><h2>The way into native code and back</h2>${table(ffiGrid(report))}</section>`
      : none;
  const day = report.date.slice(0, 10);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Coracle bench, ${day}</title><style>${{ markup: style }}</style></head>
<body><main><header><h1>Coracle bench</h1><p>${machineText(report.machine)}</p><p>${day}</p>${warning(report)}</header>
${modelSections(report)}${kernelSection(report)}${ffi}${methods(report)}
</main></body></html>`.markup;
}
