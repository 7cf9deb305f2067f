import { ShapeError } from "../../errors.ts";
import { formatShape, type Shape } from "../../ir/shape.ts";
import type { Tensor, TensorType } from "../../ir/tensor.ts";
import { canEqual } from "./channels.ts";
import { checkDType } from "./check.ts";
import { toDoubles } from "./doubles.ts";
import { isScalar } from "./quant-params.ts";
import { broadcastStrides, stridedOffsets } from "./strided.ts";

export type Side = "row" | "column";

/** A parameter vector as it broadcasts against a matrix: per row [M,1], per column [1,N]. */
export function alignParameter(shape: readonly number[], side: Side): readonly number[] {
  return shape.length === 1 && side === "row" ? [shape[0]!, 1] : shape;
}

/** Scale or zero point of a matrix: one element, one per row or column, or that per batch. Throws ShapeError. */
export function checkMatrixParameter(type: TensorType, matrix: Shape, side: Side, what: string): void {
  if (isScalar(type.shape)) return;
  const own = matrix.length === 1 ? (side === "row" ? [1, ...matrix] : [...matrix, 1]) : matrix;
  const kept = own.at(side === "row" ? -2 : -1)!;
  const expected = side === "row" ? [...own.slice(0, -1), 1] : [...own.slice(0, -2), 1, kept];
  const fits =
    type.shape.length === 1
      ? canEqual(type.shape[0]!, kept)
      : type.shape.length === expected.length && type.shape.every((dim, i) => canEqual(dim, expected[i]!));
  if (fits) return;
  throw new ShapeError(
    `${what} has shape ${formatShape(type.shape)}; expected one element, [${kept}] or ${formatShape(expected)}.`,
  );
}

export function check8Bit(type: TensorType, zeroPoint: TensorType, what: string): void {
  checkDType(type, ["u8", "i8"], what);
  checkDType(zeroPoint, [type.dtype], `zero point of ${what}`);
}

/** The matrix with its zero point taken off, exact. */
export function centred(matrix: Tensor, zeroPoint: Tensor, side: Side): Float64Array {
  const values = toDoubles(matrix);
  const zeros = toDoubles(zeroPoint);
  if (zeros.length === 1) return values.map((value) => value - zeros[0]!);
  const strides = broadcastStrides(alignParameter(zeroPoint.shape, side), matrix.shape);
  const at = stridedOffsets(matrix.shape, strides);
  return values.map((value, i) => value - zeros[at[i]!]!);
}
