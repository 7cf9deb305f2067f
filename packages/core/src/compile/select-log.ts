import type { LayoutChoice } from "../backend/kernel.ts";
import type { RejectedKernel } from "../errors.ts";
import type { Node } from "../ir/program.ts";
import { formatTypes } from "./candidates.ts";
import type { Scored } from "./layouts.ts";

export function formatNs(ns: number): string {
  if (!Number.isFinite(ns)) return "unreachable";
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  return ns >= 1e3 ? `${(ns / 1e3).toFixed(1)} us` : `${ns.toFixed(0)} ns`;
}

/** "NCHW16c, - -> NCHW16c"; empty when all is row-major. */
export function formatLayouts({ inputs, outputs }: LayoutChoice): string {
  if ([...inputs, ...outputs].every((layout) => layout === undefined)) return "";
  const side = (layouts: LayoutChoice["inputs"]): string => layouts.map((layout) => layout ?? "-").join(", ");
  return `${side(inputs)} -> ${side(outputs)}`;
}

function isLogged(topic: string): boolean {
  return (process.env["CORACLE_LOG"] ?? "").split(",").includes(topic);
}

/** With CORACLE_LOG=select: every candidate of a node on stderr, `*` at the winner. */
export function logSelection(node: Node, best: Scored, losers: readonly RejectedKernel[]): void {
  if (!isLogged("select")) return;
  const lines = [
    `${node.op.name} "${node.name}" ${formatTypes(node.inputs)} -> ${formatTypes(node.outputs)}`,
    `  * ${best.candidate.kernel.name}: ${formatNs(best.totalNs)} ${formatLayouts(best.choice)}`.trimEnd(),
    ...losers.map(({ kernel, reason }) => `    ${kernel}: ${reason}`),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}
