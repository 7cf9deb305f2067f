import type { RejectedKernel } from "../errors.ts";
import { type NodeReport, shapesOf } from "./report.ts";
import { formatTable } from "./table.ts";

export interface ExplainRow {
  readonly node: string;
  readonly op: string;
  readonly kernel: string;
  readonly target: string;
  readonly shapes: string;
  /** "NCHW16c, - -> NCHW16c"; empty when all is row-major. */
  readonly layouts: string;
  readonly isView: boolean;
  readonly rejected: readonly RejectedKernel[];
}

/** Which kernel runs each node, where, and why no other does. */
export interface Explanation {
  /** Backends that are open or were tried, and how the program runs. */
  readonly notes: readonly string[];
  /** In the order of execution. */
  readonly rows: readonly ExplainRow[];
  /** A table for people. */
  toString(): string;
}

export function makeExplanation(reports: readonly NodeReport[], notes: readonly string[]): Explanation {
  const rows = reports.map(
    ({ node, kernel, target, layouts, isView, rejected }): ExplainRow => ({
      node: node.name,
      op: node.op.name,
      kernel,
      target,
      shapes: shapesOf(node),
      layouts,
      isView,
      rejected,
    }),
  );
  return { notes, rows, toString: () => formatExplanation(rows, notes) };
}

function formatExplanation(rows: readonly ExplainRow[], notes: readonly string[]): string {
  const cells = rows.map((row) => [
    row.node,
    row.op,
    row.isView ? `${row.kernel} (view)` : row.kernel,
    row.shapes,
    row.layouts,
    row.rejected.map(({ kernel, reason }) => `${kernel}: ${reason}`).join("; "),
  ]);
  const table = formatTable(["node", "op", "kernel", "shapes", "layouts", "not taken"], cells);
  return [...notes, table].join("\n");
}
