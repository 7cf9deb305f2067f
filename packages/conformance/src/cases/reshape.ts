import { type DType, ops } from "@coracle/core";
import { cases, f32, given, ints, type OpCase, random } from "../case.ts";

const everyWidth: readonly DType[] = ["f64", "f16", "u8", "i16", "i32", "i64", "bool", "i4", "f8e4m3fn"];

const reshapes = cases(ops.reshape, [
  ...(
    [
      [
        [2, 3, 4],
        [4, 6],
      ],
      [[2, 3, 4], [-1]],
      [
        [2, 3, 4],
        [0, -1],
      ],
      [[1], []],
      [[], [1, 1]],
      [
        [0, 3],
        [3, 0],
      ],
      [
        [2, 16, 7, 7],
        [2, 16, 49],
      ],
      [
        [2, 16, 7, 7],
        [2, -1],
      ],
    ] as const
  ).map(([from, to]) => ({
    name: `[${from}] to [${to}]`,
    attrs: { allowZero: to.some((dim) => (dim as number) === 0) && from.includes(0 as never) },
    inputs: [f32(from), ints(...to)],
  })),
  { name: "a fed shape", attrs: { allowZero: false }, inputs: [f32([2, 6]), given("i64", [2], [3, -1])] },
  ...everyWidth.map((dtype) => ({
    attrs: { allowZero: false },
    inputs: [random(dtype, [2, 6]), ints(3, 4)],
  })),
]);

const flattens = cases(
  ops.flatten,
  [0, 1, 2, 3, -1, -3].map((axis) => ({ name: `at ${axis}`, attrs: { axis }, inputs: [f32([2, 3, 4])] })),
);

const squeezes = cases(ops.squeeze, [
  { attrs: {}, inputs: [f32([1, 3, 1, 5])] },
  { attrs: {}, inputs: [f32([1, 3, 1, 5]), ints(0)] },
  { attrs: {}, inputs: [f32([1, 3, 1, 5]), ints(-2, 0)] },
  { attrs: {}, inputs: [f32([1, 1])] },
  { attrs: {}, inputs: [random("i64", [1]), ints(0)] },
]);

const unsqueezes = cases(ops.unsqueeze, [
  { attrs: {}, inputs: [f32([3, 5]), ints(0)] },
  { attrs: {}, inputs: [f32([3, 5]), ints(-1, 0)] },
  { attrs: {}, inputs: [f32([]), ints(0, 1)] },
  { attrs: {}, inputs: [random("bool", [0]), ints(1)] },
]);

const shapes = [[], [0, 2], [2, 3, 4]].flatMap((shape) => [
  ...cases(
    ops.shapeOf,
    [
      [0, 2 ** 31 - 1],
      [1, 2 ** 31 - 1],
      [-2, -1],
      [0, 1],
      [2, 1],
    ].map(([start, end]) => ({
      name: `of [${shape}], ${start} to ${end}`,
      attrs: { start: start!, end: end! },
      inputs: [f32(shape)],
    })),
  ),
  ...cases(ops.sizeOf, [{ attrs: {}, inputs: [f32(shape)] }]),
]);

const copies = cases(ops.reorder, [
  { attrs: { layout: undefined }, inputs: [f32([2, 16, 7, 7])] },
  { attrs: { layout: undefined }, inputs: [random("u8", [33])] },
]);

export const reshapeCases: readonly OpCase[] = [
  ...reshapes,
  ...flattens,
  ...squeezes,
  ...unsqueezes,
  ...shapes,
  ...copies,
];
