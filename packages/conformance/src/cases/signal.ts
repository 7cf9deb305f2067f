import { ops, Tensor } from "@coracle/core";
import { cases, constant, f32, given, ints, type OpCase, random, scalar } from "../case.ts";

const transforms = cases(ops.dft, [
  {
    name: "real, 16",
    attrs: { inverse: false, onesided: false },
    inputs: [f32([2, 16, 1]), scalar("i64", 16), scalar("i64", 1)],
  },
  {
    name: "half, 9",
    attrs: { inverse: false, onesided: true },
    inputs: [f32([2, 9, 3, 1]), scalar("i64", 9), scalar("i64", 1)],
  },
  {
    name: "cut",
    attrs: { inverse: false, onesided: false },
    inputs: [f32([1, 10, 2]), scalar("i64", 6), scalar("i64", -2)],
  },
  {
    name: "filled up",
    attrs: { inverse: true, onesided: false },
    inputs: [f32([1, 5, 2]), scalar("i64", 8), scalar("i64", 1)],
  },
  {
    name: "back to real",
    attrs: { inverse: true, onesided: true },
    inputs: [f32([1, 5, 2]), scalar("i64", 8), scalar("i64", 1)],
  },
  {
    name: "a fed axis",
    attrs: { inverse: false, onesided: true },
    inputs: [f32([2, 6, 1]), given("i64", [], [6]), given("i64", [], [1])],
  },
]);

const frames = cases(ops.stft, [
  {
    name: "real",
    attrs: { onesided: true },
    inputs: [f32([2, 32]), scalar("i64", 5), f32([8], 0, 1), scalar("i64", 8)],
  },
  {
    name: "complex",
    attrs: { onesided: false },
    inputs: [f32([1, 20, 2]), scalar("i64", 3), f32([6], 0, 1), scalar("i64", 6)],
  },
  {
    name: "a fed step",
    attrs: { onesided: true },
    inputs: [f32([1, 20, 1]), given("i64", [], [4]), f32([8], 0, 1), scalar("i64", 8)],
  },
  {
    name: "too short",
    attrs: { onesided: true },
    inputs: [f32([1, 4]), scalar("i64", 1), f32([8], 0, 1), scalar("i64", 8)],
  },
]);

const mels = cases(ops.melWeights, [
  {
    name: "8 of 16",
    attrs: { dtype: "f32" },
    inputs: [scalar("i64", 8), scalar("i64", 16), scalar("i64", 8192), scalar("f32", 0), scalar("f32", 4096)],
  },
  {
    name: "fed",
    attrs: { dtype: "f64" },
    inputs: [
      given("i32", [], [3]),
      scalar("i32", 64),
      scalar("i32", 16000),
      scalar("f32", 20),
      scalar("f32", 4000),
    ],
  },
]);

const unit = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
const columns = cases(ops.col2Im, [
  { name: "plain", attrs: unit, inputs: [f32([1, 5, 5]), ints(5, 5), ints(1, 5)] },
  { name: "pads", attrs: { ...unit, pads: [0, 1, 0, 1] }, inputs: [f32([1, 5, 15]), ints(5, 5), ints(1, 5)] },
  {
    name: "strides, channels",
    attrs: { ...unit, strides: [2, 2] },
    inputs: [f32([2, 27, 4]), ints(5, 5), ints(3, 3)],
  },
  {
    name: "dilations",
    attrs: { ...unit, dilations: [1, 5] },
    inputs: [f32([1, 4, 5]), ints(6, 6), ints(2, 2)],
  },
  {
    name: "1-d",
    attrs: { strides: [1], pads: [0, 0], dilations: [1] },
    inputs: [f32([1, 4, 6]), ints(7), ints(2)],
  },
  { name: "a fed image", attrs: unit, inputs: [f32([1, 4, 4]), given("i64", [2], [3, 3]), ints(2, 2)] },
]);

const deform = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1, offsetGroups: 1 };
const deformations = cases(ops.deformConv, [
  {
    name: "no mask",
    attrs: deform,
    inputs: [f32([1, 2, 4, 5]), constant(f32([3, 2, 3, 3])), f32([1, 18, 4, 5]), f32([3])],
  },
  {
    name: "mask, groups",
    attrs: { strides: [2, 1], pads: [0, 1, 0, 1], dilations: [1, 2], groups: 2, offsetGroups: 2 },
    inputs: [
      f32([2, 4, 5, 6]),
      constant(f32([4, 2, 2, 2])),
      f32([2, 16, 2, 6]),
      f32([4]),
      f32([2, 8, 2, 6], 0, 1),
    ],
  },
]);

