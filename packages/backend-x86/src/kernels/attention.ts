import { type Kernel, type Node, ops } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { roundUp, tileRate } from "./conv-geometry.ts";
import { broadcastStrides } from "./loops.ts";
import { allOf, dims, firstReason, floatBits, input, output, product, sized } from "./values.ts";

type Attrs = ops.AttentionAttrs;
type Sizes = ops.AttentionSizes<number>;

const stepNs = 300;
const padFloats = 16;
const maxScratchBytes = 1 << 24;

function sizesOf(node: Node<Attrs>): Sizes {
  const [q, k, v] = node.inputs.map(dims);
  return ops.attentionSizes(q!, k!, v!, node.attrs.heads) as Sizes;
}

const tileRows = (context: X86Context): number => (context.block === 16 ? 14 : 6);

/** One head's packed keys and values, and the rows at hand of q and of the scores. */
function scratchBytes(context: X86Context, { keys, depth, valueDepth }: Sizes): number {
  const [paddedKeys, paddedDepth] = [roundUp(keys, context.block), roundUp(valueDepth, context.block)];
  const rows = tileRows(context) * (depth + padFloats + paddedKeys + padFloats);
  return 4 * (paddedKeys * depth + paddedDepth * keys + rows);
}

/** Floats between batches, heads and rows. */
function strides(rows: number, columns: number, heads: number, isJoined: boolean): number[] {
  return isJoined
    ? [rows * heads * columns, columns, heads * columns]
    : [heads * rows * columns, rows * columns, columns];
}

const multiplyAdds = ({ batch, heads, queries, keys, depth, valueDepth }: Sizes): number =>
  batch * heads * queries * keys * (depth + valueDepth);

/** Rows of a task: a whole head, or less where heads are too few for the threads. */
function stripRows(context: X86Context, { batch, heads, queries }: Sizes, threads: number): number {
  if (threads === 1) return queries;
  const strips = Math.ceil((threads * 4) / (batch * heads));
  return Math.min(queries, roundUp(Math.ceil(queries / strips), tileRows(context)));
}

/** Head by head, the scores in a strip of rows that stays in L1. */
export function attentionKernels(context: X86Context): Kernel[] {
  const kernel: Kernel<Attrs> = {
    op: ops.attention,
    name: "x86/attention-strips",
    supports(node) {
      const sizes = sizesOf(node);
      return firstReason(
        allOf(node, ["f32"]),
        product([sizes.keys, sizes.depth]) > 0 || "there is nothing to attend to",
        scratchBytes(context, sizes) <= maxScratchBytes || "a head of keys and values is too large",
      );
    },
    costNs(node) {
      const sizes = sizesOf(node);
      const softmaxNs = (0.4 * product([sizes.batch, sizes.heads, sizes.queries, sizes.keys])) / 2;
      return stepNs + multiplyAdds(sizes) / (tileRate[context.level] * 0.85) + softmaxNs;
    },
    lower(node, plan) {
      const sizes = sizesOf(node);
      const { batch, heads, queries, keys, depth, valueDepth } = sizes;
      const isJoined = node.attrs.heads !== undefined;
      const mask = node.inputs[3];
      const maskStrides = broadcastStrides(mask ? dims(mask) : [], [batch, heads, queries, keys]);
      const rows = stripRows(context, sizes, plan.threads);
      plan.step({
        kernel: "f32_attention",
        args: [input(node, 0), input(node, 1), input(node, 2), output(node), ...(mask ? [mask] : [])].map(
          (value) => plan.arg(value),
        ),
        params: Int32Array.of(
          ...[heads, queries, keys, depth, valueDepth],
          ...strides(queries, depth, heads, isJoined),
          ...strides(keys, depth, heads, isJoined),
          ...strides(keys, valueDepth, heads, isJoined),
          ...strides(queries, valueDepth, heads, isJoined),
          ...maskStrides,
          ...[Number(mask !== undefined), rows, floatBits(node.attrs.scale)],
        ),
        tasks: batch * heads * Math.ceil(queries / rows),
        scratchBytes: scratchBytes(context, sizes),
      });
    },
  };
  return [sized(kernel) as Kernel];
}
