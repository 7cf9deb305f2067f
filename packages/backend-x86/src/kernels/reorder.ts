import {
  dtypeBytes,
  type Kernel,
  layoutBlock,
  type MaybeLayout,
  type Node,
  ops,
  type PlanBuilder,
  storedElements,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { dims, input, output, product, sized, streamNs } from "./values.ts";

const copyElementsPerTask = 2 ** 14;
const stripPixels = 256;

const layoutOf = (node: Node<unknown>, side: "input" | "output"): MaybeLayout =>
  (side === "input" ? input(node, 0) : output(node)).type.layout;

function supports(context: X86Context, node: Node<unknown>): true | string {
  const [from, to] = [layoutOf(node, "input"), layoutOf(node, "output")];
  if (from === to) return true;
  const { dtype } = input(node, 0).type;
  if (dtype !== "f32") return `${dtype}; expected f32 where the layout changes`;
  if (from !== undefined && to !== undefined) return `${from} to ${to}; expected one of them to be row-major`;
  const blocked = from ?? to;
  return blocked === context.layout || `${blocked}; expected ${context.layout} at this level`;
}

function lowerCopy(node: Node<unknown>, plan: PlanBuilder): void {
  const { type } = input(node, 0);
  const elements = storedElements(type);
  plan.step({
    kernel: "bytes_copy",
    args: [plan.arg(input(node, 0)), plan.arg(output(node))],
    params: Int32Array.of(elements, dtypeBytes(type.dtype), copyElementsPerTask),
    tasks: Math.ceil(elements / copyElementsPerTask),
  });
}

function lowerReorder(node: Node<unknown>, plan: PlanBuilder): void {
  const [batch, channels, ...spatial] = dims(input(node, 0)) as [number, number, ...number[]];
  const to = layoutOf(node, "output");
  const block = layoutBlock(to ?? layoutOf(node, "input")!);
  const pixels = product(spatial);
  plan.step({
    kernel: to === undefined ? "f32_reorder_from_blocked" : "f32_reorder_to_blocked",
    args: [plan.arg(input(node, 0)), plan.arg(output(node))],
    params: Int32Array.of(batch, channels, pixels, stripPixels),
    tasks: batch * Math.ceil(channels / block) * Math.ceil(pixels / stripPixels),
  });
}

/** x [N,C,...] f32 between row-major and the level's blocked layout; a plain copy of any dtype where both are the same. */
export function reorderKernels(context: X86Context): Kernel[] {
  const reorder = sized<{ readonly layout: MaybeLayout }>({
    op: ops.reorder,
    name: "x86/reorder",
    supports: (node) => supports(context, node),
    layouts: (node) => [{ inputs: [layoutOf(node, "input")], outputs: [layoutOf(node, "output")] }],
    costNs: (node) => streamNs(node),
    lower(node, plan) {
      if (layoutOf(node, "input") === layoutOf(node, "output")) lowerCopy(node, plan);
      else lowerReorder(node, plan);
    },
  });
  return [reorder as Kernel];
}
