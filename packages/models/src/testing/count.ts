import { constantsOf, isStatic, type Node, type Program, type Value } from "@coracle/core";

const counted = new Set(["conv", "convTranspose", "matMul", "lstm"]);

function macsOf({ op, attrs, inputs, outputs }: Node): number {
  if (!counted.has(op.name)) return 0;
  const types = (values: readonly Value[]) => values.map(({ type }) => type);
  if (![...inputs, ...outputs].every(({ type }) => isStatic(type.shape))) {
    throw new Error(`${op.name} has a symbolic shape; expected numbers.`);
  }
  return op.flops!(types(inputs), types(outputs), attrs) / 2;
}

/** Multiply-adds of convolutions, matrix products and recurrent cells of a program of static shapes. */
export function countMacs(program: Program): number {
  return program.nodes.reduce((sum, node) => sum + macsOf(node), 0);
}

/** Numbers in named weights, running statistics included. */
export function countNumbers(program: Program): number {
  return weightsOf(program).reduce((sum, { data }) => sum + data!.data.length, 0);
}

/** `countNumbers` without the running mean and variance of batch norms. */
export function countParameters(program: Program): number {
  const statistics = new Set(
    program.nodes.flatMap(({ op, inputs }) => (op.name === "batchNorm" ? inputs.slice(3) : [])),
  );
  const trainable = weightsOf(program).filter((value) => !statistics.has(value));
  return trainable.reduce((sum, { data }) => sum + data!.data.length, 0);
}

function weightsOf(program: Program): readonly Value[] {
  return [...constantsOf(program)].filter(({ name }) => /\.[wb]_\d$/.test(name));
}
