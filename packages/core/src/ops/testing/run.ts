import { expect } from "vitest";
import { type DType, isBigInt } from "../../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../../ir/numeric.ts";
import type { Op } from "../../ir/op.ts";
import { Tensor, type TensorType } from "../../ir/tensor.ts";

/** A tensor of any dtype from numbers, floats rounded. */
export function tensor(dtype: DType, shape: readonly number[], values: readonly number[]): Tensor {
  return fromNumbers(dtype, shape, values);
}

export const f32 = (shape: readonly number[], values: readonly number[]): Tensor =>
  tensor("f32", shape, values);
export const vector = (...values: readonly number[]): Tensor => f32([values.length], values);
export const i64: (values: readonly number[]) => Tensor = Tensor.ints;

/** Types the inputs as constants and runs the reference; the first output as [shape, values]. */
export function run<A>(
  op: Op<A>,
  attrs: A,
  inputs: readonly Tensor[],
): { shape: readonly number[]; values: number[] } {
  const [first] = runAll(op, attrs, inputs);
  return first!;
}

export function runAll<A>(
  op: Op<A>,
  attrs: A,
  inputs: readonly Tensor[],
): { shape: readonly number[]; values: number[] }[] {
  const types = op.infer(
    inputs.map(({ type }) => type),
    attrs,
    inputs,
  );
  const outputs = op.reference(inputs, attrs);
  expect(outputs.map(({ dtype }) => dtype)).toEqual(types.map(({ dtype }) => dtype));
  return outputs.map((output) => ({ shape: output.shape, values: Array.from(toNumbers(output)) }));
}

/** The exact elements of an i64 or u64 output. */
export function runBig<A>(op: Op<A>, attrs: A, inputs: readonly Tensor[]): bigint[] {
  const [output] = op.reference(inputs, attrs);
  expect(isBigInt(output!.dtype)).toBe(true);
  return Array.from(output!.data as BigInt64Array);
}

/** The first output's type with nothing known but the types. */
export function typeOf<A>(
  op: Op<A>,
  attrs: A,
  inputs: readonly TensorType[],
  known: readonly (Tensor | undefined)[] = [],
): TensorType {
  return op.infer(
    inputs,
    attrs,
    inputs.map((_, i) => known[i]),
  )[0]!;
}
