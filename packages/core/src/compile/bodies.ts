import { hasBytes } from "../ir/dtype.ts";
import { nestedBlocks } from "../ir/nested.ts";
import type { Block, Node } from "../ir/program.ts";
import { isStatic, numElements } from "../ir/shape.ts";

/** Constants of at least this many elements and two dimensions are weights: their nodes deserve a kernel. */
const fewestWeights = 1024;

/** Values of at least this many elements are slow by reference, whatever makes them. */
const manyElements = 4096;

/** What is slow by reference whatever it reads. */
const heavyOps: ReadonlySet<string> = new Set([
  ...["attention", "conv", "convTranspose", "einsum", "gru", "linearAttention", "lstm", "matMul", "rnn"],
  ...["convInteger", "matMulInteger", "qlinearConv", "qlinearMatMul"],
]);

export function hasWeights({ inputs }: Node): boolean {
  return inputs.some(
    ({ data }) =>
      data && data.shape.length >= 2 && hasBytes(data.dtype) && numElements(data.shape) >= fewestWeights,
  );
}

function makesMuch({ outputs }: Node): boolean {
  return outputs.some(
    ({ type: { dtype, shape } }) => hasBytes(dtype) && isStatic(shape) && numElements(shape) >= manyElements,
  );
}

function isWorthIt(node: Node): boolean {
  return heavyOps.has(node.op.name) || hasWeights(node) || makesMuch(node) || plansBlocks(node);
}

const worthPlans = new WeakMap<Block, boolean>();

/** True for a nested block that deserves plans of its own: it, or a block in it, has weights, large values or heavy ops. */
export function deservesPlan(block: Block): boolean {
  const known = worthPlans.get(block);
  if (known !== undefined) return known;
  const found = block.nodes.some(isWorthIt);
  worthPlans.set(block, found);
  return found;
}

/** True for a node that stays out of plans, since its blocks have their own. */
export function plansBlocks(node: Node): boolean {
  return node.op.calls !== undefined && nestedBlocks(node).some(([, block]) => deservesPlan(block));
}
