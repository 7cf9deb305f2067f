import { dtypeBytes, type Kernel, type Node, normalizeAxis, type Op, ops } from "@coracle/core";
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

const padKernel: Kernel<PadAttrs> = sized({
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
  costNs: (node) => streamNs(node, 0.1),
  lower(node, plan) {
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
export function padKernels(): Kernel[] {
  return [padKernel as Kernel];
}
