import type { Node } from "../ir/program.ts";
import { flopsOf, type NodeReport, shapesOf } from "./report.ts";
import { formatTable } from "./table.ts";

export interface ProfileRow {
  readonly node: string;
  readonly op: string;
  readonly kernel: string;
  readonly ms: number;
  /** Of the sum over all nodes. */
  readonly percent: number;
  readonly flops?: number;
  readonly gflopsPerSecond?: number;
  /** "[1,3,224,224] [32,3,3,3] -> [1,32,112,112]". */
  readonly shapes: string;
}

/** Where the time of a run goes. */
export interface Profile {
  /** The slowest first; views, which take no time, are left out. */
  readonly rows: readonly ProfileRow[];
  /** Wall time of one run, mean. */
  readonly wallMs: number;
  /** The sum over the rows. */
  readonly nodesMs: number;
  readonly runs: number;
  /** A table for people. */
  toString(): string;
}

export interface Measured {
  readonly nodeNs: ReadonlyMap<Node, number>;
  readonly wallMs: number;
  readonly runs: number;
}

export function makeProfile(reports: readonly NodeReport[], { nodeNs, wallMs, runs }: Measured): Profile {
  const ran = reports.filter(({ node }) => nodeNs.has(node));
  const nodesMs = ran.reduce((sum, { node }) => sum + nodeNs.get(node)!, 0) / runs / 1e6;
  const rows = ran.map((report) => profileRow(report, nodeNs.get(report.node)! / runs, nodesMs));
  rows.sort((a, b) => b.ms - a.ms);
  return {
    rows,
    wallMs: wallMs / runs,
    nodesMs,
    runs,
    toString: () => formatProfile(rows, wallMs / runs, runs),
  };
}

function profileRow({ node, kernel }: NodeReport, ns: number, nodesMs: number): ProfileRow {
  const flops = flopsOf(node);
  const ms = ns / 1e6;
  return {
    node: node.name,
    op: node.op.name,
    kernel,
    ms,
    percent: nodesMs > 0 ? (100 * ms) / nodesMs : 0,
    ...(flops === undefined ? {} : { flops, gflopsPerSecond: ns > 0 ? flops / ns : 0 }),
    shapes: shapesOf(node),
  };
}

function formatProfile(rows: readonly ProfileRow[], wallMs: number, runs: number): string {
  const cells = rows.map((row) => [
    row.node,
    row.op,
    row.kernel,
    row.ms.toFixed(3),
    row.percent.toFixed(1),
    row.flops === undefined ? "" : (row.flops / 1e6).toFixed(2),
    row.gflopsPerSecond === undefined ? "" : row.gflopsPerSecond.toFixed(1),
    row.shapes,
  ]);
  const head = ["node", "op", "kernel", "ms", "%", "MFLOP", "GFLOP/s", "shapes"];
  return `${formatTable(head, cells)}\nwall ${wallMs.toFixed(3)} ms, mean of ${runs} runs`;
}
