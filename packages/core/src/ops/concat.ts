import { ShapeError } from "../errors.ts";
import type { TypedData } from "../ir/dtype.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { dimAdd, formatShape, normalizeAxis, type Shape } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs, checkSameDType } from "./shared/check.ts";
import { withShape } from "./shared/gather-data.ts";
import { lanesOf } from "./shared/lanes.ts";

export interface AxisAttrs {
  readonly axis: number;
}

/** Copies count elements between typed arrays of one kind. */
function copy(
  from: TypedData,
  start: number,
  count: number,
  to: { readonly data: TypedData; readonly at: number },
): void {
  (to.data as Float64Array).set((from as Float64Array).subarray(start, start + count), to.at);
}

/** Tensors that differ along one axis only -> one after the other along it. */
export const concat: Op<AxisAttrs> = defineOp({
  name: "concat",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis }) {
    checkInputs(inputs, 1, Number.POSITIVE_INFINITY);
    checkSameDType(inputs);
    const first = inputs[0]!.shape;
    const at = normalizeAxis(axis, first.length);
    const shape = [...first];
    for (const { shape: next } of inputs.slice(1)) {
      const fits =
        next.length === first.length &&
        next.every(
          (dim, i) => i === at || typeof dim === "string" || typeof shape[i] === "string" || dim === shape[i],
        );
      if (!fits)
        throw new ShapeError(
          `inputs ${formatShape(first)} and ${formatShape(next)}; expected to differ along axis ${axis} only.`,
        );
      next.forEach((dim, i) => {
        if (i === at) shape[i] = dimAdd(shape[i]!, dim);
        else if (typeof shape[i] === "string") shape[i] = dim;
      });
    }
    return [withShape(inputs[0]!, shape)];
  },
  reference(inputs, { axis }) {
    const [first] = inputs;
    const at = normalizeAxis(axis, first!.shape.length);
    const shape = [...first!.shape];
    shape[at] = inputs.reduce((sum, input) => sum + input.shape[at]!, 0);
    const out = allocate(first!.dtype, shape);
    const { outer, length, inner } = lanesOf(shape, at);
    let offset = 0;
    for (const { data, shape: part } of inputs) {
      const run = part[at]! * inner;
      for (let o = 0; o < outer; o++)
        copy(data, o * run, run, { data: out, at: o * length * inner + offset });
      offset += run;
    }
    return [Tensor.from(first!.dtype, shape, out)];
  },
});

export interface SplitAttrs extends AxisAttrs {
  readonly numOutputs: number;
}

/** The sizes of the parts: as given, or even with a smaller last. Throws ShapeError when they do not add up. */
export function splitSizes(
  dim: number,
  numOutputs: number,
  sizes: readonly number[] | undefined,
): readonly number[] {
  const chunk = Math.ceil(dim / numOutputs);
  const parts =
    sizes ?? Array.from({ length: numOutputs }, (_, i) => Math.max(0, Math.min(chunk, dim - i * chunk)));
  if (
    parts.length !== numOutputs ||
    parts.some((part) => part < 0) ||
    parts.reduce((a, b) => a + b, 0) !== dim
  ) {
    throw new ShapeError(`parts [${parts}]; expected ${numOutputs} sizes that add up to ${dim}.`);
  }
  return parts;
}

/** x, sizes i64 [numOutputs]? -> its parts along the axis. */
export const split: Op<SplitAttrs> = defineOp({
  name: "split",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis, numOutputs }, known) {
    checkInputs(inputs, 1, 2);
    const { shape } = inputs[0]!;
    const at = normalizeAxis(axis, shape.length);
    const dim = shape[at]!;
    const sizes = known[1] && ints(known[1]);
    const isKnown = !inputs[1] || sizes !== undefined;
    const parts: Shape =
      typeof dim === "number" && isKnown
        ? splitSizes(dim, numOutputs, sizes)
        : (sizes ?? Array.from({ length: numOutputs }, (_, i) => `?${i}`));
    return parts.map((part) =>
      withShape(
        inputs[0]!,
        shape.map((d, i) => (i === at ? part : d)),
      ),
    );
  },
  reference([x, sizes], { axis, numOutputs }) {
    const at = normalizeAxis(axis, x!.shape.length);
    const { outer, length, inner } = lanesOf(x!.shape, at);
    let offset = 0;
    return splitSizes(length, numOutputs, sizes && ints(sizes)).map((part) => {
      const shape = x!.shape.map((dim, i) => (i === at ? part : dim));
      const out = allocate(x!.dtype, shape);
      for (let o = 0; o < outer; o++) {
        copy(x!.data, o * length * inner + offset, part * inner, { data: out, at: o * part * inner });
      }
      offset += part * inner;
      return Tensor.from(x!.dtype, shape, out);
    });
  },
});
