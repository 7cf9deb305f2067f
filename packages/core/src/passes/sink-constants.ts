import { inferNode } from "../ir/infer.ts";
import { mapNestedBlocks } from "../ir/nested.ts";
import { type Block, makeValue, type Node, type Value } from "../ir/program.ts";
import { isOp, type Rewrite, refineType } from "../ir/rewrite.ts";
import type { Tensor } from "../ir/tensor.ts";
import { ifElse, loop, scan, sequenceMap } from "../ops/index.ts";
import { keepingType, type Pass, rewritePass } from "./pass.ts";

interface Captures {
  /** Of the first capture among the node's inputs, and among those of its blocks. */
  readonly inputs: number;
  readonly blockInputs: number;
}

function capturesOf(node: Node): Captures | undefined {
  if (isOp(node, ifElse)) return { inputs: 1, blockInputs: 0 };
  const same = (first: number): Captures => ({ inputs: first, blockInputs: first });
  if (isOp(node, loop)) return same(2 + node.attrs.numCarried);
  if (isOp(node, scan)) return same(node.attrs.numStates + node.attrs.numScanInputs);
  return isOp(node, sequenceMap) ? same(node.attrs.numInputs) : undefined;
}

/** The block with constants in place of some inputs, by their index. */
function withConstants(block: Block, constants: ReadonlyMap<number, Tensor>): Block {
  const now = new Map<Value, Value>();
  block.inputs.forEach((input, i) => {
    const data = constants.get(i);
    if (data) now.set(input, makeValue(input.name, { ...input.type, shape: data.shape }, data));
  });
  const current = (value: Value): Value => now.get(value) ?? value;
  const nodes = block.nodes.map((node) => {
    if (!node.inputs.some((input) => now.has(input))) return node;
    const typed = { ...node, inputs: node.inputs.map(current) };
    const types = inferNode(typed);
    const outputs = node.outputs.map((output, i) => {
      const type = refineType(output.type, types[i]!);
      if (type === output.type) return output;
      const value = makeValue(output.name, type);
      now.set(output, value);
      return value;
    });
    return { ...typed, outputs };
  });
  return {
    inputs: block.inputs.filter((_, i) => !constants.has(i)),
    outputs: block.outputs.map(current),
    nodes,
  };
}

const sinkConstants: Rewrite = {
  name: "sink-constants",
  anchors: [ifElse, loop, scan, sequenceMap],
  rewrite(node, graph) {
    const first = capturesOf(node);
    if (!first) return undefined;
    const constants = new Map<number, Tensor>();
    const kept = node.inputs.filter((input, i) => {
      const data = i >= first.inputs ? graph.constant(input) : undefined;
      if (data) constants.set(i - first.inputs + first.blockInputs, data);
      return data === undefined;
    });
    if (constants.size === 0) return undefined;
    const { attrs } = mapNestedBlocks(node, (block) => withConstants(block, constants));
    const names = { name: node.name, outputs: node.outputs.map(({ name }) => name) };
    return graph.node(node.op, attrs, kept, names);
  },
};

/** Constants that blocks read become constants inside them, where they can be folded and packed once. */
export const sinkConstantsPass: Pass = rewritePass("sink-constants", [keepingType(sinkConstants)]);
