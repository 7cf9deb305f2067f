import type { Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { matMul, transpose } from "../../ops/index.ts";

/** What `value` is the transposition of the last two dimensions of. */
function swapped(value: Value, graph: RewriteGraph): Value | undefined {
  const node = graph.producer(value);
  if (!isOp(node, transpose)) return undefined;
  const { perm } = node.attrs;
  const rank = perm.length;
  if (rank < 2) return undefined;
  const isSwap = perm.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
  return isSwap ? node.inputs[0] : undefined;
}

/** matMul of a transposed operand */
function transposeIntoMatMul(side: 0 | 1): Rewrite {
  return {
    name: `transpose-into-mat-mul-${side}`,
    anchors: [matMul],
    rewrite(node, graph) {
      const source = isOp(node, matMul) ? swapped(node.inputs[side]!, graph) : undefined;
      if (!source || !isOp(node, matMul)) return undefined;
      const { attrs } = node;
      const flipped = side === 0 ? { transA: !attrs.transA } : { transB: !attrs.transB };
      const inputs = node.inputs.map((input, i) => (i === side ? source : input));
      return [graph.one(matMul, { ...attrs, ...flipped }, inputs)];
    },
  };
}

export const transposeFusions: readonly Rewrite[] = [transposeIntoMatMul(0), transposeIntoMatMul(1)];
