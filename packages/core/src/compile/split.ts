import type { Block, Program, Value } from "../ir/program.ts";
import { isStatic } from "../ir/shape.ts";

export interface Split {
  /** All its shapes are numbers; its outputs are what `rest` needs of it. */
  readonly head: Program;
  /** Inputs: the program's inputs, then the head's outputs. Outputs: the program's. */
  readonly rest: Block;
}

/**
 * Parts a program before its first nodes whose shapes only a run makes known: a detector's network from its
 * selection of boxes. The head is empty when nothing can be planned.
 */
export function splitStatic(program: Program): Split {
  const known = new Set<Value>(program.inputs.filter(({ type }) => isStatic(type.shape)));
  const made = new Set<Value>();
  const isHead = program.nodes.map(({ inputs, outputs }) => {
    const can =
      inputs.every((input) => input.data !== undefined || known.has(input)) &&
      outputs.every(({ type }) => isStatic(type.shape));
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
    head: { inputs: program.inputs, outputs: crossing, nodes: usefulNodes, meta: program.meta, states: [] },
    rest: { inputs: [...program.inputs, ...crossing], outputs: program.outputs, nodes: restNodes },
  };
}
