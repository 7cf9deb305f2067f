import { ShapeError } from "../errors.ts";
import { type DType, isBigInt, isFloat } from "../ir/dtype.ts";
import { fromNumbers, integerLimits, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, isStatic, normalizeAxis, numElements, rowMajorStrides, type Shape } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { bigMax, bigMin } from "./shared/big.ts";
import { checkIndexVector, checkInputs, vectorLength } from "./shared/check.ts";
import { stridedOffsets } from "./shared/strided.ts";

export interface ReduceAttrs {
  /** Reduced axes stay with size 1. */
  readonly keepDims: boolean;
  /** Without axes nothing is reduced (each element alone); otherwise everything is. */
  readonly noopWithEmptyAxes: boolean;
}

/** The axes a reduction runs over, counted from the front, ascending. */
export function reducedAxes(
  rank: number,
  axes: readonly number[] | undefined,
  noopWithEmptyAxes: boolean,
): number[] {
  if (!axes || axes.length === 0) return noopWithEmptyAxes ? [] : Array.from({ length: rank }, (_, i) => i);
  const normal = [...new Set(axes.map((axis) => normalizeAxis(axis, rank)))];
  if (normal.length !== axes.length) throw new ShapeError(`axes [${axes}]; expected each axis once.`);
  return normal.sort((a, b) => a - b);
}

export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Dim[] {
  const out: Dim[] = [];
  shape.forEach((dim, axis) => {
    if (!axes.includes(axis)) out.push(dim);
    else if (keepDims) out.push(1);
  });
  return out;
}

interface Fold<T> {
  readonly start: T;
  step(sum: T, x: T): T;
}

interface Reduction extends Fold<number> {
  readonly name: string;
  /** Default: every dtype but bool. */
  readonly accepts?: "any";
  readonly accuracy?: "exact";
  finish?(sum: number, count: number): number;
  /** For i64 and u64, where numbers would lose digits. */
  big?(dtype: DType): Fold<bigint>;
  bigFinish?(sum: bigint, count: bigint): bigint;
}

/** x any shape, axes i64 [k]? -> the reduction over these axes. Throws ShapeError. */
function defineReduce(reduction: Reduction): Op<ReduceAttrs> {
  return defineOp<ReduceAttrs>({
    name: reduction.name,
    accuracy: reduction.accuracy ?? "rounding",
    infer(inputs, { keepDims, noopWithEmptyAxes }, known) {
      checkInputs(inputs, 1, 2);
      const { dtype, shape } = inputs[0]!;
      if (dtype === "bool" && reduction.accepts !== "any") {
        throw new ShapeError("x is bool; expected a number. Insert a cast.");
      }
      if (inputs[1]) checkIndexVector(inputs[1], "axes");
      if (inputs[1] && !known[1]) {
        const rank = keepDims ? shape.length : shape.length - vectorLength(inputs[1], "axes");
        return [{ dtype, shape: Array.from({ length: rank }, (_, i) => `?${i}`) }];
      }
      const axes = reducedAxes(shape.length, known[1] && ints(known[1]), noopWithEmptyAxes);
      return [{ dtype, shape: reducedShape(shape, axes, keepDims) }];
    },
    reference([x, axes], attrs) {
      const over = reducedAxes(x!.shape.length, axes && ints(axes), attrs.noopWithEmptyAxes);
      const shape = reducedShape(x!.shape, over, attrs.keepDims) as number[];
      const walk = walkOf(x!.shape, over);
      const isExact = reduction.big !== undefined && isBigInt(x!.dtype);
      return [isExact ? reduceBig(x!, shape, walk, reduction) : reduceNumbers(x!, shape, walk, reduction)];
    },
    flops: ([x]) => (isStatic(x!.shape) ? numElements(x!.shape) : 0),
  });
}

/** Element i of the result folds elements starts[i] + each of `inner`. */
interface Walk {
  readonly starts: Float64Array;
  readonly inner: Float64Array;
}

