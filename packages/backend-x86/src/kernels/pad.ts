import {
  dtypeBytes,
  type Kernel,
  type LayoutChoice,
  type Node,
  normalizeAxis,
  numbers,
  type Op,
  ops,
  type PlanBuilder,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { channelsStep, inOrder } from "./channels.ts";
import { isBlockable } from "./layouts.ts";
import { chunksOf, maxRank, padded } from "./loops.ts";
import {
  constantInts,
  dims,
  firstReason,
  input,
  output,
  product,
  requireConstants,
  sized,
  streamNs,
} from "./values.ts";

type Mode = "constant" | "reflect" | "edge" | "wrap";

const modes: readonly Mode[] = ["constant", "reflect", "edge", "wrap"];

interface PadAttrs {
  readonly mode: Mode;
}

/** The padding before each dim. */
function beforeOf(node: Node<PadAttrs>): number[] {
  const rank = dims(input(node, 0)).length;
  const pads = constantInts(node.inputs[1])!;
  const axes = constantInts(node.inputs[3]) ?? Array.from({ length: rank }, (_, d) => d);
  const before = new Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    before[normalizeAxis(axis, rank)] = pads[i]!;
  });
  return before;
}

interface Frame {
  readonly inDims: readonly number[];
  readonly outDims: readonly number[];
  readonly before: readonly number[];
  readonly bytes: number;
}

/** Trailing dims without padding become part of the element; leading ones merge into one. */
function frameOf(node: Node<PadAttrs>): Frame {
  const inDims = [...dims(input(node, 0))];
  const outDims = [...dims(output(node))];
  const before = beforeOf(node);
  let bytes = dtypeBytes(input(node, 0).type.dtype);
  const isPlain = (d: number): boolean => before[d] === 0 && inDims[d] === outDims[d];
  while (inDims.length > 1 && isPlain(inDims.length - 1)) {
    bytes *= inDims.pop()!;
    outDims.pop();
    before.pop();
  }
  while (inDims.length > 2 && isPlain(0) && isPlain(1)) {
    const merged = inDims[0]! * inDims[1]!;
    inDims.splice(0, 2, merged);
    outDims.splice(0, 2, merged);
    before.shift();
  }
  return { inDims, outDims, before, bytes };
}

/** Zeros after (or channels cut from) the channels of a map, and nothing else. */
function isOnChannels(node: Node<PadAttrs>): boolean {
  const [x, y] = [input(node, 0), output(node)];
  const fill = node.inputs[2];
  const isZero = fill === undefined || (fill.data !== undefined && numbers(fill.data)[0] === 0);
  if (node.attrs.mode !== "constant" || !isZero || !isBlockable(x)) return false;
  return dims(x).every((size, d) => d === 1 || (size === dims(y)[d] && beforeOf(node)[d] === 0));
}

function lowerChannels(plan: PlanBuilder, context: X86Context, node: Node<PadAttrs>): void {
  const [x, y] = [input(node, 0), output(node)];
  const channels = dims(x)[1]!;
  const before = beforeOf(node)[1]!;
  const picks = inOrder(dims(y)[1]!, -before).map((c) => (c < channels ? Math.max(c, -1) : -1));
  channelsStep(plan, context, { inputs: [x], outputs: [{ value: y, picks }] });
}

function layouts(context: X86Context, node: Node<PadAttrs>): readonly LayoutChoice[] {
  const plain: LayoutChoice = { inputs: node.inputs.map(() => undefined), outputs: [undefined] };
  if (!isOnChannels(node)) return [plain];
  return [{ inputs: [context.layout, ...plain.inputs.slice(1)], outputs: [context.layout] }, plain];
}

const padKernel = (context: X86Context): Kernel<PadAttrs> =>
  sized({
    op: ops.pad as Op<PadAttrs>,
    name: "x86/pad",
    supports(node) {
      const constants = requireConstants(node, { pads: 1, axes: 3 });
      if (constants !== true) return constants;
      return firstReason(
        dims(input(node, 0)).length > 0 || "a scalar has nothing to pad",
        frameOf(node).inDims.length <= maxRank || `at most ${maxRank} dims after merging`,
        product(dims(input(node, 0))) > 0 || "the input is empty",
      );
    },
    layouts: (node) => layouts(context, node),
    costNs: (node) => streamNs(node, 0.1),
    lower(node, plan) {
      if (input(node, 0).type.layout !== undefined) {
        lowerChannels(plan, context, node);
        return;
      }
      const { inDims, outDims, before, bytes } = frameOf(node);
      const { chunk, tasks } = chunksOf(product(outDims.slice(0, -1)), outDims.at(-1)! * bytes, 65536);
      const size = dtypeBytes(input(node, 0).type.dtype);
      plan.step({
        kernel: "pad",
        args: [plan.arg(input(node, 0)), plan.arg(input(node, 2)), plan.arg(output(node))],
        params: Int32Array.of(
          ...[modes.indexOf(node.attrs.mode), bytes, size, inDims.length, chunk],
          ...padded(inDims, 1),
          ...padded(outDims, 1),
          ...padded(before),
        ),
        tasks,
      });
    },
  });

/** All modes, any dtype, crops too. */
export function padKernels(context: X86Context): Kernel[] {
  return [padKernel(context) as Kernel];
}
