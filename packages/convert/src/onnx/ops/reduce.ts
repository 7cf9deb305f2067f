import { type Op, ops, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";
import { asInt64, intsInput } from "./common.ts";

type ReduceOp = Op<{ readonly keepDims: boolean; readonly noopWithEmptyAxes: boolean }>;

function reduce(op: ReduceOp): Convert {
  return (context) => {
    const axes = intsInput(context, 1, "axes");
    const keepDims = context.attributes.int("keepdims", 1) !== 0;
    const noopWithEmptyAxes = context.attributes.int("noop_with_empty_axes", 0) !== 0;
    const x = context.input(0);
    return [context.emit(op, { keepDims, noopWithEmptyAxes }, axes ? [x, axes] : [x])];
  };
}

export const ReduceSum: Convert = reduce(ops.reduceSum);
export const ReduceMean: Convert = reduce(ops.reduceMean);
export const ReduceMax: Convert = reduce(ops.reduceMax);
export const ReduceMin: Convert = reduce(ops.reduceMin);
export const ReduceProd: Convert = reduce(ops.reduceProd);
export const ReduceL1: Convert = reduce(ops.reduceL1);
export const ReduceL2: Convert = reduce(ops.reduceL2);
export const ReduceLogSum: Convert = reduce(ops.reduceLogSum);
export const ReduceLogSumExp: Convert = reduce(ops.reduceLogSumExp);
export const ReduceSumSquare: Convert = reduce(ops.reduceSumSquare);

function argOf(op: typeof ops.argMax): Convert {
  return (context) => {
    const attrs = {
      axis: context.attributes.int("axis", 0),
      keepDims: context.attributes.int("keepdims", 1) !== 0,
      selectLastIndex: context.attributes.int("select_last_index", 0) !== 0,
    };
    return [context.emit(op, attrs, [context.input(0)])];
  };
}

export const ArgMax: Convert = argOf(ops.argMax);
export const ArgMin: Convert = argOf(ops.argMin);

function cumulative(op: typeof ops.cumSum): Convert {
  return (context) => {
    const exclusive = context.attributes.int("exclusive", 0) !== 0;
    const reverse = context.attributes.int("reverse", 0) !== 0;
    return [context.emit(op, { exclusive, reverse }, [context.input(0), asInt64(context, context.input(1))])];
  };
}

export const CumSum: Convert = cumulative(ops.cumSum);
export const CumProd: Convert = cumulative(ops.cumProd);

export function TopK(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const k = context.opset < 10 ? context.ints([context.requiredInt("k")]) : context.input(1);
  const attrs = {
    axis: context.attributes.int("axis", -1),
    largest: context.attributes.int("largest", 1) !== 0,
    sorted: context.attributes.int("sorted", 1) !== 0,
  };
  return context.emitAll(ops.topK, attrs, [x, k]);
}
