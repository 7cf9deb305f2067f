import { DataError, ShapeError } from "../errors.ts";
import { toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, normalizeAxis, rowMajorStrides, type Shape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import type { AxisAttrs } from "./concat.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs, checkRank } from "./shared/check.ts";
import { takeElements, withShape } from "./shared/gather-data.ts";
import { lanesOf } from "./shared/lanes.ts";
import { stridedOffsets } from "./shared/strided.ts";

/** An index counted from the front. Throws DataError out of range. */
export function wrapIndex(index: number, size: number): number {
  if (!(index >= -size && index < size))
    throw new DataError(`index ${index}; expected -${size} to ${size - 1}.`);
  return index < 0 ? index + size : index;
}

/** x, indices of any shape -> x's slices along the axis: [before axis..., indices..., after axis...]. */
export const gather: Op<AxisAttrs> = defineOp({
  name: "gather",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis }) {
    checkInputs(inputs, 2);
    checkDType(inputs[1]!, ["i64", "i32"], "indices");
    checkRank(inputs[0]!, 1, Number.POSITIVE_INFINITY, "x");
    const { shape } = inputs[0]!;
    const at = normalizeAxis(axis, shape.length);
    return [withShape(inputs[0]!, [...shape.slice(0, at), ...inputs[1]!.shape, ...shape.slice(at + 1)])];
  },
  reference([x, indices], { axis }) {
    const at = normalizeAxis(axis, x!.shape.length);
    const { outer, length, inner } = lanesOf(x!.shape, at);
    const rows = Array.from(toNumbers(indices!), (index) => wrapIndex(index, length));
    const shape = [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)];
    const out = allocate(x!.dtype, shape) as Float64Array;
    const data = x!.data as Float64Array;
    for (let o = 0, to = 0; o < outer; o++) {
      for (const row of rows) {
        const from = (o * length + row) * inner;
        out.set(data.subarray(from, from + inner), to);
        to += inner;
      }
    }
    return [Tensor.from(x!.dtype, shape, out)];
  },
});

/** x, indices of the same rank -> out[i][j] = x[indices[i][j]][j] for axis 0, and so on. */
export const gatherElements: Op<AxisAttrs> = defineOp({
  name: "gatherElements",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis }) {
    checkInputs(inputs, 2);
    checkDType(inputs[1]!, ["i64", "i32"], "indices");
    const [x, indices] = [inputs[0]!, inputs[1]!];
    normalizeAxis(axis, x.shape.length);
    if (x.shape.length !== indices.shape.length) {
      throw new ShapeError(
        `x ${formatShape(x.shape)} and indices ${formatShape(indices.shape)}; expected one rank.`,
      );
    }
    checkCovers(x.shape, indices.shape, normalizeAxis(axis, x.shape.length));
    return [withShape(x, indices.shape)];
  },
  reference([x, indices], { axis }) {
    const at = normalizeAxis(axis, x!.shape.length);
    return [takeElements(x!, indices!.shape, elementOffsets(x!.shape, indices!, at))];
  },
});

/** Throws ShapeError when the indices reach beyond x along another axis than theirs. */
export function checkCovers(x: Shape, indices: Shape, axis: number): void {
  const isBeyond = indices.some((dim, i) => {
    const size = x[i]!;
    return i !== axis && typeof dim === "number" && typeof size === "number" && dim > size;
  });
  if (!isBeyond) return;
  throw new ShapeError(
    `x ${formatShape(x)} and indices ${formatShape(indices)}; expected no index axis but ${axis} longer than x's.`,
  );
}

/** Where each element of `indices` points to in a tensor of `shape` when it replaces the axis's coordinate. */
export function elementOffsets(shape: readonly number[], indices: Tensor, axis: number): Float64Array {
  const strides = rowMajorStrides(shape);
  const values = toNumbers(indices);
  const others = strides.map((stride, k) => (k === axis ? 0 : stride));
  const offsets = stridedOffsets(indices.shape, others);
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = offsets[i]! + wrapIndex(values[i]!, shape[axis]!) * strides[axis]!;
  }
  return offsets;
}

export interface GatherNDAttrs {
  readonly batchDims: number;
}

function gatherNDShape(x: Shape, indices: Shape, batchDims: number): Shape {
  const depth = indices.at(-1);
  if (typeof depth !== "number" || batchDims + depth > x.length || batchDims >= indices.length) {
    throw new ShapeError(
      `x ${formatShape(x)}, indices ${formatShape(indices)}, batchDims ${batchDims}; expected index tuples no longer than x's rank.`,
    );
  }
  for (let i = 0; i < batchDims; i++) {
    if (typeof x[i] === "number" && typeof indices[i] === "number" && x[i] !== indices[i]) {
      throw new ShapeError(
        `x ${formatShape(x)} and indices ${formatShape(indices)}; expected the first ${batchDims} dimensions equal.`,
      );
    }
  }
  return [...indices.slice(0, -1), ...x.slice(batchDims + depth)];
}

/** x, indices [..., d] -> the slices that the last axis of indices names. */
export const gatherND: Op<GatherNDAttrs> = defineOp({
  name: "gatherND",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { batchDims }) {
    checkInputs(inputs, 2);
    checkDType(inputs[1]!, ["i64"], "indices");
    return [withShape(inputs[0]!, gatherNDShape(inputs[0]!.shape, inputs[1]!.shape, batchDims))];
  },
  reference([x, indices], { batchDims }) {
    const shape = gatherNDShape(x!.shape, indices!.shape, batchDims) as number[];
    const depth = indices!.shape.at(-1)!;
    const strides = rowMajorStrides(x!.shape);
    const slice = x!.shape.slice(batchDims + depth).reduce((a, b) => a * b, 1);
    const values = toNumbers(indices!);
    const batches = indices!.shape.slice(0, batchDims).reduce((a, b) => a * b, 1);
    const numSlices =
      depth === 0 ? indices!.shape.slice(0, -1).reduce((a, b) => a * b, 1) : values.length / depth;
    const perBatch = batches === 0 ? 0 : numSlices / batches;
    const batchSize = x!.shape.slice(batchDims).reduce((a, b) => a * b, 1);
    const out = allocate(x!.dtype, shape) as Float64Array;
    const data = x!.data as Float64Array;
    for (let i = 0; i < numSlices; i++) {
      let from = Math.floor(i / perBatch) * batchSize;
      for (let k = 0; k < depth; k++) {
        from += wrapIndex(values[i * depth + k]!, x!.shape[batchDims + k]!) * strides[batchDims + k]!;
      }
      out.set(data.subarray(from, from + slice), i * slice);
    }
    return [Tensor.from(x!.dtype, shape, out)];
  },
});
