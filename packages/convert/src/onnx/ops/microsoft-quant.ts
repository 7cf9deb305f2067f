import { type Op, ops, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";
import { rankOf, transpose } from "./common.ts";
import { AveragePool } from "./nn.ts";
import { dequantize, quantize, quantizedAt } from "./quant.ts";

/** (A, scale, zero, B, scale, zero, scale, zero): both dequantised, combined, quantised. */
function binaryOf(op: Op<Record<never, never>>): Convert {
  return (context) => {
    const a = dequantize(context, context.input(0), quantizedAt(context, 1));
    const b = dequantize(context, context.input(3), quantizedAt(context, 4));
    return [requantized(context, context.emit(op, {}, [a, b]), 6, context.input(0))];
  };
}

/** Quantised by the scale and zero point at two inputs; without a zero point, to the dtype of `like`. */
function requantized(context: OnnxContext, y: Value, index: number, like: Value): Value {
  const { scale, zeroPoint } = quantizedAt(context, index);
  return quantize(context, y, { scale, zeroPoint: zeroPoint ?? context.scalar(like.type.dtype, 0) });
}

export const QLinearAdd: Convert = binaryOf(ops.add);
export const QLinearMul: Convert = binaryOf(ops.mul);

function unaryOf(compute: (context: OnnxContext, x: Value) => Value): Convert {
  return (context) => {
    const x = dequantize(context, context.input(0), quantizedAt(context, 1));
    return [requantized(context, compute(context, x), 3, context.input(0))];
  };
}

export const QLinearSigmoid: Convert = unaryOf((context, x) => context.emit(ops.sigmoid, {}, [x]));

export const QLinearLeakyRelu: Convert = unaryOf((context, x) =>
  context.emit(ops.leakyRelu, { alpha: context.attributes.float("alpha", 0.01) }, [x]),
);

export const QLinearSoftmax: Convert = unaryOf((context, x) => {
  const axis = context.attributes.int("axis", -1);
  const isLast = axis === -1 || axis === rankOf(x) - 1;
  if (!isLast && context.attributes.int("opset", 13) < 13)
    context.fail("an inner axis before opset 13", "the last axis");
  return context.emit(ops.softmax, { axis }, [x]);
});

export const QLinearReduceMean: Convert = unaryOf((context, x) => {
  const axes = context.attributes.ints("axes");
  const keepDims = context.attributes.int("keepdims", 1) !== 0;
  return context.emit(
    ops.reduceMean,
    { keepDims, noopWithEmptyAxes: false },
    axes ? [x, context.ints(axes)] : [x],
  );
});

const channelsLast = (rank: number): readonly number[] => [0, rank - 1, ...middle(rank)];
const channelsFirst = (rank: number): readonly number[] => [0, ...middle(rank).map((axis) => axis + 1), 1];
const middle = (rank: number): number[] => Array.from({ length: rank - 2 }, (_, i) => i + 1);

/** Runs `compute` on [N,C,...] whatever the attribute channels_last says of the input. */
function onChannelsFirst(context: OnnxContext, x: Value, compute: (x: Value) => Value): Value {
  if (context.attributes.int("channels_last", 0) === 0) return compute(x);
  const rank = rankOf(x);
  return transpose(context, compute(transpose(context, x, channelsLast(rank))), channelsFirst(rank));
}

export const QLinearGlobalAveragePool: Convert = unaryOf((context, x) =>
  onChannelsFirst(context, x, (planes) => context.emit(ops.globalAveragePool, {}, [planes])),
);

export const QLinearAveragePool: Convert = unaryOf((context, x) =>
  onChannelsFirst(context, x, (planes) => AveragePool(context.withInputs([planes]))[0]!),
);

/** (scale, zero, then x, scale, zero for each part). */
export function QLinearConcat(context: OnnxContext): readonly Value[] {
  const count = (context.inputs.length - 2) / 3;
  if (!Number.isInteger(count) || count < 1)
    context.fail(`${context.inputs.length} inputs`, "2 and 3 for each part");
  const parts = Array.from({ length: count }, (_, i) => {
    const at = 2 + 3 * i;
    return dequantize(context, context.input(at), quantizedAt(context, at + 1));
  });
  const whole = context.emit(ops.concat, { axis: context.requiredInt("axis") }, parts);
  return [requantized(context, whole, 0, context.input(2))];
}

/** (condition, x, scale, zero, y, scale, zero, scale, zero). */
export function QLinearWhere(context: OnnxContext): readonly Value[] {
  const x = dequantize(context, context.input(1), quantizedAt(context, 2));
  const y = dequantize(context, context.input(4), quantizedAt(context, 5));
  return [requantized(context, context.emit(ops.where, {}, [context.input(0), x, y]), 7, context.input(1))];
}
