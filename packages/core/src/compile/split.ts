import { hasBytes } from "../ir/dtype.ts";
import type { Block, Program, Value } from "../ir/program.ts";
import { isPlannable } from "../ir/tensor.ts";
import { plansBlocks } from "./bodies.ts";

export interface Split {
  /** All its values can be planned; its outputs are what `rest` needs of it. */
  readonly head: Program;
  /** Which inputs of the program are the head's. */
  readonly headInputs: readonly number[];
  /** Inputs: the program's inputs, then the head's outputs. Outputs: the program's. */
  readonly rest: Block;
}

/**
 * Parts a program before its first nodes whose shapes only a run makes known (a detector's network from its selection
 * of boxes) and those of strings, of containers and of blocks that have plans of their own. The head is empty when nothing can be planned.
 */
export function splitStatic(program: Program): Split {
  const headInputs = program.inputs.flatMap(({ type }, i) => (isPlannable(type) ? [i] : []));
  const inputs = headInputs.map((i) => program.inputs[i]!);
  const known = new Set<Value>(inputs);
  const made = new Set<Value>();
  const isHead = program.nodes.map((node) => {
    const { inputs: reads, outputs } = node;
    const can =
      !plansBlocks(node) &&
      reads.every((input) => (input.data ? hasBytes(input.type.dtype) : known.has(input))) &&
      outputs.every(({ type }) => isPlannable(type));
    if (can) {
      for (const output of outputs) {
        known.add(output);
        made.add(output);
      }
    }
    return can;
  });
  const headNodes = program.nodes.filter((_, i) => isHead[i]);
  const restNodes = program.nodes.filter((_, i) => !isHead[i]);
  const needed = [...restNodes.flatMap(({ inputs }) => inputs), ...program.outputs];
  const crossing = [...new Set(needed.filter((value) => made.has(value)))];
  const usefulNodes = crossing.length > 0 ? headNodes : [];
  return {
    head: { inputs, outputs: crossing, nodes: usefulNodes, meta: program.meta, states: [] },
    headInputs,
    rest: { inputs: [...program.inputs, ...crossing], outputs: program.outputs, nodes: restNodes },
  };
}
