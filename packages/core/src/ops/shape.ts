import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements, type Shape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { checkInputs } from "./shared/check.ts";
import type { NoAttrs } from "./unary.ts";

export interface ShapeAttrs {
  readonly start: number;
  /** Exclusive; clamped to the rank, negative from the back. */
  readonly end: number;
}

function selectDims(shape: Shape, { start, end }: ShapeAttrs): Shape {
  const clamp = (x: number): number => Math.min(Math.max(x < 0 ? x + shape.length : x, 0), shape.length);
  return shape.slice(clamp(start), Math.max(clamp(start), clamp(end)));
}

/** x -> its dimensions start..end-1 as i64 [k]. */
export const shapeOf: Op<ShapeAttrs> = defineOp({
  name: "shape",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, attrs) {
    checkInputs(inputs, 1);
    return [{ dtype: "i64", shape: [selectDims(inputs[0]!.shape, attrs).length] }];
  },
  reference: ([x], attrs) => [Tensor.ints(selectDims(x!.shape, attrs) as readonly number[])],
});

/** x -> its number of elements as an i64 scalar. */
export const sizeOf: Op<NoAttrs> = defineOp({
  name: "size",
  accuracy: "exact",
  takes: "strings",
  infer(inputs) {
    checkInputs(inputs, 1);
    return [{ dtype: "i64", shape: [] }];
  },
  reference: ([x]) => [Tensor.scalar("i64", isStatic(x!.shape) ? numElements(x!.shape) : 0)],
});
