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

/** Puts an index that may be too early into its place of a heap whose first is the last in order. */
function sink(heap: Int32Array, isAfter: (a: number, b: number) => boolean): void {
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const last = right < heap.length && isAfter(heap[right]!, heap[left]!) ? right : left;
    if (!isAfter(heap[last]!, heap[at]!)) return;
    [heap[at], heap[last]] = [heap[last]!, heap[at]!];
    at = last;
  }
}

/** Indices of the k first by `key`, equal ones by index; NaN comes last. */
function firstIndices(keys: Float64Array, k: number): Int32Array {
  for (let i = 0; i < keys.length; i++) if (Number.isNaN(keys[i]!)) keys[i] = Number.POSITIVE_INFINITY;
  const order = (a: number, b: number): number =>
    keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b;
  const isAfter = (a: number, b: number): boolean => order(a, b) > 0;
  const heap = Int32Array.from({ length: k }, (_, i) => i).sort((a, b) => order(b, a));
  for (let i = k; i < keys.length && k > 0; i++) {
    if (keys[i]! >= keys[heap[0]!]!) continue;
    heap[0] = i;
    sink(heap, isAfter);
  }
  return heap.sort(order);
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
      const sign = largest ? -1 : 1;
      const keys = new Float64Array(lanes.length);
      for (let i = 0; i < lanes.length; i++) keys[i] = sign * data[start + i * lanes.inner]!;
      const order = firstIndices(keys, k);
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