const heads = { queryHeads: 4, heads: 2, scale: 0.5 };
const attentions = cases(ops.linearAttention, [
  {
    name: "delta",
    attrs: { ...heads, isDelta: true },
    inputs: [
      f32([2, 3, 16]),
      f32([2, 3, 8]),
      f32([2, 3, 6]),
      f32([2, 2, 4, 3]),
      f32([2, 3, 2], -1, 0),
      f32([2, 3, 2], 0, 1),
    ],
  },
  {
    name: "decay by row, one rate",
    attrs: { ...heads, isDelta: false },
    inputs: [
      f32([1, 2, 16]),
      f32([1, 2, 8]),
      f32([1, 2, 6]),
      f32([1, 2, 4, 3]),
      f32([1, 2, 8], -1, 0),
      f32([1, 2, 1], 0, 1),
    ],
  },
]);

const regions = [
  ...cases(ops.maxRoiPool, [
    {
      attrs: { pooledHeight: 2, pooledWidth: 3, spatialScale: 0.5 },
      inputs: [f32([2, 3, 6, 7]), given("f32", [3, 5], [0, 0, 0, 8, 9, 1, 3, 2, 11, 6, 0, 20, 20, 24, 24])],
    },
  ]),
  ...cases(ops.cropAndResize, [
    {
      name: "linear",
      attrs: { mode: "linear", extrapolationValue: 9 },
      inputs: [
        f32([2, 3, 6, 7]),
        given("f32", [2, 4], [0.1, 0.2, 0.9, 0.8, -0.2, 0, 1.1, 0.7]),
        given("i64", [2], [1, 0]),
        ints(4, 3),
      ],
    },
    {
      name: "nearest, to one pixel",
      attrs: { mode: "nearest", extrapolationValue: 0 },
      inputs: [f32([1, 2, 5, 5]), given("f32", [1, 4], [0, 0, 1, 1]), given("i32", [1], [0]), ints(1, 1)],
    },
  ]),
];

const matrices = cases(
  ops.inverse,
  [
    [0, 0],
    [1, 1],
    [4, 4],
    [2, 3, 3],
  ].map((shape) => ({ attrs: {}, inputs: [f32(shape)] })),
);

const lookups = cases(ops.lookup, [
  {
    name: "i64 to f32",
    attrs: {
      keys: Tensor.ints([1, 5]),
      values: Tensor.from("f32", [2], [0.5, 2]),
      otherwise: Tensor.from("f32", [1], [-1]),
    },
    inputs: [given("i64", [2, 3], [5, 1, 3, 5, 0, 1])],
  },
  {
    name: "f32 to i32, NaN",
    attrs: {
      keys: Tensor.from("f32", [2], [Number.NaN, 2]),
      values: Tensor.from("i32", [2], [7, 8]),
      otherwise: Tensor.from("i32", [1], [0]),
    },
    inputs: [given("f32", [4], [Number.NaN, 2, 3, 2])],
  },
]);

const trees: ops.TreeEnsembleAttrs = {
  nodes: {
    feature: [0, 1, 2],
    mode: ["<=", "in", "!="],
    split: [0.1, 0, 0.2],
    members: [undefined, [1, 2], undefined],
    whenTrue: [1, ~0, ~3],
    whenFalse: [~1, ~2, ~4],
    nanIsTrue: [true, false, false],
  },
  roots: [0, 2],
  leafTargets: [[0], [1, 0], [1], [0], [1]],
  leafWeights: [[1], [2, 3], [-1], [0.5], [4]],
  numTargets: 2,
  aggregate: "sum",
  base: [0.25, 0],
};
const ensembles = cases(
  ops.treeEnsemble,
  (["sum", "average", "min", "max"] as const).map((aggregate) => ({
    name: aggregate,
    attrs: { ...trees, aggregate },
    inputs: [given("f32", [5, 3], [0, 1, 0.2, 1, 0, 0, Number.NaN, 2, Number.NaN])],
  })),
);

const repeats = cases(ops.blockRepeated, [
  { attrs: { size: 3 }, inputs: [given("i64", [2, 5], [1, 2, 3, 1, 2, 0, 0, 0, 0, 0]), f32([2, 6])] },
  { name: "single tokens", attrs: { size: 1 }, inputs: [random("i64", [2, 4], 0, 5), f32([2, 6])] },
]);

/** One pixel wide, two high, 24 bits. */
const bitmap = [
  66, 77, 62, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0,
].concat(new Array<number>(24).fill(0), [3, 2, 1, 0, 6, 5, 4, 0]);
const pictures = cases(
  ops.decodeImage,
  (["rgb", "bgr", "grayscale"] as const).map((format) => ({
    name: format,
    attrs: { format },
    inputs: [given("u8", [bitmap.length], bitmap)],
  })),
);

export const signalCases: readonly OpCase[] = [
  ...transforms,
  ...frames,
  ...mels,
  ...columns,
  ...deformations,
  ...attentions,
  ...regions,
  ...matrices,
  ...lookups,
  ...ensembles,
  ...repeats,
  ...pictures,
];
