import type { Tensor, TensorType } from "../../ir/tensor.ts";
import { Tensor as TensorClass } from "../../ir/tensor.ts";
import { allocate } from "./allocate.ts";

/** A tensor of `shape` whose element i is source element offsets[i]; whole elements move, whatever the dtype. */
export function takeElements(source: Tensor, shape: readonly number[], offsets: ArrayLike<number>): Tensor {
  const out = allocate(source.dtype, shape) as Float64Array;
  const data = source.data as Float64Array;
  for (let i = 0; i < out.length; i++) out[i] = data[offsets[i]!]!;
  return TensorClass.from(source.dtype, shape, out);
}

/** The same elements under another shape. */
export function reshaped(source: Tensor, shape: readonly number[]): Tensor {
  return TensorClass.from(source.dtype, shape, source.data);
}

export function withShape(type: TensorType, shape: TensorType["shape"]): TensorType {
  return { dtype: type.dtype, shape };
}

interface StridedView {
  readonly shape: readonly number[];
  /** In elements of the source, for one step along each axis of the shape. */
  readonly strides: readonly number[];
  /** The source element that position 0 reads. Default 0. */
  readonly start?: number;
}

/** The elements that a strided walk over the source meets, in row-major order, under `shape` (default: the walk's). */
export function takeStrided(
  source: Tensor,
  { shape, strides, start = 0 }: StridedView,
  as: readonly number[] = shape,
): Tensor {
  const out = allocate(source.dtype, as) as Float64Array;
  const data = source.data as Float64Array;
  const inner = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 0;
  const rows = inner === 0 ? 0 : out.length / inner;
  const position = new Int32Array(shape.length);
  for (let row = 0, at = 0, from = start; row < rows; row++) {
    for (let i = 0; i < inner; i++) out[at++] = data[from + i * step]!;
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return TensorClass.from(source.dtype, as, out);
}
