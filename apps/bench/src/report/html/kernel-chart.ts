import { limitOf, limitsFor } from "../../roofline.ts";
import { digits, percent, threadsText } from "../format.ts";
import type { KernelRow, Report } from "../report.ts";
import { html, type Markup } from "./markup.ts";

function bar(share: number): Markup {
  const colour = share >= 80 ? "#2f8f5b" : share >= 50 ? "#d9a12b" : "#c65338";
  return html`<span class="bar"><i style="width:${Math.min(100, share / 2)}%;background:${colour}"></i></span>`;
}

function row(one: KernelRow, report: Report): Markup {
  const { bound, ns } = limitOf(one, limitsFor(report.machine, one.threads));
  const share = (100 * ns) / (one.ms * 1e6);
  const speed =
    one.flops > 0 && bound === "FMA"
      ? `${digits(one.flops / (one.ms * 1e6))} GFLOP/s`
      : `${digits(one.bytes / (one.ms * 1e6))} GB/s`;
  return html`<tr><td>${one.family}</td><td>${one.name}</td><td>${one.kernel}</td><td class="n">${digits(one.ms)}</td><td class="n">${speed}</td><td>${bound}</td><td class="n">${percent(share)}</td><td>${bar(share)}</td></tr>`;
}

function panel(report: Report, threads: number): Markup {
  const rows = report.kernels.filter((one) => one.threads === threads).map((one) => row(one, report));
  return html`<h3>${threadsText(threads)}</h3><table><thead><tr><th>family</th><th>shape</th><th>kernel</th><th class="n">ms</th><th class="n">speed</th><th>bound by</th><th class="n">% of limit</th><th>0 to 200 %</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** Every family of kernels against the roof over it. */
export function kernelSection(report: Report): Markup {
  if (report.kernels.length === 0) return html``;
  const threads = [...new Set(report.kernels.map((one) => one.threads))];
  return html`<section id="kernels"><h2>Kernels against the machine's limit</h2><p>One node on its own, the fastest of twelve rounds. The limit is the longer of its operations at the FMA peak and of one pass over its bytes at the bandwidth of the memory they fit; Winograd and data left in registers can pass it.</p>${threads.map((count) => panel(report, count))}</section>`;
}
