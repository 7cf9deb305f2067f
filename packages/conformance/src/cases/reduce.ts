import { type DType, type Op, ops } from "@coracle/core";
import { type CaseEntry, cases, constant, given, ints, type OpCase, random, scalar } from "../case.ts";

interface ReduceAttrs {
  readonly keepDims: boolean;
  readonly noopWithEmptyAxes: boolean;
}

interface Target {
  readonly shape: readonly number[];
  /** Absent: all. */
  readonly axes?: readonly number[];
}

const targets: readonly Target[] = [
  { shape: [] },
  { shape: [1] },
  { shape: [17] },
  { shape: [5, 33] },
  { shape: [5, 33], axes: [1] },
  { shape: [5, 33], axes: [0] },
  { shape: [33, 1], axes: [-1] },
  { shape: [3, 15, 4], axes: [1] },
  { shape: [3, 16, 4], axes: [0, 2] },
  { shape: [3, 17, 4], axes: [-1, -2] },
  { shape: [2, 19, 7, 7], axes: [2, 3] },
  { shape: [1, 16, 7, 7], axes: [2, 3] },
  { shape: [2, 19, 7, 7], axes: [1] },
  { shape: [2, 3, 2, 3, 2], axes: [0, 2, 4] },
  { shape: [0, 5], axes: [1] },
  { shape: [1, 300], axes: [1] },
];

/** Products over many numbers near 1 stay representable. */
const near: Readonly<Record<string, readonly [number, number]>> = {
  reduceProd: [0.9, 1.1],
  reduceLogSum: [0.1, 4],
};

function entries(op: Op<ReduceAttrs>): readonly CaseEntry<ReduceAttrs>[] {
  const [low, high] = near[op.name] ?? [-3, 3];
  const swept = targets.flatMap(({ shape, axes }) =>
    [true, false].map((keepDims) => ({
      name: `f32[${shape}] over ${axes ? `[${axes}]` : "all"}${keepDims ? ", kept" : ""}`,
      attrs: { keepDims, noopWithEmptyAxes: false },
      inputs: [random("f32", shape, low, high), ...(axes ? [ints(...axes)] : [])],
    })),
  );
  return [
    ...swept,
    {
      name: "empty axes mean all",
      attrs: { keepDims: true, noopWithEmptyAxes: false },
      inputs: [random("f32", [3, 5], low, high), ints()],
    },
    {
      name: "fed axes",
      attrs: { keepDims: true, noopWithEmptyAxes: false },
      inputs: [random("f32", [3, 5], low, high), given("i64", [1], [1])],
    },
  ];
}

const all: readonly Op<ReduceAttrs>[] = [
  ops.reduceSum,
  ops.reduceMean,
  ops.reduceMax,
  ops.reduceMin,
  ops.reduceProd,
  ops.reduceL1,
  ops.reduceL2,
  ops.reduceLogSum,
  ops.reduceLogSumExp,
  ops.reduceSumSquare,
];

const otherDTypes: readonly (readonly [Op<ReduceAttrs>, readonly DType[]])[] = [
  [ops.reduceSum, ["f64", "f16", "i32", "i64", "u32", "u64"]],
  [ops.reduceMean, ["f64", "f16", "i32", "i64"]],
  [ops.reduceMax, ["f64", "f16", "i8", "u8", "i32", "i64", "bool"]],
  [ops.reduceMin, ["f64", "f16", "i8", "u8", "i32", "i64", "bool"]],
  [ops.reduceProd, ["f64", "i32", "i64"]],
  [ops.reduceL1, ["i32", "i64"]],
  [ops.reduceSumSquare, ["i32", "i64"]],
];

const typed = otherDTypes.flatMap(([op, dtypes]) =>
  cases(
    op,
    dtypes.flatMap((dtype) =>
      [[0], [1], [0, 1]].map((axes) => ({
        name: `${dtype}[7,19] over [${axes}]`,
        attrs: { keepDims: false, noopWithEmptyAxes: false },
        inputs: [random(dtype, [7, 19], -3, 3), ints(...axes)],
      })),
    ),
  ),
);

/** What a reduction over nothing gives. */
const empty = [ops.reduceSum, ops.reduceProd, ops.reduceMax, ops.reduceMin, ops.reduceLogSumExp].flatMap(
  (op) =>
    cases(op, [
      {
        name: "over an axis of size 0",
        attrs: { keepDims: false, noopWithEmptyAxes: false },
        inputs: [random("f32", [3, 0]), ints(1)],
      },
    ]),
);

const argTargets: readonly (readonly [readonly number[], number])[] = [
  [[1], 0],
  [[17], 0],
  [[5, 33], 1],
  [[5, 33], 0],
  [[2, 19, 7, 7], 1],
  [[3, 15, 4], -2],
  [[0, 4], 1],
  [[1, 1000], -1],
];

const argReductions = [ops.argMax, ops.argMin].flatMap((op) =>
  cases(op, [
    ...argTargets.flatMap(([shape, axis]) =>
      [true, false].map((keepDims) => ({
        name: `f32[${shape}] along ${axis}${keepDims ? ", kept" : ""}`,
        attrs: { axis, keepDims, selectLastIndex: false },
        inputs: [random("f32", shape)],
      })),
    ),
    ...[true, false].flatMap((selectLastIndex) =>
      (["f32", "i32", "i64", "u8", "i8"] as const).map((dtype) => ({
        name: `ties of ${dtype}, the ${selectLastIndex ? "last" : "first"}`,
        attrs: { axis: 1, keepDims: false, selectLastIndex },
        inputs: [random(dtype, [9, 40], 0, 3)],
      })),
    ),
  ]),
);

const cumulative = [ops.cumSum, ops.cumProd].flatMap((op) =>
  cases(
    op,
    [true, false].flatMap((exclusive) =>
      [true, false].flatMap((reverse) =>
        (["f32", "f64", "i32", "i64"] as const).flatMap((dtype) =>
          [0, 1, -1].map((axis) => ({
            name: `${dtype} along ${axis}${exclusive ? ", exclusive" : ""}${reverse ? ", reverse" : ""}`,
            attrs: { exclusive, reverse },
            inputs: [random(dtype, [3, 9, 5], -2, 2), scalar("i64", axis)],
          })),
        ),
      ),
    ),
  ),
);

const tops = cases(ops.topK, [
  ...[true, false].flatMap((largest) =>
    (
      [
        [[7], 0, 3],
        [[5, 33], 1, 5],
        [[5, 33], 0, 5],
        [[2, 19, 3], -2, 1],
        [[3, 700], 1, 20],
        [[2, 900, 3], 1, 300],
        [[600], 0, 600],
        [[4, 9], 1, 0],
        [[0, 9], 1, 2],
      ] as const
    ).map(([shape, axis, k]) => ({
      name: `${largest ? "greatest" : "least"} ${k} of f32[${shape}] along ${axis}`,
      attrs: { axis, largest, sorted: true },
      inputs: [random("f32", shape), ints(k)],
    })),
  ),
  ...(["f64", "f16", "i32", "i64", "u8"] as const).map((dtype) => ({
    name: `ties of ${dtype} by lower index`,
    attrs: { axis: 1, largest: true, sorted: true },
    inputs: [random(dtype, [4, 20], 0, 3), constant(given("i64", [1], [6]))],
  })),
]);

export const reduceCases: readonly OpCase[] = [
  ...all.flatMap((op) => cases(op, entries(op))),
  ...typed,
  ...empty,
  ...argReductions,
  ...cumulative,
  ...tops,
];
