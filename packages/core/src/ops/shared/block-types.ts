import { ShapeError } from "../../errors.ts";
import { isContainer } from "../../ir/dtype.ts";
import { elementsAgree, formatNested, mergedElement } from "../../ir/element.ts";
import type { Block, Value } from "../../ir/program.ts";
import type { Dim, Shape } from "../../ir/shape.ts";
import type { ElementType, TensorType } from "../../ir/tensor.ts";
import { canEqual } from "./channels.ts";

const format = ({ dtype, shape, element }: TensorType): string => formatNested(dtype, shape, element);

/** Throws ShapeError where a value that is stacked is a container. */
export function checkScans(values: readonly Value[]): void {
  const wrong = values.find(({ type }) => isContainer(type.dtype));
  if (wrong) throw new ShapeError(`scan value "${wrong.name}" is ${format(wrong.type)}; expected a tensor.`);
}

/** The element of a container whose other form has another; an empty one fits all of its dtype. Throws ShapeError. */
function joinedElement(a: TensorType, b: TensorType, what: string): ElementType {
  const [x, y] = [a.element!, b.element!];
  const merged = mergedElement(x, y);
  if (!merged) throw new ShapeError(`${what} is ${format(a)} or ${format(b)}; expected one kind of element.`);
  if (a.shape[0] === 0) return y;
  return b.shape[0] === 0 ? x : merged;
}

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
      shape.every((dim, axis) => canEqual(dim, type.shape[axis]!)) &&
      elementsAgree(given[i]!.element, type.element);
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
  const shape = a.shape.map((dim, i): Dim => (dim === b.shape[i] ? dim : `?${output}.${i}`));
  if (!isContainer(a.dtype)) return { dtype: a.dtype, shape };
  return { dtype: a.dtype, shape, element: joinedElement(a, b, `output ${output}`) };
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
  if (!isContainer(initial.dtype)) return { dtype: initial.dtype, shape };
  return { dtype: initial.dtype, shape, element: joinedElement(initial, after, `carried value ${index}`) };
}
