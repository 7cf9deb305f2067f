import { ShapeError } from "../../errors.ts";
import type { Block } from "../../ir/program.ts";
import { type Dim, formatShape, type Shape } from "../../ir/shape.ts";
import type { TensorType } from "../../ir/tensor.ts";
import { canEqual } from "./channels.ts";

const format = ({ dtype, shape }: TensorType): string => `${dtype}${formatShape(shape)}`;

/** Throws ShapeError unless the block takes values of these types. */
export function checkBlockInputs(block: Block, given: readonly TensorType[], what: string): void {
  if (block.inputs.length !== given.length) {
    throw new ShapeError(`${what} takes ${block.inputs.length} inputs; expected ${given.length}.`);
  }
  block.inputs.forEach(({ type, name }, i) => {
    const { dtype, shape } = given[i]!;
    const fits =
      dtype === type.dtype &&
      shape.length === type.shape.length &&
      shape.every((dim, axis) => canEqual(dim, type.shape[axis]!));
    if (!fits)
      throw new ShapeError(`${what} input "${name}" is ${format(type)}; expected ${format(given[i]!)}.`);
  });
}

export function checkCount(block: Block, outputs: number, what: string): void {
  if (block.outputs.length < outputs) {
    throw new ShapeError(`${what} has ${block.outputs.length} outputs; expected at least ${outputs}.`);
  }
}

/** The type both have, with symbols of the output's own where sizes differ. Throws ShapeError. */
export function mergedType(a: TensorType, b: TensorType, output: number): TensorType {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length) {
    throw new ShapeError(`output ${output} is ${format(a)} or ${format(b)}; expected one dtype and rank.`);
  }
  return {
    dtype: a.dtype,
    shape: a.shape.map((dim, i): Dim => (dim === b.shape[i] ? dim : `?${output}.${i}`)),
  };
}

/**
 * What a carried value ends as: its own sizes where an iteration keeps them, symbols where it changes them.
 * Throws ShapeError when an iteration changes dtype or rank.
 */
export function carriedType(
  initial: TensorType,
  before: TensorType,
  after: TensorType,
  index: number,
): TensorType {
  if (initial.dtype !== after.dtype || initial.shape.length !== after.shape.length) {
    throw new ShapeError(
      `carried value ${index} starts as ${format(initial)} and becomes ${format(after)}; expected one dtype and rank.`,
    );
  }
  const shape: Shape = initial.shape.map((dim, i): Dim => {
    const next = after.shape[i]!;
    return next === dim || next === before.shape[i] ? dim : `?${index}.${i}`;
  });
  return { dtype: initial.dtype, shape };
}
