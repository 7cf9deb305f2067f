import { hasBytes } from "../ir/dtype.ts";
import { type Block, consumersOf, makeValue, type Node, type Program, type Value } from "../ir/program.ts";
import { isPlannable } from "../ir/tensor.ts";
import { hasWeights } from "./bodies.ts";
import type { Split } from "./split.ts";

/** The rest of a split program: what a run by reference must settle next, and what can then be planned. */
export interface Stage {
  /** Inputs: those of the split's rest. Outputs: the inputs of `after`. */
  readonly ready: Block;
  /** Its inputs' shapes are known once `ready` has run. Outputs: the program's. */
  readonly after: Program;
}

/**
 * Undefined when nothing after the first unknown shapes is worth a plan: it has no weights, and its shapes stay
 * unknown.
 */
export function nextStage({ head, rest }: Split): Stage | undefined {
  const available = new Set(rest.inputs);
  const isThere = (value: Value): boolean => value.data !== undefined || available.has(value);
  const ready = new Set(rest.nodes.filter(({ inputs }) => inputs.every(isThere)));
  const settling = settlingValues(rest);
  const isEarly = (node: Node): boolean =>
    node.inputs.every(isThere) && (isObjects(node) || node.inputs.some((input) => settling.has(input)));
  for (const node of rest.nodes) {
    if (!ready.has(node) && !isEarly(node)) continue;
    ready.add(node);
    for (const output of node.outputs) available.add(output);
  }
  const readyNodes = rest.nodes.filter((node) => ready.has(node));
  const laterNodes = rest.nodes.filter((node) => !ready.has(node));
  const used = new Set([...laterNodes.flatMap(({ inputs }) => inputs), ...rest.outputs]);
  const carried = [...available].filter((value) => used.has(value));
  const isSettled = laterNodes.length > 0 && carried.every(({ type }) => isPlannable(type));
  if (!isSettled && !laterNodes.some(hasWeights)) return undefined;
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

/** Never part of a plan, so there is nothing to wait for. */
function isObjects({ inputs, outputs }: Node): boolean {
  return [...inputs, ...outputs].some(({ type }) => !hasBytes(type.dtype));
}

/**
 * Values of unknown shape that nodes without weights bring back to known shapes, as a scatter of what was selected:
 * these run before the next plan, which is then one for all runs.
 */
function settlingValues(rest: Block): ReadonlySet<Value> {
  const readers = consumersOf(rest);
  const settling = new Set<Value>();
  const isSettled = (value: Value): boolean => isPlannable(value.type) || settling.has(value);
  for (const { outputs } of [...rest.nodes].reverse()) {
    for (const output of outputs) {
      const nodes = readers.get(output);
      const isBack = nodes?.every((node) => !isHeavy(node) && node.outputs.every(isSettled));
      if (isBack && !isPlannable(output.type) && !rest.outputs.includes(output)) settling.add(output);
    }
  }
  return settling;
}

const isHeavy = (node: Node): boolean => node.op.flops !== undefined && hasWeights(node);

/** Dimensions of the inputs become symbols of their own: two of one name need not agree during a run. */
export function withFreshSymbols(program: Program): Program {
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
