import type { Target } from "../backend/backend.ts";
import { plansBlocks } from "../compile/bodies.ts";
import type { PlacedNode } from "../compile/place.ts";
import { formatLayouts } from "../compile/select-log.ts";
import type { RejectedKernel } from "../errors.ts";
import { hasBytes } from "../ir/dtype.ts";
import type { Node } from "../ir/program.ts";
import { formatShape, isStatic } from "../ir/shape.ts";

/** How one node runs, and why so. */
export interface NodeReport {
  readonly node: Node;
  readonly kernel: string;
  readonly target: Target;
  /** "NCHW16c, - -> NCHW16c"; empty when all is row-major. */
  readonly layouts: string;
  /** The output is the input's bytes: nothing runs. */
  readonly isView: boolean;
  readonly rejected: readonly RejectedKernel[];
}

export function reportPlaced({ node, kernel, target, isView, rejected }: PlacedNode): NodeReport {
  const layouts = formatLayouts({
    inputs: node.inputs.map(({ type }) => type.layout),
    outputs: node.outputs.map(({ type }) => type.layout),
  });
  return { node, kernel: kernel.name, target, layouts, isView, rejected };
}

/** True for a node that reads or makes strings, sequences or optionals. */
export function readsObjects({ inputs, outputs }: Node): boolean {
  return [...inputs, ...outputs].some(({ type }) => !hasBytes(type.dtype));
}

export function reportInterpreted(node: Node): NodeReport {
  if (plansBlocks(node)) return { ...reportLater(node), kernel: "(plans of its blocks)" };
  const reason = readsObjects(node)
    ? "strings, sequences and optionals lie outside plans, so it runs by reference"
    : "its shapes are known only during a run, so it runs by reference";
  const rejected = [{ kernel: "(planned kernels)", reason }];
  return {
    node,
    kernel: `reference/${node.op.name}`,
    target: "reference",
    layouts: "",
    isView: false,
    rejected,
  };
}

export function reportLater(node: Node): NodeReport {
  const target = "(chosen during the run)";
  return { node, kernel: target, target, layouts: "", isView: false, rejected: [] };
}

/** Undefined when the op does not say or a shape is not known. */
export function flopsOf({ op, attrs, inputs, outputs }: Node): number | undefined {
  if (![...inputs, ...outputs].every(({ type }) => isStatic(type.shape))) return undefined;
  const types = (values: Node["inputs"]) => values.map(({ type }) => type);
  return op.flops?.(types(inputs), types(outputs), attrs);
}

export function shapesOf({ inputs, outputs }: Node): string {
  const side = (values: Node["inputs"]): string =>
    values.map(({ type }) => formatShape(type.shape)).join(" ");
  return `${side(inputs)} -> ${side(outputs)}`;
}
