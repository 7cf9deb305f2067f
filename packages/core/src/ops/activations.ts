import type { Op } from "../ir/op.ts";
import type { Node } from "../ir/program.ts";
import { type Activation, activationFunction } from "./activation.ts";
import { definePreparedUnary, defineUnary, type NoAttrs } from "./unary.ts";

interface ActivationOptions<A> {
  readonly flopsPerElement: number;
  /** Exact, and for integers too. */
  big?(x: bigint, attrs: A): bigint;
}

/** An op that is an activation: its attributes are those of the kind. */
function defineActivation<A extends object>(
  kind: Activation["kind"],
  { flopsPerElement, big }: ActivationOptions<A> = { flopsPerElement: 4 },
): Op<A> {
  return definePreparedUnary<A>({
    name: kind,
    accepts: big ? "number" : "float",
    accuracy: big ? "exact" : "rounding",
    flopsPerElement,
    prepare: (attrs) => activationFunction({ kind, ...attrs } as unknown as Activation),
    ...(big && { big }),
  });
}

/** Like Math.min(Math.max(x, min), max); a bound between two integers rounds toward zero. */
function clipBig(x: bigint, { min, max }: ClipAttrs): bigint {
  const low = x < min ? BigInt(Math.trunc(min)) : x;
  return low > max ? BigInt(Math.trunc(max)) : low;
}

export interface AlphaAttrs {
  readonly alpha: number;
}
export interface HardSigmoidAttrs extends AlphaAttrs {
  readonly beta: number;
}
export interface ClipAttrs {
  /** -Infinity when there is none. */
  readonly min: number;
  readonly max: number;
}
export interface GeluAttrs {
  readonly approximate: "none" | "tanh";
}

export const relu: Op<NoAttrs> = defineActivation("relu", {
  flopsPerElement: 1,
  big: (x) => (x < 0n ? 0n : x),
});
export const clip: Op<ClipAttrs> = defineActivation("clip", { flopsPerElement: 2, big: clipBig });
export const leakyRelu: Op<AlphaAttrs> = defineActivation("leakyRelu", { flopsPerElement: 2 });
export const hardSigmoid: Op<HardSigmoidAttrs> = defineActivation("hardSigmoid");
export const hardSwish: Op<NoAttrs> = defineActivation("hardSwish");
export const sigmoid: Op<NoAttrs> = defineActivation("sigmoid");
export const tanh: Op<NoAttrs> = defineActivation("tanh");
export const swish: Op<AlphaAttrs> = defineActivation("swish");
export const gelu: Op<GeluAttrs> = defineActivation("gelu");
export const elu: Op<AlphaAttrs> = defineActivation("elu");
export const softplus: Op<NoAttrs> = defineActivation("softplus");
export const mish: Op<NoAttrs> = defineActivation("mish");

/** x < 0: alpha (exp(x / alpha) - 1) (Barron 2017). */
export const celu: Op<AlphaAttrs> = defineUnary({
  name: "celu",
  accepts: "float",
  apply: (x, { alpha }) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)),
});
export interface SeluAttrs extends AlphaAttrs {
  readonly gamma: number;
}
/** Klambauer et al. 2017, eq. 2. */
export const selu: Op<SeluAttrs> = defineUnary({
  name: "selu",
  accepts: "float",
  apply: (x, { alpha, gamma }) => gamma * (x > 0 ? x : alpha * Math.expm1(x)),
});
export const thresholdedRelu: Op<AlphaAttrs> = defineUnary({
  name: "thresholdedRelu",
  accepts: "float",
  accuracy: "exact",
  apply: (x, { alpha }) => (x > alpha ? x : 0),
});
export interface ShrinkAttrs {
  readonly lambd: number;
  readonly bias: number;
}
export const shrink: Op<ShrinkAttrs> = defineUnary({
  name: "shrink",
  accepts: "number",
  apply: (x, { lambd, bias }) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0),
});

const kinds = new Map<Op, Activation["kind"]>(
  [relu, clip, leakyRelu, hardSigmoid, hardSwish, sigmoid, tanh, swish, gelu, elu, softplus, mish].map(
    (op) => [op as Op, op.name as Activation["kind"]],
  ),
);

/** What a kernel can apply as it stores, when the node is that. */
export function activationOf(node: Node): Activation | undefined {
  const kind = kinds.get(node.op);
  return kind === undefined ? undefined : ({ kind, ...(node.attrs as object) } as Activation);
}
