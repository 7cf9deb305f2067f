import { ShapeError } from "../../errors.ts";
import { type DType, isFloat } from "../../ir/dtype.ts";
import { formatShape } from "../../ir/shape.ts";
import type { TensorType } from "../../ir/tensor.ts";

/** Throws ShapeError unless the count lies in [min, max]. */
export function checkInputs(inputs: readonly unknown[], min: number, max: number = min): void {
  if (inputs.length >= min && inputs.length <= max) return;
  const expected =
    min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
  throw new ShapeError(`${inputs.length} inputs; expected ${expected}.`);
}

export function checkRank(type: TensorType, min: number, max: number, what: string): void {
  const rank = type.shape.length;
  if (rank >= min && rank <= max) return;
  const expected = min === max ? `rank ${min}` : `rank ${min} to ${max}`;
  throw new ShapeError(`${what} has shape ${formatShape(type.shape)}; expected ${expected}.`);
}

export function checkDType(type: TensorType, allowed: readonly DType[], what: string): void {
  if (!allowed.includes(type.dtype))
    throw new ShapeError(`${what} is ${type.dtype}; expected ${allowed.join(", ")}.`);
}

export function checkFloat(type: TensorType, what: string): void {
  if (!isFloat(type.dtype)) throw new ShapeError(`${what} is ${type.dtype}; expected a float.`);
}

export function checkSameDType(types: readonly TensorType[]): void {
  const [first] = types;
  for (const type of types) {
    if (type.dtype !== first!.dtype) {
      throw new ShapeError(
        `inputs are ${types.map(({ dtype }) => dtype).join(" and ")}; expected one dtype. Insert a cast.`,
      );
    }
  }
}

/** Throws ShapeError unless it is a 1-d i64 or i32 tensor (or 0-d, where `scalar`). */
export function checkIndexVector(type: TensorType, what: string): void {
  checkDType(type, ["i64", "i32"], what);
  checkRank(type, 0, 1, what);
}

/** The number of elements of a 1-d or 0-d input whose values are unknown. Throws ShapeError when that is unknown too. */
export function vectorLength(type: TensorType, what: string): number {
  const [length = 1] = type.shape;
  if (typeof length === "number") return length;
  throw new ShapeError(`${what} has unknown length "${length}"; expected a known number.`);
}
