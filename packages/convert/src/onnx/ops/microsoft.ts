import { type Op, ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { binary, castTo, flattenAt, rankOf, reshape, scalarLike, shapeOf, transpose } from "./common.ts";
import { Conv } from "./nn.ts";

export { CausalConvWithState } from "./attention.ts";
export { LinearAttention } from "./linear-attention.ts";
export { MatMulInteger } from "./nn.ts";
export { LayerNormalization, SimplifiedLayerNormalization } from "./normalize.ts";
export { DequantizeLinear, QuantizeLinear } from "./quant.ts";

/** Parameters by position, as FusedConv has them, or by name, as FusedGemm and FusedMatMulActivation do. */
function parameters(context: OnnxContext): readonly (number | undefined)[] {
  const list = context.attributes.floats("activation_params");
  if (list) return list;
  return ["activation_alpha", "activation_beta", "activation_gamma"].map((name) =>
    context.attributes.has(name) ? context.attributes.float(name, 0) : undefined,
  );
}

type Activate = (context: OnnxContext, x: Value, parameters: readonly (number | undefined)[]) => Value;

const plain =
  (op: Op<Record<never, never>>): Activate =>
  (context, x) =>
    context.emit(op, {}, [x]);

const activations: Readonly<Record<string, Activate>> = {
  "": (_, x) => x,
  Relu: plain(ops.relu),
  Sigmoid: plain(ops.sigmoid),
  Tanh: plain(ops.tanh),
  Softplus: plain(ops.softplus),
  Softsign: plain(ops.softsign),
  HardSwish: plain(ops.hardSwish),
  Mish: plain(ops.mish),
  LeakyRelu: (context, x, [alpha = 0.01]) => context.emit(ops.leakyRelu, { alpha }, [x]),
  Elu: (context, x, [alpha = 1]) => context.emit(ops.elu, { alpha }, [x]),
  ThresholdedRelu: (context, x, [alpha = 1]) => context.emit(ops.thresholdedRelu, { alpha }, [x]),
  HardSigmoid: (context, x, [alpha = 0.2, beta = 0.5]) => context.emit(ops.hardSigmoid, { alpha, beta }, [x]),
  Clip: (context, x, [min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY]) =>
    context.emit(ops.clip, { min, max }, [x]),
  Selu: (context, x, [alpha = 1.6732631921768188, gamma = 1.0507010221481323]) =>
    context.emit(ops.selu, { alpha, gamma }, [x]),
};

/** The activation that the node names, as a node of its own; the passes fuse it where a kernel can. */
export function activated(context: OnnxContext, x: Value): Value {
  const name = context.attributes.string("activation", "");
  const activate = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (activate) return activate(context, x, parameters(context));
  const known = Object.keys(activations).filter((known) => known !== "");
  return context.fail(`activation "${name}"`, known.join(", "));
}

export function FusedConv(context: OnnxContext): readonly Value[] {
  const [y] = Conv(context);
  const sum = context.optional(3);
  const total = sum ? binary(context, ops.add, y!, sum) : y!;
  return [activated(context, total)];
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
  return [activated(context, sum)];
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

export function FusedMatMulActivation(context: OnnxContext): readonly Value[] {
  return [activated(context, FusedMatMul(context)[0]!)];
}

export function GemmFastGelu(context: OnnxContext): readonly Value[] {
  const product = context.emit(ops.matMul, {}, [context.input(0), context.input(1)]);
  const bias = context.optional(2);
  const sum = bias ? binary(context, ops.add, product, bias) : product;
  return [context.emit(ops.gelu, { approximate: "tanh" as const }, [sum])];
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

/** Values and gates lie beside each other: values * gelu(gates). */
export function BiasSplitGelu(context: OnnxContext): readonly Value[] {
  const sum = binary(context, ops.add, context.input(0), context.input(1));
  const attrs = { axis: rankOf(sum) - 1, numOutputs: 2 };
  const [values, gates] = context.emitAll(ops.split, attrs, [sum]);
  return [
    binary(context, ops.mul, values!, context.emit(ops.gelu, { approximate: "none" as const }, [gates!])),
  ];
}

/** Softmax over all dimensions from `axis`; the bias broadcasts from the inside or, inner broadcast off, the outside. */
export function BiasSoftmax(context: OnnxContext): readonly Value[] {
  const sum = binary(context, ops.add, context.input(0), context.input(1));
  const axis = context.attributes.int("axis", 1);
  const front = axis < 0 ? axis + rankOf(sum) : axis;
  if (front === rankOf(sum) - 1) return [context.emit(ops.softmax, { axis: -1 }, [sum])];
  const flat = context.emit(ops.softmax, { axis: 1 }, [flattenAt(context, sum, front)]);
  return [reshape(context, flat, shapeOf(context, sum))];
}

/** x + y * gate. */
export function GatedAdd(context: OnnxContext): readonly Value[] {
  const scaled = binary(context, ops.mul, context.input(1), context.input(2));
  return [binary(context, ops.add, context.input(0), scaled)];
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
