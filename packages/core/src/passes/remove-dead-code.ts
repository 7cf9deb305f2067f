import { mapNestedBlocks } from "../ir/nested.ts";
import type { Block, Node, Program, Value } from "../ir/program.ts";
import type { Pass } from "./pass.ts";

function liveNodes(block: Block, roots: readonly Value[]): readonly Node[] {
  const read = new Set<Value>(roots);
  const live: Node[] = [];
  let isChanged = false;
  for (let i = block.nodes.length - 1; i >= 0; i--) {
    const node = block.nodes[i]!;
    if (!node.outputs.some((output) => read.has(output))) {
      isChanged = true;
      continue;
    }
    for (const input of node.inputs) read.add(input);
    const next = mapNestedBlocks(node, withoutDeadCode);
    isChanged ||= next !== node;
    live.push(next);
  }
  return isChanged ? live.reverse() : block.nodes;
}

function withoutDeadCode(block: Block): Block {
  const nodes = liveNodes(block, block.outputs);
  return nodes === block.nodes ? block : { ...block, nodes };
}

/** Drops nodes that no output and no state depends on. Program inputs stay. */
export const removeDeadCodePass: Pass = {
  name: "remove-dead-code",
  run(program: Program): Program {
    const roots = [...program.outputs, ...program.states.map(({ next }) => next)];
    const nodes = liveNodes(program, roots);
    return nodes === program.nodes ? program : { ...program, nodes };
  },
};
