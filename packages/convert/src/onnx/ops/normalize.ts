import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { binary, castTo, concat, dimOf, range, rankOf, reshape, reshapeTo, scalarLike } from "./common.ts";

const keep = { keepDims: true, noopWithEmptyAxes: false };

export function meanOver(context: OnnxContext, x: Value, axes: readonly number[], keepDims = true): Value {
  return context.emit(ops.reduceMean, { ...keep, keepDims }, [x, context.ints(axes)]);
}

function epsilonOf(context: OnnxContext): number {
  return context.attributes.float("epsilon", 1e-5);
}

/** (x - mean) / sqrt(variance + epsilon) * scale + bias with numpy broadcasting, as opset 7 `spatial = 0` asks. */
function perActivation(context: OnnxContext, [x, scale, bias, mean, variance]: readonly Value[]): Value {
  const shifted = binary(context, ops.add, variance!, scalarLike(context, variance!, epsilonOf(context)));
  const deviation = context.emit(ops.sqrt, {}, [shifted]);
  const centred = binary(context, ops.sub, x!, mean!);
  const normal = binary(context, ops.div, centred, deviation);
  return binary(context, ops.add, binary(context, ops.mul, normal, scale!), bias!);
}

function blend(context: OnnxContext, running: Value, current: Value): Value {
  const momentum = context.attributes.float("momentum", 0.9);
  const old = binary(context, ops.mul, running, scalarLike(context, running, momentum));
  const now = binary(context, ops.mul, current, scalarLike(context, current, 1 - momentum));
  return binary(context, ops.add, old, castTo(context, now, old.type.dtype));
}

/** Statistics of the batch itself, and the running ones as they are after it. */
function trained(context: OnnxContext, inputs: readonly Value[]): readonly Value[] {
  const [x, scale, bias, runningMean, runningVar] = inputs;
  const axes = range(rankOf(x!)).filter((axis) => axis !== 1);
  const mean = meanOver(context, x!, axes);
  const centred = binary(context, ops.sub, x!, mean);
  const variance = meanOver(context, binary(context, ops.mul, centred, centred), axes, false);
  const flatMean = reshapeTo(context, mean, [-1]);
  const statistics = [flatMean, variance].map((value) => castTo(context, value, runningMean!.type.dtype));
  const y = context.emit(ops.batchNorm, { epsilon: epsilonOf(context) }, [x!, scale!, bias!, ...statistics]);
  return [y, blend(context, runningMean!, flatMean), blend(context, runningVar!, variance)];
}

export function BatchNormalization(context: OnnxContext): readonly Value[] {
  const inputs = range(5).map((i) => context.input(i));
  if (context.opset >= 14 && context.attributes.int("training_mode", 0) !== 0)
    return trained(context, inputs);
  if (context.opset < 9 && context.attributes.int("spatial", 1) === 0)
    return [perActivation(context, inputs)];
  return [context.emit(ops.batchNorm, { epsilon: epsilonOf(context) }, inputs)];
}

export function InstanceNormalization(context: OnnxContext): readonly Value[] {
  const inputs = [context.input(0), context.input(1), context.input(2)];
  return [context.emit(ops.instanceNorm, { epsilon: epsilonOf(context) }, inputs)];
}

/** [G] -> [C], each entry for the C/G channels of its group. */
function perChannel(context: OnnxContext, perGroup: Value, x: Value, groups: number): Value {
  const inGroup = binary(context, ops.div, dimOf(context, x, 1), context.ints([groups]));
  const shape = concat(context, [context.ints([groups]), inGroup], 0);
  const spread = context.emit(ops.expand, {}, [reshapeTo(context, perGroup, [groups, 1]), shape]);
  return reshape(context, spread, context.ints([-1]));
}

