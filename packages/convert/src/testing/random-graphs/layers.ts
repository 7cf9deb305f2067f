import { type Op, ops, type Tensor } from "@coracle/core";
import type { Maker } from "./elementwise.ts";
import { indices, scalar } from "./elementwise.ts";
import type { Grower, Grown } from "./grower.ts";

const isImage = ({ dtype, shape }: Tensor): boolean =>
  dtype === "f32" && shape.length === 4 && shape[1]! <= 40 && shape[2]! > 1 && shape[3]! > 1;
const isSequence = ({ dtype, shape }: Tensor): boolean => dtype === "f32" && shape.length === 3;
const hasRank =
  (from: number, to = 9) =>
  ({ dtype, shape }: Tensor): boolean =>
    dtype === "f32" && shape.length >= from && shape.length <= to;

/** Weights for sums of `terms` terms near the size of one. */
const weights = (g: Grower, shape: readonly number[], terms: number): Tensor =>
  g.floats(shape, -2 / Math.sqrt(terms), 2 / Math.sqrt(terms));

const pair = (g: Grower, from: number, to: number): [number, number] => [
  g.integer(from, to),
  g.integer(from, to),
];

const conv: Maker = (g) => {
  const x = g.pick(isImage);
  if (!x) return undefined;
  const channels = x.tensor.shape[1]!;
  const groups = g.chance(0.3) ? channels : g.chance(0.2) && channels % 2 === 0 ? 2 : 1;
  const perGroup = channels / groups;
  const outputs = groups * (groups === channels ? g.integer(1, 2) : g.integer(1, 20));
  const kernel = g.chance(0.3) ? [1, 1] : g.chance(0.5) ? [3, 3] : pair(g, 1, 5);
  const attrs = {
    strides: g.chance(0.7) ? [1, 1] : pair(g, 1, 3),
    pads: [...pair(g, 0, 2), ...pair(g, 0, 2)],
    dilations: g.chance(0.8) ? [1, 1] : pair(g, 1, 2),
    groups,
    autoPad: "none" as const,
  };
  const terms = perGroup * kernel[0]! * kernel[1]!;
  const bias = g.chance(0.7) ? [g.floats([outputs])] : [];
  return g.add(ops.conv, attrs, [x, weights(g, [outputs, perGroup, ...kernel], terms), ...bias]);
};

const convTranspose: Maker = (g) => {
  const x = g.pick(isImage);
  if (!x) return undefined;
  const [, channels] = x.tensor.shape as [number, number];
  const kernel = pair(g, 1, 4);
  const attrs = {
    strides: pair(g, 1, 2),
    pads: [0, 0, g.integer(0, 1), 0],
    dilations: [1, 1],
    groups: 1,
    autoPad: "none" as const,
    outputPadding: [0, 0],
  };
  const outputs = g.integer(1, 12);
  return g.add(ops.convTranspose, attrs, [
    x,
    weights(g, [channels, outputs, ...kernel], channels * kernel[0] * kernel[1]),
    g.floats([outputs]),
  ]);
};

const pool: Maker = (g) => {
  const x = g.pick(isImage);
  if (!x) return undefined;
  const kernel = pair(g, 1, 3);
  const window = {
    kernel,
    strides: pair(g, 1, 2),
    pads: [0, g.integer(0, kernel[1] - 1), g.integer(0, kernel[0] - 1), 0],
    dilations: [1, 1],
    ceilMode: g.chance(0.2),
    autoPad: "none" as const,
  };
  if (g.chance(0.5)) return g.add(ops.maxPool, { ...window, storageOrder: 0, withIndices: false }, [x]);
  return g.add(ops.averagePool, { ...window, countIncludePad: !window.ceilMode && g.chance(0.5) }, [x]);
};

const globalPool: Maker = (g) => {
  const x = g.pick(isImage);
  return x && g.add(g.choose([ops.globalAveragePool, ops.globalMaxPool]), {}, [x]);
};

const normalisation: Maker = (g) => {
  const x = g.pick(isImage);
  if (!x) return undefined;
  const channels = x.tensor.shape[1]!;
  const [scale, bias] = [g.floats([channels], 0.5, 1.5), g.floats([channels])];
  const epsilon = 1e-2;
  if (g.chance(0.5)) {
    const statistics = [g.floats([channels], -0.5, 0.5), g.floats([channels], 0.5, 2)];
    return g.add(ops.batchNorm, { epsilon }, [x, scale, bias, ...statistics]);
  }
  if (g.chance(0.3)) return g.add(ops.lrn, { size: 3, alpha: 0.01, beta: 0.75, bias: 1 }, [x]);
  return g.add(ops.instanceNorm, { epsilon }, [x, scale, bias]);
};

