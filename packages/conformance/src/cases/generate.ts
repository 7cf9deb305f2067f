import { ops, Tensor } from "@coracle/core";
import { cases, constant, f32, given, ints, type OpCase, random, scalar } from "../case.ts";

const fills = cases(ops.fill, [
  { name: "a scalar", attrs: { value: Tensor.from("f32", [1], [3]) }, inputs: [ints()] },
  { name: "[5,17]", attrs: { value: Tensor.from("f32", [1], [-1.5]) }, inputs: [ints(5, 17)] },
  { name: "nothing", attrs: { value: Tensor.from("i64", [1], [7]) }, inputs: [ints(0, 3)] },
  {
    name: "a fed shape",
    attrs: { value: Tensor.from("i64", [1], [7]) },
    inputs: [given("i64", [2], [2, 3])],
  },
  { name: "bool", attrs: { value: Tensor.from("bool", [1], [1]) }, inputs: [ints(3)] },
]);

const ranges = cases(ops.range, [
  { name: "up", attrs: {}, inputs: [scalar("i64", 2), scalar("i64", 20), scalar("i64", 3)] },
  { name: "down", attrs: {}, inputs: [scalar("i32", 10), scalar("i32", -3), scalar("i32", -4)] },
  { name: "empty", attrs: {}, inputs: [scalar("i64", 5), scalar("i64", 5), scalar("i64", 1)] },
  { name: "f32", attrs: {}, inputs: [scalar("f32", 0), scalar("f32", 1), scalar("f32", 0.125)] },
  { name: "a fed limit", attrs: {}, inputs: [scalar("i64", 0), given("i64", [], [7]), scalar("i64", 1)] },
]);

const eyes = cases(
  ops.eyeLike,
  [0, 2, -1, 9].flatMap((k) =>
    (["f32", "i64", "bool"] as const).map((dtype) => ({
      name: `${dtype}, diagonal ${k}`,
      attrs: { dtype, k },
      inputs: [f32([4, 5])],
    })),
  ),
);

const oneHots = cases(ops.oneHot, [
  ...[0, 1, -1].map((axis) => ({
    name: `at ${axis}`,
    attrs: { axis },
    inputs: [random("i64", [3, 4], -8, 7), scalar("i64", 6), constant(given("f32", [2], [0.5, 2]))],
  })),
  {
    name: "of a scalar",
    attrs: { axis: -1 },
    inputs: [given("i64", [], [2]), scalar("i64", 4), constant(given("i64", [2], [0, 1]))],
  },
  {
    name: "f32 indices, a fed depth",
    attrs: { axis: -1 },
    inputs: [given("f32", [3], [0, 2, 1]), given("i64", [], [3]), given("i32", [2], [1, 5])],
  },
]);

const nonZeros = cases(ops.nonZero, [
  { attrs: {}, inputs: [random("i32", [5, 7], -1, 1)] },
  { attrs: {}, inputs: [random("bool", [17])] },
  { attrs: {}, inputs: [random("i64", [2, 3, 4], 0, 1)] },
  { name: "zeros of both signs", attrs: {}, inputs: [given("f16", [8], [0, -0, 1, NaN])] },
  { name: "none", attrs: {}, inputs: [given("f32", [4], [0])] },
  { name: "of nothing", attrs: {}, inputs: [f32([0, 3])] },
]);

const blocks = [
  ...(["DCR", "CRD"] as const).flatMap((mode) =>
    cases(
      ops.depthToSpace,
      [
        [[1, 4, 3, 3], 2],
        [[2, 36, 2, 5], 3],
        [[1, 16, 1, 1], 4],
      ].map(([shape, blockSize]) => ({
        name: `${mode} of [${shape}] by ${blockSize}`,
        attrs: { blockSize: blockSize as number, mode },
        inputs: [f32(shape as number[])],
      })),
    ),
  ),
  ...cases(ops.spaceToDepth, [
    { attrs: { blockSize: 2 }, inputs: [f32([1, 3, 4, 6])] },
    { attrs: { blockSize: 3 }, inputs: [random("i64", [2, 2, 6, 3])] },
  ]),
];

const reversals = cases(ops.reverseSequence, [
  {
    name: "by batch",
    attrs: { batchAxis: 0, timeAxis: 1 },
    inputs: [f32([3, 5, 2]), constant(given("i64", [3], [5, 1, 3]))],
  },
  {
    name: "by time",
    attrs: { batchAxis: 1, timeAxis: 0 },
    inputs: [random("i32", [5, 3]), constant(given("i64", [3], [2, 0, 4]))],
  },
]);

const triangles = cases(
  ops.trilu,
  [true, false].flatMap((upper) =>
    [0, 1, -2, 9].map((k) => ({
      name: `${upper ? "upper" : "lower"} from ${k}`,
      attrs: { upper },
      inputs: [f32([2, 4, 5]), scalar("i64", k)],
    })),
  ),
);

const compressions = cases(ops.compress, [
  { attrs: {}, inputs: [f32([3, 4]), given("bool", [12], [1, 0, 0])] },
  { attrs: { axis: 1 }, inputs: [f32([3, 4]), given("bool", [3], [0, 1, 1])] },
  { attrs: { axis: -2 }, inputs: [random("i64", [3, 4]), given("bool", [3], [0])] },
]);

const uniques = cases(ops.unique, [
  ...[true, false].flatMap((sorted) => [
    {
      name: `elements${sorted ? ", sorted" : ""}`,
      attrs: { sorted },
      inputs: [given("f32", [6], [2, 1, 1, 3, 4, 3])],
    },
    {
      name: `rows${sorted ? ", sorted" : ""}`,
      attrs: { axis: 0, sorted },
      inputs: [given("i64", [4, 2], [1, 0, 1, 0, 2, 3, 0, 9])],
    },
  ]),
  { name: "columns", attrs: { axis: -1, sorted: true }, inputs: [random("i32", [2, 9], 0, 1)] },
]);

const noRandom = { seed: 7, dtype: "f32" } as const;
const randoms = [
  ...cases(ops.randomNormal, [
    { name: "[5,7]", attrs: { ...noRandom, mean: 1, scale: 2 }, inputs: [ints(5, 7)] },
  ]),
  ...cases(ops.randomUniform, [
    { name: "[5,7]", attrs: { ...noRandom, low: 1, high: 2 }, inputs: [ints(5, 7)] },
  ]),
  ...cases(ops.bernoulli, [{ attrs: noRandom, inputs: [f32([5, 7], 0, 1)] }]),
  ...cases(ops.multinomial, [{ attrs: { seed: 7, dtype: "i64", sampleSize: 4 }, inputs: [f32([3, 5])] }]),
];

export const generateCases: readonly OpCase[] = [
  ...fills,
  ...ranges,
  ...eyes,
  ...oneHots,
  ...nonZeros,
  ...blocks,
  ...reversals,
  ...triangles,
  ...compressions,
  ...uniques,
  ...randoms,
];
