import type { Block, Value } from "../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { numbers } from "../ir/tensor.ts";
import { ifElse } from "../ops/index.ts";
import { keepingType, type Pass, rewritePass } from "./pass.ts";

/** The block's nodes before the one at hand, under names that start with `prefix`; gives the block's outputs. */
function inlined(
  block: Block,
  captures: readonly Value[],
  prefix: string,
  graph: RewriteGraph,
): readonly Value[] {
  const now = new Map<Value, Value>(block.inputs.map((input, i) => [input, captures[i]!]));
  const current = (value: Value): Value => now.get(value) ?? value;
  for (const node of block.nodes) {
    const names = {
      name: `${prefix}/${node.name}`,
      outputs: node.outputs.map(({ name }) => `${prefix}/${name}`),
    };
    const outputs = graph.node(node.op, node.attrs, node.inputs.map(current), names);
    node.outputs.forEach((output, i) => {
      now.set(output, outputs[i]!);
    });
  }
  return block.outputs.map(current);
}

const inlineBranch: Rewrite = {
  name: "inline-branch",
  anchors: [ifElse],
  rewrite(node, graph) {
    const condition = graph.constant(node.inputs[0]);
    if (!isOp(node, ifElse) || condition?.data.length !== 1) return undefined;
    const block = numbers(condition)[0] ? node.attrs.then : node.attrs.else;
    return inlined(block, node.inputs.slice(1), node.name, graph);
  },
};

/** An `if` whose condition is known becomes the branch that is taken. */
export const inlineBranchesPass: Pass = rewritePass("inline-branches", [keepingType(inlineBranch)]);
