import { DataError, ShapeError } from "../errors.ts";
import { toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs, checkRank } from "./shared/check.ts";
import { forEachLane, lanesOf } from "./shared/lanes.ts";

export interface TopKAttrs {
  readonly axis: number;
  readonly largest: boolean;
  readonly sorted: boolean;
}

/** x, k i64 [1] -> values and i64 indices with size k along the axis; equal elements by lower index first. */
export const topK: Op<TopKAttrs> = defineOp({
  name: "topK",
  accuracy: "exact",
  infer(inputs, { axis }, known) {
    checkInputs(inputs, 2);
    checkRank(inputs[0]!, 1, Number.POSITIVE_INFINITY, "x");
    const { dtype, shape } = inputs[0]!;
    const at = normalizeAxis(axis, shape.length);
    const k = known[1] ? ints(known[1])[0]! : "?k";
    const dim = shape[at]!;
    if (typeof k === "number" && (k < 0 || (typeof dim === "number" && k > dim))) {
      throw new ShapeError(`k is ${k}; expected 0 to ${dim}, the size of axis ${axis}.`);
    }
    const out = shape.map((size, i) => (i === at ? k : size));
    return [
      { dtype, shape: out },
      { dtype: "i64", shape: out },
    ];
  },
  reference([x, count], { axis, largest }) {
    const at = normalizeAxis(axis, x!.shape.length);
    const lanes = lanesOf(x!.shape, at);
    const k = ints(count!)[0]!;
    if (k < 0 || k > lanes.length)
      throw new DataError(`k is ${k}; expected 0 to ${lanes.length}, the size of axis ${axis}.`);
    const shape = x!.shape.map((dim, i) => (i === at ? k : dim));
    const values = allocate(x!.dtype, shape) as Float64Array;
    const indices = allocate("i64", shape) as BigInt64Array;
    const [data, source] = [toNumbers(x!), x!.data as Float64Array];
    forEachLane(lanes, (start, lane) => {
      const order = Array.from({ length: lanes.length }, (_, i) => i);
      const key = (i: number): number => data[start + i * lanes.inner]!;
      order.sort((a, b) => (largest ? key(b) - key(a) : key(a) - key(b)) || a - b);
      const outer = Math.floor(lane / lanes.inner);
      for (let i = 0; i < k; i++) {
        const to = (outer * k + i) * lanes.inner + (lane % lanes.inner);
        values[to] = source[start + order[i]! * lanes.inner]!;
        indices[to] = BigInt(order[i]!);
      }
    });
    return [Tensor.from(x!.dtype, shape, values), Tensor.from("i64", shape, indices)];
  },
});
