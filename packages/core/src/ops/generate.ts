import { DataError, ShapeError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape, normalizeAxis } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import type { AxisAttrs } from "./concat.ts";
import { allocate } from "./shared/allocate.ts";
import { checkIndexVector, checkInputs, checkRank, checkSameDType } from "./shared/check.ts";
import { lanesOf } from "./shared/lanes.ts";
import type { NoAttrs } from "./unary.ts";

export interface FillAttrs {
  /** One element. */
  readonly value: Tensor;
}

function checkedShape(tensor: Tensor): number[] {
  const shape = ints(tensor);
  if (shape.some((dim) => dim < 0))
    throw new ShapeError(`shape ${formatShape(shape)}; expected non-negative sizes.`);
  return shape;
}

/** shape i64 [r] -> that shape, every element the value. */
export const fill: Op<FillAttrs> = defineOp({
  name: "fill",
  accuracy: "exact",
  infer(inputs, { value }, known) {
    checkInputs(inputs, 1);
    checkIndexVector(inputs[0]!, "shape");
    if (known[0]) return [{ dtype: value.dtype, shape: checkedShape(known[0]) }];
    const [rank] = inputs[0]!.shape;
    if (typeof rank !== "number")
      throw new ShapeError(`shape has unknown length "${rank}"; expected a known rank.`);
    return [{ dtype: value.dtype, shape: Array.from({ length: rank }, (_, i) => `?${i}`) }];
  },
  reference([wanted], { value }) {
    const shape = checkedShape(wanted!);
    const out = allocate(value.dtype, shape) as Float64Array;
    return [Tensor.from(value.dtype, shape, out.fill(value.data[0] as number))];
  },
});

function rangeLength(start: number, limit: number, delta: number): number {
  if (delta === 0) throw new DataError("delta 0; expected a non-zero step.");
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  if (Number.isSafeInteger(length)) return length;
  throw new DataError(`start ${start}, limit ${limit}, delta ${delta}; expected a range that ends.`);
}

/** start, limit, delta scalars -> start, start + delta, ... before limit. */
export const range: Op<NoAttrs> = defineOp({
  name: "range",
  accuracy: "rounding",
  infer(inputs, _, known) {
    checkInputs(inputs, 3);
    checkSameDType(inputs);
    const [start, limit, delta] = known.map((tensor) => tensor && toNumbers(tensor)[0]!);
    const isKnown = start !== undefined && limit !== undefined && delta !== undefined;
    return [{ dtype: inputs[0]!.dtype, shape: [isKnown ? rangeLength(start, limit, delta) : "?n"] }];
  },
  reference(inputs) {
    const [start, limit, delta] = inputs.map((tensor) => toNumbers(tensor)[0]!) as [number, number, number];
    const shape = [rangeLength(start, limit, delta)];
    const out = allocate("f64", shape) as Float64Array;
    for (let i = 0; i < out.length; i++) out[i] = start + i * delta;
    return [fromNumbers(inputs[0]!.dtype, shape, out)];
  },
});

export interface EyeLikeAttrs {
  readonly dtype: DType;
  /** The diagonal: positive above the main one. */
  readonly k: number;
}

/** x [M,N] -> [M,N] with ones on the k-th diagonal. */
export const eyeLike: Op<EyeLikeAttrs> = defineOp({
  name: "eyeLike",
  accuracy: "exact",
  infer(inputs, { dtype }) {
    checkInputs(inputs, 1);
    checkRank(inputs[0]!, 2, 2, "x");
    return [{ dtype, shape: inputs[0]!.shape }];
  },
  reference([x], { dtype, k }) {
    const [rows, columns] = x!.shape as [number, number];
    const out = allocate("f64", [rows, columns]) as Float64Array;
    for (let i = 0; i < rows; i++) if (i + k >= 0 && i + k < columns) out[i * columns + i + k] = 1;
    return [fromNumbers(dtype, x!.shape, out)];
  },
});

function depthOf(tensor: Tensor): number {
  const depth = Math.trunc(toNumbers(tensor)[0]!);
  if (Number.isSafeInteger(depth) && depth >= 0) return depth;
  throw new DataError(`depth ${depth}; expected a non-negative integer.`);
}

/** indices, depth scalar, values [off, on] -> a new axis of size depth, on where it equals the index. */
export const oneHot: Op<AxisAttrs> = defineOp({
  name: "oneHot",
  accuracy: "exact",
  infer(inputs, { axis }, known) {
    checkInputs(inputs, 3);
    const { shape } = inputs[0]!;
    const at = normalizeAxis(axis, shape.length + 1);
    const depth: Dim = known[1] ? depthOf(known[1]) : "?depth";
    return [{ dtype: inputs[2]!.dtype, shape: [...shape.slice(0, at), depth, ...shape.slice(at)] }];
  },
  reference([indices, depthTensor, values], { axis }) {
    const depth = depthOf(depthTensor!);
    const at = normalizeAxis(axis, indices!.shape.length + 1);
    const shape = [...indices!.shape.slice(0, at), depth, ...indices!.shape.slice(at)];
    const out = allocate(values!.dtype, shape) as Float64Array;
    const [off, on] = values!.data as unknown as [number, number];
    out.fill(off);
    const { inner } = lanesOf(shape, at);
    toNumbers(indices!).forEach((index, i) => {
      const wrapped = index < 0 ? index + depth : index;
      if (wrapped < 0 || wrapped >= depth) return;
      out[(Math.floor(i / inner) * depth + wrapped) * inner + (i % inner)] = on;
    });
    return [Tensor.from(values!.dtype, shape, out)];
  },
});

/** x -> i64 [rank, count]: the coordinates of the elements that are not zero, in row-major order. */
export const nonZero: Op<NoAttrs> = defineOp({
  name: "nonZero",
  accuracy: "exact",
  infer(inputs) {
    checkInputs(inputs, 1);
    return [{ dtype: "i64", shape: [inputs[0]!.shape.length, "?n"] }];
  },
  reference([x]) {
    const found: number[] = [];
    const values = toNumbers(x!);
    for (let i = 0; i < values.length; i++) if (values[i] !== 0) found.push(i);
    const rank = x!.shape.length;
    const out = allocate("i64", [rank, found.length]) as BigInt64Array;
    found.forEach((index, column) => {
      let rest = index;
      for (let axis = rank - 1; axis >= 0; axis--) {
        out[axis * found.length + column] = BigInt(rest % x!.shape[axis]!);
        rest = Math.floor(rest / x!.shape[axis]!);
      }
    });
    return [Tensor.from("i64", [rank, found.length], out)];
  },
});
