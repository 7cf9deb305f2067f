import { ops, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";
import { binary, flattenAt, rankOf, reshape, shapeOf, unary } from "./common.ts";

export const Sigmoid: Convert = unary(ops.sigmoid);
export const Softsign: Convert = unary(ops.softsign);
export const Softplus: Convert = unary(ops.softplus);
export const Relu: Convert = unary(ops.relu);
export const Mish: Convert = unary(ops.mish);
export const HardSwish: Convert = unary(ops.hardSwish);

export function LeakyRelu(context: OnnxContext): readonly Value[] {
  return [
    context.emit(ops.leakyRelu, { alpha: context.attributes.float("alpha", 0.01) }, [context.input(0)]),
  ];
}

export function Elu(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.elu, { alpha: context.attributes.float("alpha", 1) }, [context.input(0)])];
}

export function Celu(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.celu, { alpha: context.attributes.float("alpha", 1) }, [context.input(0)])];
}

export function ThresholdedRelu(context: OnnxContext): readonly Value[] {
  return [
    context.emit(ops.thresholdedRelu, { alpha: context.attributes.float("alpha", 1) }, [context.input(0)]),
  ];
}

export function Selu(context: OnnxContext): readonly Value[] {
  const isFirst = context.opset < 6;
  const alpha = context.attributes.float("alpha", isFirst ? 1.6732 : 1.6732631921768188);
  const gamma = context.attributes.float("gamma", isFirst ? 1.0507 : 1.0507010221481323);
  return [context.emit(ops.selu, { alpha, gamma }, [context.input(0)])];
}

export function HardSigmoid(context: OnnxContext): readonly Value[] {
  const alpha = context.attributes.float("alpha", 0.2);
  const beta = context.attributes.float("beta", 0.5);
  return [context.emit(ops.hardSigmoid, { alpha, beta }, [context.input(0)])];
}

export function Swish(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.swish, { alpha: context.attributes.float("alpha", 1) }, [context.input(0)])];
}

/** The gate through Swish, times the other input. */
export function SwiGLU(context: OnnxContext): readonly Value[] {
  const [gate, value] = [context.input(0), context.input(1)];
  const swish = context.emit(ops.swish, { alpha: context.attributes.float("alpha", 1) }, [gate]);
  return [binary(context, ops.mul, swish, value)];
}

export function Gelu(context: OnnxContext): readonly Value[] {
  const approximate = context.attributes.string("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh")
    context.fail(`approximate "${approximate}"`, "none or tanh");
  return [context.emit(ops.gelu, { approximate: approximate as "none" | "tanh" }, [context.input(0)])];
}

export function Shrink(context: OnnxContext): readonly Value[] {
  const lambd = context.attributes.float("lambd", 0.5);
  const bias = context.attributes.float("bias", 0);
  return [context.emit(ops.shrink, { lambd, bias }, [context.input(0)])];
}

/** Before opset 7 a 1-d slope lay on the channel axis. */
export function PRelu(context: OnnxContext): readonly Value[] {
  const [x, slope] = [context.input(0), context.input(1)];
  if (context.opset >= 7 || rankOf(slope) !== 1 || slope.type.shape[0] === 1) {
    return [binary(context, ops.prelu, x, slope)];
  }
  const axes = Array.from({ length: Math.max(0, rankOf(x) - 2) }, (_, i) => i + 1);
  const aligned = axes.length === 0 ? slope : context.emit(ops.unsqueeze, {}, [slope, context.ints(axes)]);
  return [binary(context, ops.prelu, x, aligned)];
}

function knownBound(bound: Value | undefined, otherwise: number): number | undefined {
  if (bound === undefined) return otherwise;
  if (bound.data === undefined || bound.type.dtype === "f16" || bound.type.dtype === "bf16") return undefined;
  return Number(bound.data.data[0]);
}

export function Clip(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  if (context.opset < 11) {
    const min = context.attributes.float("min", -3.4028234663852886e38);
    const max = context.attributes.float("max", 3.4028234663852886e38);
    return [context.emit(ops.clip, { min, max }, [x])];
  }
  const [low, high] = [context.optional(1), context.optional(2)];
  const min = knownBound(low, Number.NEGATIVE_INFINITY);
  const max = knownBound(high, Number.POSITIVE_INFINITY);
  const isExact = x.type.dtype !== "i64" && x.type.dtype !== "u64";
  if (min !== undefined && max !== undefined && min <= max && isExact)
    return [context.emit(ops.clip, { min, max }, [x])];
  const above = low ? binary(context, ops.max, x, low) : x;
  return [high ? binary(context, ops.min, above, high) : above];
}

/** Before opset 13 these worked on the input flattened to 2-d at `axis`. */
function alongAxis(context: OnnxContext, op: typeof ops.softmax): readonly Value[] {
  const x = context.input(0);
  const axis = context.attributes.int("axis", context.opset < 13 ? 1 : -1);
  const rank = rankOf(x);
  const front = axis < 0 ? axis + rank : axis;
  if (context.opset >= 13 || front === rank - 1) return [context.emit(op, { axis }, [x])];
  const flat = context.emit(op, { axis: 1 }, [flattenAt(context, x, front)]);
  return [reshape(context, flat, shapeOf(context, x))];
}

export const Softmax: Convert = (context) => alongAxis(context, ops.softmax);
export const LogSoftmax: Convert = (context) => alongAxis(context, ops.logSoftmax);
export const Hardmax: Convert = (context) => alongAxis(context, ops.hardmax);

/** y = scale * x, opset 1 only. */
export function Scale(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  return [binary(context, ops.mul, x, context.scalar(x.type.dtype, context.attributes.float("scale", 1)))];
}

/** y = alpha * x + beta, opset 1 only. */
export function Affine(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const scaled = binary(
    context,
    ops.mul,
    x,
    context.scalar(x.type.dtype, context.attributes.float("alpha", 1)),
  );
  return [
    binary(context, ops.add, scaled, context.scalar(x.type.dtype, context.attributes.float("beta", 0))),
  ];
}

/** y = alpha * tanh(beta * x), opset 1 only. */
export function ScaledTanh(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const inner = binary(
    context,
    ops.mul,
    x,
    context.scalar(x.type.dtype, context.attributes.float("beta", 1)),
  );
  const tanh = context.emit(ops.tanh, {}, [inner]);
  return [binary(context, ops.mul, tanh, context.scalar(x.type.dtype, context.attributes.float("alpha", 1)))];
}
