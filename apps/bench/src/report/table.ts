import Table from "cli-table3";
import { limitOf, limitsFor, percentOfPeak } from "../roofline.ts";
import { difference, digits, mebibytes, percent } from "./format.ts";
import type { Machine, Report } from "./report.ts";
import { disturbed, scalings, standings } from "./summary.ts";

export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Columns of words; the others are numbers. */
  readonly words: number;
}

export function modelGrid({ models, machine }: Pick<Report, "models" | "machine">): Grid {
  const head = [
    ...["model", "engine", "threads", "rounds", "runs", "min ms", "median ms", "p90 ms"],
    ...["GFLOP/s", "% of peak", "of coracle's time", "difference", "load ms", "cold ms"],
    ...["peak MiB", "arena MiB", "packed MiB", "foreign cores"],
  ];
  const rows = models.map((row) => [
    ...[row.model, row.engine, row.threads, row.rounds, row.time.numRuns],
    ...[row.time.minMs, row.time.medianMs, row.time.p90Ms].map(digits),
    ...[
      digits(row.gflopsPerSecond),
      percent(percentOfPeak(row.gflopsPerSecond, machine, row.threads)),
      `${row.ratio.toFixed(2)}x`,
    ],
    ...[difference(row.difference), digits(row.loadMs), row.coldMs === undefined ? "" : digits(row.coldMs)],
    ...[mebibytes(row.peakBytes), mebibytes(row.arenaBytes), mebibytes(row.packedBytes)],
    row.foreignCores === null ? "" : row.foreignCores.toFixed(2),
  ]);
  return { head, rows, words: 2 };
}

export function standingGrid(report: Pick<Report, "models">): Grid {
  const head = ["coracle's time against", "threads", "models", "geometric mean", "worst", "worst model"];
  const rows = standings(report).map((row) => [
    ...[row.against, row.threads, row.models],
    ...[`${row.geometricMean.toFixed(3)}x`, `${row.worst.toFixed(2)}x`, row.worstModel],
  ]);
  return { head, rows, words: 1 };
}

export function scalingGrid(report: Pick<Report, "models">): Grid {
  const rows = scalings(report).map(({ model, threads, speedup }) => [
    model,
    threads,
    `${speedup.toFixed(2)}x`,
  ]);
  return { head: ["model", "threads", "of 1 thread's speed"], rows, words: 1 };
}

export function kernelGrid({ kernels, machine }: Pick<Report, "kernels" | "machine">): Grid {
  const head = ["family", "shape", "kernel", "threads", "ms", "GFLOP/s", "GB/s", "bound by", "% of limit"];
  const rows = kernels.map((row) => {
    const { family, name, kernel, threads, ms, flops, bytes } = row;
    const { bound, ns } = limitOf(row, limitsFor(machine, threads));
    return [
      ...[family, name, kernel, threads, digits(ms), digits(flops / (ms * 1e6)), digits(bytes / (ms * 1e6))],
      ...[bound, percent((100 * ns) / (ms * 1e6))],
    ];
  });
  return { head, rows, words: 3 };
}

export function ffiGrid({ ffi }: Pick<Report, "ffi">): Grid {
  const rows = ffi.map((row) => [
    row.name,
    row.threads,
    digits(row.microseconds),
    digits(row.p90Microseconds),
  ]);
  return { head: ["call", "threads", "median us", "p90 us"], rows, words: 1 };
}

export function limitsGrid({ limits }: Machine): Grid {
  const head = [
    "threads",
    "FMA GFLOP/s",
    ...(limits[0]?.bandwidths ?? []).map(({ level }) => `${level} GB/s`),
  ];
  const rows = limits.map(({ threads, gflopsPerSecond, bandwidths }) => [
    ...[threads, digits(gflopsPerSecond)],
    ...bandwidths.map(({ gigabytesPerSecond }) => digits(gigabytesPerSecond)),
  ]);
  return { head, rows, words: 0 };
}

function draw({ head, rows, words }: Grid): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i < words ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

export function machineText({ processor, level, processors, node }: Machine): string {
  return `${processor}, ${processors} processors, ${level}, node ${node}`;
}

/** For a terminal. */
export function formatReport(report: Report): string {
  const grids = [limitsGrid(report.machine), modelGrid(report), standingGrid(report), scalingGrid(report)];
  const drawn = [...grids, kernelGrid(report), ffiGrid(report)]
    .filter(({ rows }) => rows.length > 0)
    .map(draw);
  const notes = [
    ...report.leftOut.map((reason) => `left out: ${reason}`),
    ...disturbed(report).map((what) => `disturbed by other processes: ${what}`),
  ];
  return [machineText(report.machine), ...drawn, ...notes].join("\n");
}