const lastAxis: Maker = (g) => {
  const x = g.pick(hasRank(2));
  if (!x) return undefined;
  const { shape } = x.tensor;
  const size = shape.at(-1)!;
  const axis = shape.length - 1;
  if (g.chance(0.6)) {
    const op: Op<{ readonly axis: number }> = g.choose([ops.softmax, ops.logSoftmax]);
    return g.add(op, { axis: g.integer(0, axis) }, [x]);
  }
  if (size < 3) return undefined;
  return g.add(ops.layerNorm, { axis, epsilon: 1e-2 }, [x, g.floats([size], 0.5, 1.5), g.floats([size])]);
};

const product: Maker = (g) => {
  const x = g.pick(hasRank(2));
  if (!x) return undefined;
  const inner = x.tensor.shape.at(-1)!;
  const columns = g.integer(1, 24);
  const other = g.pick(({ dtype, shape }) => dtype === "f32" && shape.length === 2 && shape[0] === inner);
  const b: Grown | Tensor = other && g.chance(0.6) ? other : weights(g, [inner, columns], inner);
  const made = g.add(ops.matMul, {}, [x, b]);
  if (!made || g.chance(0.4)) return made;
  return g.add(ops.add, {}, [made[0]!, g.floats([made[0]!.tensor.shape.at(-1)!])]);
};

const reduction: Maker = (g) => {
  const x = g.pick(hasRank(1));
  if (!x) return undefined;
  const rank = x.tensor.shape.length;
  const axes = Array.from({ length: rank }, (_, i) => i).filter(() => g.chance(0.5));
  if (axes.length === 0) axes.push(rank - 1);
  const op = g.choose([
    ops.reduceSum,
    ops.reduceMean,
    ops.reduceMax,
    ops.reduceMin,
    ops.reduceL1,
    ops.reduceL2,
  ]);
  const keepDims = rank === axes.length || g.chance(0.5);
  return g.add(op, { keepDims, noopWithEmptyAxes: false }, [x, indices(axes)]);
};

const order: Maker = (g) => {
  const x = g.pick(hasRank(1));
  if (!x || new Set(x.tensor.data as Float32Array).size < x.tensor.data.length) return undefined;
  const { shape } = x.tensor;
  const axis = g.integer(0, shape.length - 1);
  if (g.chance(0.4)) {
    return g.add(g.choose([ops.argMax, ops.argMin]), { axis, keepDims: true, selectLastIndex: false }, [x]);
  }
  if (g.chance(0.4)) {
    return g.add(ops.cumSum, { exclusive: g.chance(0.5), reverse: g.chance(0.5) }, [x, scalar(axis)]);
  }
  const k = indices([g.integer(1, shape[axis]!)]);
  return g.add(ops.topK, { axis, largest: g.chance(0.5), sorted: true }, [x, k]);
};

const recurrent: Maker = (g) => {
  const x = g.pick((tensor) => isSequence(tensor) && tensor.shape[0]! <= 12);
  if (!x) return undefined;
  const [steps, batch, size] = x.tensor.shape as [number, number, number];
  const direction = g.choose(["forward", "reverse", "bidirectional"] as const);
  const directions = direction === "bidirectional" ? 2 : 1;
  const hiddenSize = g.integer(1, 20);
  const state = (): Tensor => g.floats([directions, batch, hiddenSize], -0.5, 0.5);
  const lengths = ops.cast.reference([indices(Array.from({ length: batch }, () => steps))], {
    to: "i32",
  })[0]!;
  const shared = (gates: number): readonly Tensor[] => [
    weights(g, [directions, gates * hiddenSize, size], size * 4),
    weights(g, [directions, gates * hiddenSize, hiddenSize], hiddenSize * 4),
    g.floats([directions, 2 * gates * hiddenSize], -0.5, 0.5),
    lengths,
    state(),
  ];
  const attrs = (functions: readonly string[]): ops.RecurrentAttrs => ({
    direction,
    hiddenSize,
    activations: Array.from({ length: directions }, () => functions).flat(),
    activationAlpha: [],
    activationBeta: [],
    layout: 0,
  });
  if (g.chance(0.5)) {
    const peepholes = g.floats([directions, 3 * hiddenSize], -0.1, 0.1);
    return g.add(ops.lstm, attrs(["Sigmoid", "Tanh", "Tanh"]), [x, ...shared(4), state(), peepholes]);
  }
  return g.add(ops.gru, { ...attrs(["Sigmoid", "Tanh"]), linearBeforeReset: g.chance(0.5) }, [
    x,
    ...shared(3),
  ]);
};

export const layers: readonly Maker[] = [
  conv,
  conv,
  convTranspose,
  pool,
  globalPool,
  normalisation,
  lastAxis,
  product,
  product,
  reduction,
  order,
  recurrent,
];
