import { isStatic, type Program } from "@coracle/core";

/** Ops whose multiply-adds are a model's published size; others are not counted. */
const counted = new Set(["conv", "convTranspose", "matMul", "einsum", "lstm", "gru", "rnn"]);

/** Two for each multiply-add of the direct algorithms. */
export function flopsOfProgram(program: Program): number {
  let sum = 0;
  for (const { op, attrs, inputs, outputs } of program.nodes) {
    const types = [inputs, outputs].map((values) => values.map(({ type }) => type));
    if (!counted.has(op.name) || !types.flat().every(({ shape }) => isStatic(shape))) continue;
    sum += op.flops?.(types[0]!, types[1]!, attrs) ?? 0;
  }
  return sum;
}

/** From "[1,3,8,8] [4,3,3,3] -> [1,4,6,6]": bytes of these arrays as f32, each once. */
export function bytesOfShapes(shapes: string): number {
  let elements = 0;
  for (const [, dims] of shapes.matchAll(/\[([\d,]*)\]/g)) {
    elements += dims === "" ? 1 : dims!.split(",").reduce((product, dim) => product * Number(dim), 1);
  }
  return elements * 4;
}