export function GroupNormalization(context: OnnxContext): readonly Value[] {
  const [x, scale, bias] = [context.input(0), context.input(1), context.input(2)];
  const groups = context.requiredInt("num_groups");
  const channels =
    context.opset < 21 ? [scale, bias].map((v) => perChannel(context, v, x, groups)) : [scale, bias];
  return [context.emit(ops.groupNorm, { groups, epsilon: epsilonOf(context) }, [x, ...channels])];
}

/** Mean and 1/sqrt(variance + epsilon) over the axes from `axis`. */
export function layerStatistics(context: OnnxContext, x: Value, axis: number): readonly [Value, Value] {
  const wide = castTo(context, x, x.type.dtype === "f64" ? "f64" : "f32");
  const axes = range(rankOf(x)).slice(axis < 0 ? axis + rankOf(x) : axis);
  const mean = meanOver(context, wide, axes);
  const centred = binary(context, ops.sub, wide, mean);
  const variance = meanOver(context, binary(context, ops.mul, centred, centred), axes);
  const shifted = binary(context, ops.add, variance, scalarLike(context, variance, epsilonOf(context)));
  return [mean, context.emit(ops.reciprocal, {}, [context.emit(ops.sqrt, {}, [shifted])])];
}

export function LayerNormalization(context: OnnxContext): readonly Value[] {
  const [x, scale, bias] = [context.input(0), context.input(1), context.optional(2)];
  const axis = context.attributes.int("axis", -1);
  const attrs = { axis, epsilon: epsilonOf(context) };
  const y = context.emit(ops.layerNorm, attrs, bias ? [x, scale, bias] : [x, scale]);
  if (!context.wants(1) && !context.wants(2)) return [y];
  return [y, ...layerStatistics(context, x, axis)];
}

export function RMSNormalization(context: OnnxContext): readonly Value[] {
  const attrs = { axis: context.attributes.int("axis", -1), epsilon: epsilonOf(context) };
  return [context.emit(ops.rmsNorm, attrs, [context.input(0), context.input(1)])];
}

/** As written by onnxruntime's optimiser: RMSNormalization, with 1/rms as the second output. */
export function SimplifiedLayerNormalization(context: OnnxContext): readonly Value[] {
  const [y] = RMSNormalization(context);
  if (!context.wants(1)) return [y!];
  const x = context.input(0);
  const axis = context.attributes.int("axis", -1);
  const axes = range(rankOf(x)).slice(axis < 0 ? axis + rankOf(x) : axis);
  const wide = castTo(context, x, x.type.dtype === "f64" ? "f64" : "f32");
  const square = meanOver(context, binary(context, ops.mul, wide, wide), axes);
  const shifted = binary(context, ops.add, square, scalarLike(context, square, epsilonOf(context)));
  return [y!, context.emit(ops.reciprocal, {}, [context.emit(ops.sqrt, {}, [shifted])])];
}

export function LpNormalization(context: OnnxContext): readonly Value[] {
  const attrs = { axis: context.attributes.int("axis", -1), p: context.attributes.int("p", 2) };
  return [context.emit(ops.lpNorm, attrs, [context.input(0)])];
}

export function LRN(context: OnnxContext): readonly Value[] {
  const attrs = {
    size: context.requiredInt("size"),
    alpha: context.attributes.float("alpha", 0.0001),
    beta: context.attributes.float("beta", 0.75),
    bias: context.attributes.float("bias", 1),
  };
  return [context.emit(ops.lrn, attrs, [context.input(0)])];
}

export function MeanVarianceNormalization(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const axes = context.attributes.ints("axes") ?? [0, 2, 3];
  const mean = meanOver(context, x, axes);
  const square = meanOver(context, binary(context, ops.mul, x, x), axes);
  const variance = binary(context, ops.sub, square, binary(context, ops.mul, mean, mean));
  const deviation = context.emit(ops.sqrt, {}, [variance]);
  const safe = binary(context, ops.add, deviation, scalarLike(context, x, 1e-9));
  return [binary(context, ops.div, binary(context, ops.sub, x, mean), safe)];
}
