import { type Op, ops, Tensor } from "@coracle/core";
import type { Grower, Grown } from "./grower.ts";

export type Maker = (g: Grower) => readonly Grown[] | undefined;

const isFloat32 = ({ dtype }: Tensor): boolean => dtype === "f32";
const isBool = ({ dtype }: Tensor): boolean => dtype === "bool";
const isInteger = ({ dtype }: Tensor): boolean => dtype === "i64";

export const scalar = (value: number): Tensor => Tensor.scalar("i64", value);
export const indices = (values: readonly number[]): Tensor =>
  Tensor.from("i64", [values.length], BigInt64Array.from(values, BigInt));

const plain: readonly Op<Record<never, never>>[] = [
  ops.abs,
  ops.neg,
  ops.exp,
  ops.sin,
  ops.cos,
  ops.atan,
  ops.asinh,
  ops.sinh,
  ops.tanh,
  ops.sigmoid,
  ops.erf,
  ops.softsign,
  ops.softplus,
  ops.relu,
  ops.mish,
  ops.hardSwish,
  ops.ceil,
  ops.floor,
  ops.round,
  ops.sign,
  ops.identity,
  ops.sqrt,
  ops.log,
  ops.reciprocal,
];

function parametric(g: Grower, x: Grown): readonly Grown[] | undefined {
  const alpha = g.number(0.1, 1.5);
  const makers: readonly Maker[] = [
    () => g.add(ops.leakyRelu, { alpha }, [x]),
    () => g.add(ops.elu, { alpha }, [x]),
    () => g.add(ops.celu, { alpha }, [x]),
    () => g.add(ops.thresholdedRelu, { alpha }, [x]),
    () => g.add(ops.selu, { alpha: 1.6732632, gamma: 1.0507 }, [x]),
    () => g.add(ops.hardSigmoid, { alpha: g.number(0.1, 0.4), beta: 0.5 }, [x]),
    () => g.add(ops.gelu, { approximate: g.choose(["none", "tanh"] as const) }, [x]),
    () => g.add(ops.shrink, { lambd: g.number(0.1, 0.6), bias: g.number(0, 0.5) }, [x]),
    () => g.add(ops.clip, { min: g.number(-1, 0), max: g.number(0.1, 2) }, [x]),
  ];
  return g.choose(makers)(g);
}

/** One of the tensor's own shape, or one that broadcasts to it. */
function partner(g: Grower, shape: readonly number[], from = -1.5, to = 1.5): Grown | Tensor {
  const same = g.pick((tensor) => isFloat32(tensor) && tensor.shape.join() === shape.join());
  if (same && g.chance(0.5) && from < 0) return same;
  const start = g.integer(0, shape.length);
  return g.floats(
    shape.slice(start).map((dim) => (g.chance(0.3) ? 1 : dim)),
    from,
    to,
  );
}

const inOrder = (g: Grower, pair: readonly [Grown | Tensor, Grown | Tensor]): readonly (Grown | Tensor)[] =>
  g.chance(0.5) ? pair : [pair[1], pair[0]];

const unary: Maker = (g) => {
  const x = g.pick();
  if (!x) return undefined;
  return g.chance(0.6) ? g.add(g.choose(plain), {}, [x]) : parametric(g, x);
};

const arithmetic: Maker = (g) => {
  const x = g.pick();
  if (!x) return undefined;
  const { shape } = x.tensor;
  if (g.chance(0.15)) return g.add(ops.div, {}, [x, partner(g, shape, 0.5, 2)]);
  if (g.chance(0.1)) return g.add(ops.prelu, {}, [x, partner(g, shape)]);
  const op = g.choose([ops.add, ops.sub, ops.mul]);
  if (g.chance(0.7)) return g.add(op, {}, inOrder(g, [x, partner(g, shape)]));
  return g.add(g.choose([ops.min, ops.max]), {}, inOrder(g, [x, partner(g, shape)]));
};

const comparison: Maker = (g) => {
  const x = g.pick();
  if (!x) return undefined;
  const op = g.choose([ops.less, ops.lessOrEqual, ops.greater, ops.greaterOrEqual]);
  return g.add(op, {}, inOrder(g, [x, partner(g, x.tensor.shape)]));
};

const logic: Maker = (g) => {
  const a = g.pick(isBool);
  if (!a) return undefined;
  if (g.chance(0.3)) return g.add(ops.not, {}, [a]);
  const b = g.pick((tensor) => isBool(tensor) && tensor.shape.join() === a.tensor.shape.join());
  return g.add(g.choose([ops.and, ops.or, ops.xor]), {}, [a, b ?? a]);
};

const selection: Maker = (g) => {
  const condition = g.pick(isBool);
  if (!condition) return undefined;
  const x = g.pick((tensor) => isFloat32(tensor) && tensor.shape.join() === condition.tensor.shape.join());
  return g.add(ops.where, {}, [
    condition,
    x ?? g.floats(condition.tensor.shape),
    Tensor.scalar("f32", g.number(-1, 1)),
  ]);
};

const casting: Maker = (g) => {
  const x = g.pick((tensor) => isBool(tensor) || isInteger(tensor) || isFloat32(tensor));
  if (!x) return undefined;
  const to = x.tensor.dtype === "f32" ? g.choose(["i64", "f32"] as const) : "f32";
  return g.add(ops.cast, { to }, [x]);
};

const integers: Maker = (g) => {
  const x = g.pick(isInteger);
  if (!x) return undefined;
  const op = g.choose([ops.add, ops.sub, ops.mul, ops.max, ops.min]);
  return g.add(op, {}, inOrder(g, [x, scalar(g.integer(-3, 5))]));
};

/** The input passed through eight bits. */
const quantisation: Maker = (g) => {
  const x = g.pick();
  if (!x) return undefined;
  const scale = Tensor.scalar("f32", g.number(0.005, 0.05));
  const zeroPoint = Tensor.scalar("u8", g.integer(64, 192));
  const coded = g.add(ops.quantizeLinear, { axis: 1, blockSize: 0, saturate: true }, [x, scale, zeroPoint]);
  return coded && g.add(ops.dequantizeLinear, { axis: 1, blockSize: 0 }, [coded[0]!, scale, zeroPoint]);
};

export const elementwise: readonly Maker[] = [
  unary,
  unary,
  arithmetic,
  arithmetic,
  comparison,
  logic,
  selection,
  casting,
  integers,
  quantisation,
];
