import { type Op, ops } from "@coracle/core";
import { cases, f32, given, type OpCase, random } from "../case.ts";
import { mapShapes, plainShapes } from "./shapes.ts";

const extremes = [Number.NaN, Infinity, -Infinity, 0, -0, 100, -100, 3, -3, 6, 1e-20, -1e-20];
/** Where infinity times zero makes NaN, only finite values are compared. */
const large = [0, -0, 30, -30, 3, -3, 6, -6, 1e-20, -1e-20, 0.5, -0.5];

interface Options {
  readonly isExact?: boolean;
}

function sweepActivation<A>(
  op: Op<A>,
  attrs: readonly A[],
  { isExact = false }: Options = {},
): readonly OpCase[] {
  const [first] = attrs as readonly [A];
  return cases(op, [
    ...[...plainShapes, ...mapShapes].map((shape) => ({ attrs: first, inputs: [f32(shape, -8, 8)] })),
    ...attrs.map((other) => ({
      name: `with ${JSON.stringify(other)}`,
      attrs: other,
      inputs: [f32([2, 18, 3, 3], -8, 8)],
    })),
    { name: "of extremes", attrs: first, inputs: [given("f32", [37], isExact ? extremes : large)] },
    ...(["f64", "f16", "bf16"] as const).map((dtype) => ({
      attrs: first,
      inputs: [random(dtype, [3, 11], -8, 8)],
    })),
  ]);
}

const none = [{}];
const alphas = [{ alpha: 1 }, { alpha: 0.1 }, { alpha: 0.25 }];

export const activationCases: readonly OpCase[] = [
  ...sweepActivation(ops.relu, none, { isExact: true }),
  ...cases(ops.relu, [{ name: "of i32", attrs: {}, inputs: [random("i32", [17], -9, 9)] }]),
  ...sweepActivation(
    ops.clip,
    [
      { min: 0, max: 6 },
      { min: -1, max: 1 },
      { min: 0, max: Infinity },
      { min: -Infinity, max: 2.5 },
      { min: 3, max: 1 },
    ],
    { isExact: true },
  ),
  ...cases(
    ops.clip,
    (["i8", "u8", "i32", "i64"] as const).map((dtype) => ({
      attrs: { min: 2, max: 6 },
      inputs: [random(dtype, [17], -9, 9)],
    })),
  ),
  ...sweepActivation(ops.leakyRelu, [{ alpha: 0.01 }, { alpha: 1.5 }, { alpha: -0.5 }]),
  ...sweepActivation(ops.hardSigmoid, [
    { alpha: 0.2, beta: 0.5 },
    { alpha: 1 / 6, beta: 0.5 },
  ]),
  ...sweepActivation(ops.hardSwish, none),
  ...sweepActivation(ops.sigmoid, none),
  ...sweepActivation(ops.tanh, none),
  ...sweepActivation(ops.swish, [{ alpha: 1 }, { alpha: 1.702 }]),
  ...sweepActivation(ops.gelu, [{ approximate: "none" }, { approximate: "tanh" }] as const),
  ...sweepActivation(ops.elu, alphas),
  ...sweepActivation(ops.softplus, none),
  ...sweepActivation(ops.mish, none),
  ...sweepActivation(ops.celu, alphas),
  ...sweepActivation(ops.selu, [{ alpha: 1.67326, gamma: 1.0507 }]),
  ...sweepActivation(ops.thresholdedRelu, alphas, { isExact: true }),
  ...sweepActivation(ops.shrink, [
    { lambd: 0.5, bias: 0 },
    { lambd: 1.5, bias: 1.5 },
  ]),
];
