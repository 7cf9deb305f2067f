import type { Node, Value } from "../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { ints, numbers } from "../ir/tensor.ts";
import { averagePool, conv, pad } from "../ops/index.ts";
import { type Pass, rewritePass } from "./pass.ts";

/** [begin..., end...] of the spatial axes of a pad with zeros; undefined when it does anything else. */
function zeroPads(node: Node, graph: RewriteGraph): readonly number[] | undefined {
  if (!isOp(node, pad) || node.attrs.mode !== "constant") return undefined;
  const [pads, value, axes] = node.inputs.slice(1).map((input) => graph.constant(input));
  const rank = node.inputs[0]!.type.shape.length;
  if (!pads || !value || !axes || numbers(value)[0] !== 0 || rank < 3) return undefined;
  const amounts = ints(pads);
  const padded = ints(axes).map((axis) => normalizeAxis(axis, rank));
  const spatial = new Array<number>(2 * (rank - 2)).fill(0);
  for (const [i, axis] of padded.entries()) {
    const begin = amounts[i]!;
    const end = amounts[i + padded.length]!;
    if (begin < 0 || end < 0 || (axis < 2 && begin + end > 0)) return undefined;
    if (axis < 2) continue;
    spatial[axis - 2] = begin;
    spatial[axis - 2 + rank - 2] = end;
  }
  return spatial;
}

interface Padded {
  readonly x: Value;
  readonly pads: readonly number[];
}

function paddedInput(value: Value, graph: RewriteGraph): Padded | undefined {
  const producer = graph.soleProducer(value, pad);
  const pads = producer && zeroPads(producer, graph);
  return pads && { x: producer.inputs[0]!, pads };
}

/** Explicit pads of a window; undefined where the shapes decide them. */
function ownPads(autoPad: string, pads: readonly number[]): readonly number[] | undefined {
  if (autoPad === "valid") return pads.map(() => 0);
  return autoPad === "none" ? pads : undefined;
}

export const padIntoConv: Rewrite = {
  name: "pad-into-conv",
  anchors: [conv],
  rewrite(node, graph) {
    if (!isOp(node, conv)) return undefined;
    const padded = paddedInput(node.inputs[0]!, graph);
    const own = ownPads(node.attrs.autoPad, node.attrs.pads);
    if (!padded || !own) return undefined;
    const pads = padded.pads.map((amount, i) => amount + (own[i] ?? 0));
    return [graph.one(conv, { ...node.attrs, autoPad: "none", pads }, [padded.x, ...node.inputs.slice(1)])];
  },
};

export const padIntoAveragePool: Rewrite = {
  name: "pad-into-average-pool",
  anchors: [averagePool],
  rewrite(node, graph) {
    if (!isOp(node, averagePool) || node.attrs.ceilMode) return undefined;
    const padded = paddedInput(node.inputs[0]!, graph);
    const own = ownPads(node.attrs.autoPad, node.attrs.pads);
    if (!padded || !own || (!node.attrs.countIncludePad && own.some((amount) => amount !== 0)))
      return undefined;
    const pads = padded.pads.map((amount, i) => amount + (own[i] ?? 0));
    const attrs = { ...node.attrs, autoPad: "none" as const, countIncludePad: true, pads };
    return [graph.one(averagePool, attrs, [padded.x])];
  },
};

/** Zero padding becomes the pads of the convolution or average pooling that reads it. */
export const mergePadsPass: Pass = rewritePass("merge-pads", [padIntoConv, padIntoAveragePool]);
