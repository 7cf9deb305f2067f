import { type Block, constantsOf, isStatic, type Node, type Value } from "@coracle/core";

const counted = new Set(["conv", "convTranspose", "matMul", "lstm", "gru"]);

/** Every block but the program's own: of loops. */
function bodyOf({ attrs }: Node): Block | undefined {
  return (attrs as { readonly body?: Block } | undefined)?.body;
}

function macsOf(node: Node): number {
  const { op, attrs, inputs, outputs } = node;
  const body = bodyOf(node);
  if (body) return Number(inputs[0]!.data!.data[0]) * countMacs(body);
  if (!counted.has(op.name)) return 0;
  const types = (values: readonly Value[]) => values.map(({ type }) => type);
  if (![...inputs, ...outputs].every(({ type }) => isStatic(type.shape))) {
    throw new Error(`${op.name} has a symbolic shape; expected numbers.`);
  }
  return op.flops!(types(inputs), types(outputs), attrs) / 2;
}

/**
 * Multiply-adds of convolutions, matrix products and recurrent cells of a program of static shapes; a loop's as often
 * as it may run.
 */
export function countMacs(program: Block): number {
  return program.nodes.reduce((sum, node) => sum + macsOf(node), 0);
}

/** Numbers in named weights, running statistics included. */
export function countNumbers(program: Block): number {
  return weightsOf(program).reduce((sum, { data }) => sum + data!.data.length, 0);
}

/** `countNumbers` without the running mean and variance of batch norms. */
export function countParameters(program: Block): number {
  const statistics = new Set(
    program.nodes.flatMap(({ op, inputs }) => (op.name === "batchNorm" ? inputs.slice(3) : [])),
  );
  const trainable = weightsOf(program).filter((value) => !statistics.has(value));
  return trainable.reduce((sum, { data }) => sum + data!.data.length, 0);
}

function weightsOf(program: Block): readonly Value[] {
  const bodies = program.nodes.flatMap((node) => bodyOf(node) ?? []);
  const all = new Set([program, ...bodies].flatMap((block) => [...constantsOf(block)]));
  return [...all].filter(({ name }) => /\.[wb]_\d(\.\d+)?$/.test(name));
}
