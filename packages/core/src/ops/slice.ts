import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, normalizeAxis, rowMajorStrides, type Shape } from "../ir/shape.ts";
import { ints, type Tensor } from "../ir/tensor.ts";
import { checkInputs } from "./shared/check.ts";
import { takeStrided, withShape } from "./shared/gather-data.ts";
import type { NoAttrs } from "./unary.ts";

export interface SliceRange {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/** One axis of a slice with numpy's clamping. Throws ShapeError for step 0. */
export function sliceRange(dim: number, start: number, end: number, step: number): SliceRange {
  if (step === 0) throw new ShapeError("step 0; expected a non-zero step.");
  const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
  const absolute = (x: number): number => (x < 0 ? x + dim : x);
  if (step > 0) {
    const from = clamp(absolute(start), 0, dim);
    const to = clamp(absolute(end), 0, dim);
    return { start: from, step, size: Math.max(0, Math.ceil((to - from) / step)) };
  }
  const from = clamp(absolute(start), -1, dim - 1);
  const to = clamp(absolute(end), -1, dim - 1);
  return { start: from, step, size: Math.max(0, Math.ceil((to - from) / step)) };
}

/** Every axis of a slice; those not in `axes` whole. */
export function sliceRanges(
  shape: readonly number[],
  [starts, ends, axes, steps]: readonly (readonly number[])[],
): SliceRange[] {
  const ranges = shape.map((size): SliceRange => ({ start: 0, step: 1, size }));
  if ([starts, ends, steps].some((list) => list!.length !== axes!.length)) {
    throw new ShapeError(
      `${starts!.length} starts, ${ends!.length} ends, ${axes!.length} axes, ${steps!.length} steps; expected equally many.`,
    );
  }
  axes!.forEach((axis, i) => {
    const at = normalizeAxis(axis, shape.length);
    ranges[at] = sliceRange(shape[at]!, starts![i]!, ends![i]!, steps![i]!);
  });
  return ranges;
}

function inferDims(shape: Shape, known: readonly (Tensor | undefined)[]): Dim[] {
  const [starts, ends, axes, steps] = known.slice(1).map((tensor) => tensor && ints(tensor));
  if (!axes) return shape.map((_, i) => `?${i}`);
  const out = [...shape];
  axes.forEach((axis, i) => {
    const at = normalizeAxis(axis, shape.length);
    const dim = shape[at]!;
    if (typeof dim === "number" && starts && ends && steps)
      out[at] = sliceRange(dim, starts[i]!, ends[i]!, steps[i]!).size;
    else out[at] = `slice(${dim},${starts?.[i] ?? "?"},${ends?.[i] ?? "?"},${steps?.[i] ?? "?"})`;
  });
  return out;
}

/** x, starts, ends, axes, steps i64 [k] -> x[start:end:step] along these axes, with numpy's clamping. */
export const slice: Op<NoAttrs> = defineOp({
  name: "slice",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, _, known) {
    checkInputs(inputs, 5);
    const lengths = known.slice(1).flatMap((tensor) => (tensor ? [tensor.data.length] : []));
    if (new Set(lengths).size > 1)
      throw new ShapeError(`starts, ends, axes and steps have ${lengths} elements; expected equally many.`);
    return [withShape(inputs[0]!, inferDims(inputs[0]!.shape, known))];
  },
  reference([x, ...rest]) {
    const ranges = sliceRanges(x!.shape, rest.map(ints));
    const strides = rowMajorStrides(x!.shape);
    const start = ranges.reduce((sum, range, axis) => sum + range.start * strides[axis]!, 0);
    const shape = ranges.map(({ size }) => size);
    return [
      takeStrided(x!, { shape, strides: ranges.map(({ step }, axis) => step * strides[axis]!), start }),
    ];
  },
});