function walkOf(shape: readonly number[], axes: readonly number[]): Walk {
  const strides = rowMajorStrides(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const offsets = (list: readonly number[]): Float64Array =>
    stridedOffsets(
      list.map((axis) => shape[axis]!),
      list.map((axis) => strides[axis]!),
    );
  return { starts: offsets(kept), inner: offsets(axes) };
}

function reduceNumbers(x: Tensor, shape: readonly number[], walk: Walk, reduction: Reduction): Tensor {
  const { starts, inner } = walk;
  const data = toNumbers(x);
  const out = allocate("f64", shape) as Float64Array;
  const start = startFor(reduction, x.dtype);
  for (let i = 0; i < out.length; i++) {
    let sum = start;
    for (let k = 0; k < inner.length; k++) sum = reduction.step(sum, data[starts[i]! + inner[k]!]!);
    out[i] = reduction.finish ? reduction.finish(sum, inner.length) : sum;
  }
  return fromNumbers(x.dtype, shape, out);
}

/** What max and min of nothing are: infinite, or the limit of an integer. */
function startFor({ start }: Reduction, dtype: DType): number {
  if (Number.isFinite(start) || isFloat(dtype) || isBigInt(dtype)) return start;
  const [least, most] = dtype === "bool" ? [0, 1] : integerLimits(dtype);
  return start < 0 ? least : most;
}

function reduceBig(x: Tensor, shape: readonly number[], walk: Walk, reduction: Reduction): Tensor {
  const { starts, inner } = walk;
  const data = x.data as BigInt64Array;
  const out = allocate(x.dtype, shape) as BigInt64Array;
  const { start, step } = reduction.big!(x.dtype);
  for (let i = 0; i < out.length; i++) {
    let sum = start;
    for (let k = 0; k < inner.length; k++) sum = step(sum, data[starts[i]! + inner[k]!]!);
    out[i] = reduction.bigFinish ? reduction.bigFinish(sum, BigInt(inner.length)) : sum;
  }
  return Tensor.from(x.dtype, shape, out);
}

const add = (sum: number, x: number): number => sum + x;
const addSquare = (sum: number, x: number): number => sum + x * x;
const bigSum = (): Fold<bigint> => ({ start: 0n, step: (sum, x) => sum + x });

export const reduceSum: Op<ReduceAttrs> = defineReduce({
  name: "reduceSum",
  start: 0,
  step: add,
  big: bigSum,
});
/** Integers truncate. */
export const reduceMean: Op<ReduceAttrs> = defineReduce({
  name: "reduceMean",
  start: 0,
  step: add,
  finish: (sum, count) => sum / count,
  big: bigSum,
  bigFinish: (sum, count) => (count === 0n ? 0n : sum / count),
});
export const reduceMax: Op<ReduceAttrs> = defineReduce({
  name: "reduceMax",
  accepts: "any",
  accuracy: "exact",
  start: Number.NEGATIVE_INFINITY,
  step: Math.max,
  big: (dtype) => ({ start: dtype === "u64" ? 0n : -(2n ** 63n), step: bigMax }),
});
export const reduceMin: Op<ReduceAttrs> = defineReduce({
  name: "reduceMin",
  accepts: "any",
  accuracy: "exact",
  start: Number.POSITIVE_INFINITY,
  step: Math.min,
  big: (dtype) => ({
    start: dtype === "u64" ? 2n ** 64n - 1n : 2n ** 63n - 1n,
    step: bigMin,
  }),
});
export const reduceProd: Op<ReduceAttrs> = defineReduce({
  name: "reduceProd",
  start: 1,
  step: (product, x) => product * x,
  big: () => ({ start: 1n, step: (product, x) => BigInt.asIntN(64, product * x) }),
});
export const reduceL1: Op<ReduceAttrs> = defineReduce({
  name: "reduceL1",
  start: 0,
  step: (sum, x) => sum + Math.abs(x),
  big: () => ({ start: 0n, step: (sum, x) => sum + (x < 0n ? -x : x) }),
});
export const reduceL2: Op<ReduceAttrs> = defineReduce({
  name: "reduceL2",
  start: 0,
  step: addSquare,
  finish: Math.sqrt,
});
export const reduceLogSum: Op<ReduceAttrs> = defineReduce({
  name: "reduceLogSum",
  start: 0,
  step: add,
  finish: Math.log,
});
export const reduceLogSumExp: Op<ReduceAttrs> = defineReduce({
  name: "reduceLogSumExp",
  start: Number.NEGATIVE_INFINITY,
  step: (sum, x) => logAddExp(sum, x),
});
export const reduceSumSquare: Op<ReduceAttrs> = defineReduce({
  name: "reduceSumSquare",
  start: 0,
  step: addSquare,
  big: () => ({ start: 0n, step: (sum, x) => sum + x * x }),
});

/** log(exp(a) + exp(b)) without overflow. */
function logAddExp(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  if (!Number.isFinite(high) || low === Number.NEGATIVE_INFINITY)
    return Number.isNaN(a + b) && Number.isNaN(b) ? b : high;
  return high + Math.log1p(Math.exp(low - high));
}
