import { type Activation, ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { binary, castTo, rankOf, scalarLike, transpose } from "./common.ts";
import { Conv } from "./nn.ts";
import { layerStatistics } from "./normalize.ts";

export { MatMulInteger } from "./nn.ts";
export { LayerNormalization, SimplifiedLayerNormalization } from "./normalize.ts";
export { DequantizeLinear, QuantizeLinear } from "./quant.ts";

function fusedActivation(context: OnnxContext): Activation | undefined {
  const name = context.attributes.string("activation", "");
  const [first, second] = context.attributes.floats("activation_params") ?? [];
  switch (name) {
    case "":
      return undefined;
    case "Relu":
      return { kind: "relu" };
    case "Sigmoid":
      return { kind: "sigmoid" };
    case "Tanh":
      return { kind: "tanh" };
    case "LeakyRelu":
      return { kind: "leakyRelu", alpha: first ?? 0.01 };
    case "Clip":
      return {
        kind: "clip",
        min: first ?? Number.NEGATIVE_INFINITY,
        max: second ?? Number.POSITIVE_INFINITY,
      };
    case "HardSigmoid":
      return { kind: "hardSigmoid", alpha: first ?? 0.2, beta: second ?? 0.5 };
    default:
      return context.fail(`activation "${name}"`, "Relu, Sigmoid, Tanh, LeakyRelu, Clip or HardSigmoid");
  }
}

/** Applies an activation as a node of its own; the passes fuse it where a kernel can. */
function activated(context: OnnxContext, x: Value, activation: Activation | undefined): Value {
  switch (activation?.kind) {
    case undefined:
      return x;
    case "relu":
      return context.emit(ops.relu, {}, [x]);
    case "sigmoid":
      return context.emit(ops.sigmoid, {}, [x]);
    case "tanh":
      return context.emit(ops.tanh, {}, [x]);
    case "leakyRelu":
      return context.emit(ops.leakyRelu, { alpha: activation.alpha }, [x]);
    case "clip":
      return context.emit(ops.clip, { min: activation.min, max: activation.max }, [x]);
    case "hardSigmoid":
      return context.emit(ops.hardSigmoid, { alpha: activation.alpha, beta: activation.beta }, [x]);
    default:
      return context.fail(`activation "${activation?.kind}"`, "another");
  }
}

export function FusedConv(context: OnnxContext): readonly Value[] {
  const [y] = Conv(context);
  const sum = context.optional(3);
  const total = sum ? binary(context, ops.add, y!, sum) : y!;
  return [activated(context, total, fusedActivation(context))];
}

export function FusedGemm(context: OnnxContext): readonly Value[] {
  const [a, b, c] = [context.input(0), context.input(1), context.optional(2)];
  const { attributes } = context;
  const attrs = {
    transA: attributes.int("transA", 0) !== 0,
    transB: attributes.int("transB", 0) !== 0,
    alpha: attributes.float("alpha", 1),
  };
  const product = context.emit(ops.matMul, attrs, [a, b]);
  const beta = attributes.float("beta", 1);
  const scaled = c && beta !== 1 ? binary(context, ops.mul, c, scalarLike(context, c, beta)) : c;
  const sum = scaled ? binary(context, ops.add, product, scaled) : product;
  return [activated(context, sum, fusedActivation(context))];
}

/** transBatch moves the first dimension before the last: [B1,M,B2,K] style inputs of attention. */
function batchMoved(context: OnnxContext, x: Value, name: string): Value {
  const rank = rankOf(x);
  if (context.attributes.int(name, 0) === 0 || rank < 3) return x;
  const middle = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  return transpose(context, x, [...middle, 0, rank - 1]);
}

export function FusedMatMul(context: OnnxContext): readonly Value[] {
  const a = batchMoved(context, context.input(0), "transBatchA");
  const b = batchMoved(context, context.input(1), "transBatchB");
  const attrs = {
    transA: context.attributes.int("transA", 0) !== 0,
    transB: context.attributes.int("transB", 0) !== 0,
    alpha: context.attributes.float("alpha", 1),
  };
  return [context.emit(ops.matMul, attrs, [a, b])];
}

export const TransposeMatMul: (context: OnnxContext) => readonly Value[] = FusedMatMul;

export function Gelu(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.gelu, { approximate: "none" as const }, [context.input(0)])];
}

