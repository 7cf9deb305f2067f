import {
  dtypeBytes,
  type Kernel,
  type LayoutChoice,
  type Node,
  normalizeAxis,
  ops,
  type Value,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { channelsStep, inOrder } from "./channels.ts";
import { isBlockable, storedDims } from "./layouts.ts";
import { chunksOf } from "./loops.ts";
import { dims, input, output, product, requireConstants, sized, streamNs } from "./values.ts";

interface AxisAttrs {
  readonly axis: number;
}

const isOnChannels = (node: Node<AxisAttrs>, part: Value): boolean =>
  normalizeAxis(node.attrs.axis, dims(part).length) === 1;

/** Blocked parts whose channels change lanes: all but the last would have to fill their blocks. */
function shiftsLanes(context: X86Context, node: Node<AxisAttrs>, parts: readonly Value[]): boolean {
  if (parts[0]!.type.layout === undefined || !isOnChannels(node, parts[0]!)) return false;
  return !parts.slice(0, -1).every((part) => dims(part)[1]! % context.block === 0);
}

const partPicks = (parts: readonly Value[]): number[][] => {
  let from = 0;
  return parts.map((part) => {
    const count = dims(part)[1]!;
    from += count;
    return inOrder(count, from - count);
  });
};

function layouts(
  context: X86Context,
  node: Node<AxisAttrs>,
  parts: readonly Value[],
): readonly LayoutChoice[] {
  const plain: LayoutChoice = {
    inputs: node.inputs.map(() => undefined),
    outputs: node.outputs.map(() => undefined),
  };
  const values = [...node.outputs, ...parts];
  if (!values.every(isBlockable)) return [plain];
  const isData = (value: Value): boolean => value.type.dtype === "f32";
  const blocked = (value: Value): LayoutChoice["inputs"][number] =>
    isData(value) ? context.layout : undefined;
  return [{ inputs: node.inputs.map(blocked), outputs: node.outputs.map(blocked) }, plain];
}

/** [outer] of the whole and the bytes that each part puts in one of them. */
function rowsOf(node: Node<AxisAttrs>, parts: readonly Value[]): { outer: number; partBytes: number[] } {
  const axis = normalizeAxis(node.attrs.axis, dims(parts[0]!).length);
  const stored = parts.map((part) => storedDims(dims(part), part.type.layout));
  const size = dtypeBytes(parts[0]!.type.dtype);
  return {
    outer: product(stored[0]!.slice(0, axis)),
    partBytes: stored.map((shape) => product(shape.slice(axis)) * size),
  };
}

function partsStep(node: Node<AxisAttrs>, parts: readonly Value[]): { params: Int32Array; tasks: number } {
  const { outer, partBytes } = rowsOf(node, parts);
  const total = outer * partBytes.reduce((sum, bytes) => sum + bytes, 0);
  const { chunk, tasks } = chunksOf(Math.ceil(total / 64), 64, 131072);
  return { params: Int32Array.of(parts.length, outer, chunk * 64, ...partBytes), tasks };
}

const fitsBytes = (node: Node<AxisAttrs>, parts: readonly Value[]): true | string =>
  rowsOf(node, parts).partBytes.every((bytes) => bytes < 2 ** 31) || "a part has 2^31 bytes or more";

/** One outer row: the parts lie one after the other. */
function partOffsets(
  context: X86Context,
  node: Node<AxisAttrs>,
  parts: readonly Value[],
): readonly number[] | undefined {
  const { outer, partBytes } = rowsOf(node, parts);
  if (outer !== 1 || shiftsLanes(context, node, parts)) return undefined;
  let from = 0;
  return partBytes.map((bytes) => {
    from += bytes;
    return from - bytes;
  });
}

const concatKernel = (context: X86Context): Kernel<AxisAttrs> =>
  sized<AxisAttrs>({
    op: ops.concat,
    name: "x86/concat",
    supports: (node) => fitsBytes(node, node.inputs),
    layouts: (node) => layouts(context, node, node.inputs),
    costNs: (node) => streamNs(node),
    parts(node) {
      const offsets = partOffsets(context, node, node.inputs);
      return offsets && { of: "output", offsets };
    },
    lower(node, plan) {
      if (shiftsLanes(context, node, node.inputs)) {
        const picks = partPicks(node.inputs).flat();
        channelsStep(plan, context, { inputs: node.inputs, outputs: [{ value: output(node), picks }] });
        return;
      }
      const args = [...node.inputs, output(node)].map((value) => plan.arg(value));
      plan.step({ kernel: "concat", args, ...partsStep(node, node.inputs) });
    },
  });

const splitKernel = (context: X86Context): Kernel<AxisAttrs & { readonly numOutputs: number }> =>
  sized<AxisAttrs & { readonly numOutputs: number }>({
    op: ops.split,
    name: "x86/split",
    supports(node) {
      const constants = requireConstants(node, { sizes: 1 });
      return constants === true ? fitsBytes(node, node.outputs) : constants;
    },
    layouts: (node) => layouts(context, node, node.outputs),
    costNs: (node) => streamNs(node),
    parts(node) {
      const offsets = partOffsets(context, node, node.outputs);
      return offsets && { of: "input", offsets };
    },
    lower(node, plan) {
      if (shiftsLanes(context, node, node.outputs)) {
        const picks = partPicks(node.outputs);
        const outputs = node.outputs.map((value, i) => ({ value, picks: picks[i]! }));
        channelsStep(plan, context, { inputs: [input(node, 0)], outputs });
        return;
      }
      const args = [input(node, 0), ...node.outputs].map((value) => plan.arg(value));
      plan.step({ kernel: "split", args, ...partsStep(node, node.outputs) });
    },
  });

/** concat and split along any axis, any dtype; f32 also in blocked layouts. */
export function concatKernels(context: X86Context): Kernel[] {
  return [concatKernel(context) as Kernel, splitKernel(context) as Kernel];
}
