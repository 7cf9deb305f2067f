import { toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { dimProduct, normalizeAxis, numElements } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs } from "./shared/check.ts";
import { type Lanes, lanesOf } from "./shared/lanes.ts";

export interface UniqueAttrs {
  /** Whole slices along it are compared; absent: single elements of the flattened input. */
  readonly axis?: number;
  /** Ascending; otherwise in the order of first appearance. */
  readonly sorted: boolean;
}

type Compare = (a: number, b: number) => number;

/** Orders slices of the axis by their elements; NaN is greatest and equals itself. */
function sliceCompare(x: Tensor, { outer, length, inner }: Lanes): Compare {
  const data = typeof x.data[0] === "bigint" ? (x.data as BigInt64Array) : toNumbers(x);
  return (a, b) => {
    for (let o = 0; o < outer; o++) {
      for (let n = 0; n < inner; n++) {
        const p = data[(o * length + a) * inner + n]!;
        const q = data[(o * length + b) * inner + n]!;
        if (p < q) return -1;
        if (p > q) return 1;
        if (Number.isNaN(p) !== Number.isNaN(q)) return Number.isNaN(p) ? 1 : -1;
      }
    }
    return 0;
  };
}

interface Groups {
  /** The first slice of each group. */
  readonly first: readonly number[];
  readonly inverse: BigInt64Array;
  readonly counts: readonly number[];
}

function group(length: number, compare: Compare, sorted: boolean): Groups {
  const order = Array.from({ length }, (_, i) => i).sort((a, b) => compare(a, b) || a - b);
  const groups: number[][] = [];
  order.forEach((slice, i) => {
    if (i > 0 && compare(order[i - 1]!, slice) === 0) groups.at(-1)!.push(slice);
    else groups.push([slice]);
  });
  if (!sorted) groups.sort((a, b) => a[0]! - b[0]!);
  const inverse = new BigInt64Array(length);
  groups.forEach((slices, g) => {
    for (const slice of slices) inverse[slice] = BigInt(g);
  });
  return {
    first: groups.map((slices) => slices[0]!),
    inverse,
    counts: groups.map((slices) => slices.length),
  };
}

function takeSlices(
  x: Tensor,
  { outer, length, inner }: Lanes,
  slices: readonly number[],
  axis?: number,
): Tensor {
  const shape =
    axis === undefined ? [slices.length] : x.shape.map((dim, i) => (i === axis ? slices.length : dim));
  const out = allocate(x.dtype, shape) as Float64Array;
  const data = x.data as Float64Array;
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const slice of slices) {
      for (let n = 0; n < inner; n++) out[at++] = data[(o * length + slice) * inner + n]!;
    }
  }
  return Tensor.from(x.dtype, shape, out);
}

/** x any shape -> the different slices, the first place of each, the slice that each place has, how often each occurs. */
export const unique: Op<UniqueAttrs> = defineOp<UniqueAttrs>({
  name: "unique",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis }) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    const at = axis === undefined ? undefined : normalizeAxis(axis, shape.length);
    const y = at === undefined ? ["?n"] : shape.map((dim, i) => (i === at ? "?n" : dim));
    const length = at === undefined ? dimProduct(shape) : shape[at]!;
    return [
      { dtype, shape: y },
      { dtype: "i64", shape: ["?n"] },
      { dtype: "i64", shape: [length] },
      { dtype: "i64", shape: ["?n"] },
    ];
  },
  reference([x], { axis, sorted }) {
    const at = axis === undefined ? undefined : normalizeAxis(axis, x!.shape.length);
    const lanes =
      at === undefined ? { outer: 1, length: numElements(x!.shape), inner: 1 } : lanesOf(x!.shape, at);
    const { first, inverse, counts } = group(lanes.length, sliceCompare(x!, lanes), sorted);
    return [
      takeSlices(x!, lanes, first, at),
      Tensor.ints(first),
      Tensor.from("i64", [inverse.length], inverse),
      Tensor.ints(counts),
    ];
  },
});