export function BiasGelu(context: OnnxContext): readonly Value[] {
  const sum = binary(context, ops.add, context.input(0), context.input(1));
  return [context.emit(ops.gelu, { approximate: "none" as const }, [sum])];
}

export function FastGelu(context: OnnxContext): readonly Value[] {
  const [x, bias] = [context.input(0), context.optional(1)];
  const sum = bias ? binary(context, ops.add, x, bias) : x;
  return [context.emit(ops.gelu, { approximate: "tanh" as const }, [sum])];
}

export function QuickGelu(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.swish, { alpha: context.attributes.float("alpha", 1.702) }, [context.input(0)])];
}

export function BiasAdd(context: OnnxContext): readonly Value[] {
  const sum = binary(context, ops.add, context.input(0), context.input(1));
  return [binary(context, ops.add, sum, context.input(2))];
}

export function BiasSoftmax(context: OnnxContext): readonly Value[] {
  const sum = binary(context, ops.add, context.input(0), context.input(1));
  if (context.attributes.int("axis", 1) !== rankOf(sum) - 1)
    context.fail("an axis that is not the last", "the last");
  return [context.emit(ops.softmax, { axis: -1 }, [sum])];
}

function epsilonOf(context: OnnxContext): number {
  return context.attributes.float("epsilon", 1e-12);
}

/** Outputs: y, mean, 1/deviation, x + skip + bias. */
export function SkipLayerNormalization(context: OnnxContext): readonly Value[] {
  const [gamma, beta, bias] = [context.input(2), context.optional(3), context.optional(4)];
  const skipped = binary(context, ops.add, context.input(0), context.input(1));
  const sum = bias ? binary(context, ops.add, skipped, bias) : skipped;
  const inputs = beta ? [sum, gamma, beta] : [sum, gamma];
  const y = context.emit(ops.layerNorm, { axis: -1, epsilon: epsilonOf(context) }, inputs);
  const statistics = context.wants(1) || context.wants(2) ? layerStatistics(context, sum, -1) : [sum, sum];
  return [y, ...statistics, sum];
}

/** Outputs: y, unused, unused, x + skip + bias. */
export function SkipSimplifiedLayerNormalization(context: OnnxContext): readonly Value[] {
  const [gamma, bias] = [context.input(2), context.optional(3)];
  const skipped = binary(context, ops.add, context.input(0), context.input(1));
  const sum = bias ? binary(context, ops.add, skipped, bias) : skipped;
  if (context.wants(1) || context.wants(2)) context.fail("statistics as outputs", "only outputs 0 and 3");
  const y = context.emit(ops.rmsNorm, { axis: -1, epsilon: epsilonOf(context) }, [sum, gamma]);
  return [y, sum, sum, sum];
}

/** x [M,K] f32 times quantised b, quantising x on the way. */
export function DynamicQuantizeMatMul(context: OnnxContext): readonly Value[] {
  const [x, b, bScale] = [context.input(0), context.input(1), context.input(2)];
  const bZero = context.optional(3) ?? scalarLike(context, b, 0);
  const [quantized, scale, zero] = context.emitAll(ops.dynamicQuantizeLinear, {}, [x]);
  const product = context.emit(ops.matMulInteger, {}, [quantized!, b, zero!, bZero]);
  return [scaledSum(context, product, [scale!, bScale], context.optional(4))];
}

/** Integer product times both scales, plus bias. */
export function MatMulIntegerToFloat(context: OnnxContext): readonly Value[] {
  const [a, b, aScale, bScale] = [0, 1, 2, 3].map((i) => context.input(i));
  const aZero = context.optional(4) ?? scalarLike(context, a!, 0);
  const bZero = context.optional(5) ?? scalarLike(context, b!, 0);
  const product = context.emit(ops.matMulInteger, {}, [a!, b!, aZero, bZero]);
  return [scaledSum(context, product, [aScale!, bScale!], context.optional(6))];
}

function scaledSum(
  context: OnnxContext,
  product: Value,
  scales: readonly [Value, Value],
  bias: Value | undefined,
): Value {
  const scale = binary(context, ops.mul, scales[0], scales[1]);
  const y = binary(context, ops.mul, castTo(context, product, "f32"), scale);
  return bias ? binary(context, ops.add, y, bias) : y;
}
