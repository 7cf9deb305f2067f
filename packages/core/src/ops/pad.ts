import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, dimAdd, normalizeAxis, rowMajorStrides, type Shape } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs } from "./shared/check.ts";
import { withShape } from "./shared/gather-data.ts";

export interface PadAttrs {
  readonly mode: "constant" | "reflect" | "edge" | "wrap";
}

/** Elements added before and after each axis; negative ones take away. */
export function padsPerAxis(
  rank: number,
  pads: readonly number[],
  axes: readonly number[],
): { before: number[]; after: number[] } {
  if (pads.length !== axes.length * 2)
    throw new ShapeError(`${pads.length} pads for ${axes.length} axes; expected two for each.`);
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    const at = normalizeAxis(axis, rank);
    before[at] = pads[i]!;
    after[at] = pads[axes.length + i]!;
  });
  return { before, after };
}

/** The source position of an output position along one axis; -1 outside in mode constant. */
export function paddedPosition(position: number, size: number, mode: PadAttrs["mode"]): number {
  if (position >= 0 && position < size) return position;
  if (size === 0) return -1;
  switch (mode) {
    case "constant":
      return -1;
    case "edge":
      return position < 0 ? 0 : size - 1;
    case "wrap":
      return ((position % size) + size) % size;
    default: {
      if (size === 1) return 0;
      const period = 2 * (size - 1);
      const folded = ((position % period) + period) % period;
      return folded < size ? folded : period - folded;
    }
  }
}

function paddedShape(shape: Shape, { before, after }: ReturnType<typeof padsPerAxis>): Dim[] {
  return shape.map((dim, axis) => {
    const out = dimAdd(dim, before[axis]! + after[axis]!);
    if (typeof out === "number" && out < 0)
      throw new ShapeError(`axis ${axis} of size ${dim} would become ${out}; expected at least 0.`);
    return out;
  });
}

/** x, pads i64 [2k] (begins, then ends), value scalar, axes i64 [k] -> x with elements added or taken away. */
export const pad: Op<PadAttrs> = defineOp({
  name: "pad",
  accuracy: "exact",
  infer(inputs, _, known) {
    checkInputs(inputs, 4);
    const { shape } = inputs[0]!;
    if (!known[1] || !known[3])
      return [
        withShape(
          inputs[0]!,
          shape.map((_dim, i) => `?${i}`),
        ),
      ];
    return [
      withShape(inputs[0]!, paddedShape(shape, padsPerAxis(shape.length, ints(known[1]), ints(known[3])))),
    ];
  },
  reference([x, pads, value, axes], { mode }) {
    const amounts = padsPerAxis(x!.shape.length, ints(pads!), ints(axes!));
    const shape = paddedShape(x!.shape, amounts) as number[];
    const out = allocate(x!.dtype, shape) as Float64Array;
    if (out.length === 0) return [Tensor.from(x!.dtype, shape, out)];
    const strides = rowMajorStrides(x!.shape);
    const fill = value!.data[0] as number;
    const offsets = shape.map((size, axis) =>
      Int32Array.from({ length: size }, (_, i) => {
        const from = paddedPosition(i - amounts.before[axis]!, x!.shape[axis]!, mode);
        return from < 0 ? -1 : from * strides[axis]!;
      }),
    );
    const wanted = rowMajorStrides(shape);
    const data = x!.data as Float64Array;
    for (let i = 0; i < out.length; i++) {
      let from = 0;
      for (let axis = 0; axis < shape.length && from >= 0; axis++) {
        const step = offsets[axis]![Math.floor(i / wanted[axis]!) % shape[axis]!]!;
        from = step < 0 ? -1 : from + step;
      }
      out[i] = from < 0 ? fill : data[from]!;
    }
    return [Tensor.from(x!.dtype, shape, out)];
  },
});
