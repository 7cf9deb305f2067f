import { rowMajorStrides } from "../../ir/shape.ts";

/** Strides that read a tensor of `shape` as if it had the (broadcast) shape `out`: 0 where a dimension repeats. */
export function broadcastStrides(shape: readonly number[], out: readonly number[]): number[] {
  const strides = rowMajorStrides(shape);
  const lead = out.length - shape.length;
  return out.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : strides[axis - lead]!));
}

/** Calls `visit(outIndex, offsets)` for every element of `shape` in row-major order; offsets[i] follows strides[i]. */
export function forEachStrided(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (index: number, offsets: Int32Array | Float64Array) => void,
): void {
  const count = shape.reduce((a, b) => a * b, 1);
  const rank = shape.length;
  const position = new Int32Array(rank);
  const offsets = new Float64Array(strides.length);
  for (let index = 0; index < count; index++) {
    visit(index, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      if (++position[axis]! < shape[axis]!) {
        for (let s = 0; s < strides.length; s++) offsets[s]! += strides[s]![axis]!;
        break;
      }
      position[axis] = 0;
      for (let s = 0; s < strides.length; s++) offsets[s]! -= strides[s]![axis]! * (shape[axis]! - 1);
    }
  }
}

/** Element offsets into a tensor read with `strides` over `shape`, in row-major order. */
export function stridedOffsets(
  shape: readonly number[],
  strides: readonly number[],
  start = 0,
): Float64Array {
  const offsets = new Float64Array(shape.reduce((a, b) => a * b, 1));
  forEachStrided(shape, [strides], (index, at) => {
    offsets[index] = start + at[0]!;
  });
  return offsets;
}
