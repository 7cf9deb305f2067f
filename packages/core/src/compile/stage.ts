import { type Block, makeValue, type Node, type Program, type Value } from "../ir/program.ts";
import type { Split } from "./split.ts";

/** Constants of at least this many elements and two dimensions are weights: their nodes deserve a kernel. */
const fewestWeights = 1024;

/** The rest of a split program: what a run by reference must settle next, and what can then be planned. */
export interface Stage {
  /** Inputs: those of the split's rest. Outputs: the inputs of `after`. */
  readonly ready: Block;
  /** Its inputs' shapes are known once `ready` has run. Outputs: the program's. */
  readonly after: Program;
}

/** Undefined when nothing after the first unknown shapes is worth a plan. */
export function nextStage({ head, rest }: Split): Stage | undefined {
  const available = new Set(rest.inputs);
  const isThere = (value: Value): boolean => value.data !== undefined || available.has(value);
  const readyNodes = rest.nodes.filter(({ inputs }) => inputs.every(isThere));
  const laterNodes = rest.nodes.filter(({ inputs }) => !inputs.every(isThere));
  if (!laterNodes.some(hasWeights)) return undefined;
  for (const { outputs } of readyNodes) for (const output of outputs) available.add(output);
  const used = new Set([...laterNodes.flatMap(({ inputs }) => inputs), ...rest.outputs]);
  const carried = [...available].filter((value) => used.has(value));
  return {
    ready: { inputs: rest.inputs, outputs: carried, nodes: readyNodes },
    after: withFreshSymbols({
      inputs: carried,
      outputs: rest.outputs,
      nodes: laterNodes,
      meta: head.meta,
      states: [],
    }),
  };
}

function hasWeights({ inputs }: Node): boolean {
  return inputs.some(({ data }) => data && data.shape.length >= 2 && data.data.length >= fewestWeights);
}

/** Dimensions of the inputs become symbols of their own: two of one name need not agree during a run. */
function withFreshSymbols(program: Program): Program {
  const fresh = new Map<Value, Value>();
  for (const input of program.inputs) {
    const shape = input.type.shape.map((dim, axis) =>
      typeof dim === "number" ? dim : `${input.name}:${axis}`,
    );
    fresh.set(input, makeValue(input.name, { ...input.type, shape }));
  }
  const current = (value: Value): Value => fresh.get(value) ?? value;
  return {
    ...program,
    inputs: program.inputs.map(current),
    outputs: program.outputs.map(current),
    nodes: program.nodes.map((node) => ({ ...node, inputs: node.inputs.map(current) })),
  };
}
