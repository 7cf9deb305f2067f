import { type DType, ops } from "@coracle/core";
import { cases, constant, f32, given, ints, type OpCase, random, scalar } from "../case.ts";

const everyWidth: readonly DType[] = ["f64", "f16", "u8", "i16", "i32", "i64", "bool", "i4", "f8e4m3fn"];

const transposes = cases(ops.transpose, [
  ...(
    [
      [[], []],
      [[17], [0]],
      [
        [17, 33],
        [1, 0],
      ],
      [
        [3, 5, 7],
        [2, 0, 1],
      ],
      [
        [3, 5, 7],
        [0, 2, 1],
      ],
      [
        [3, 0, 7],
        [1, 2, 0],
      ],
      [
        [2, 16, 7, 7],
        [0, 2, 3, 1],
      ],
      [
        [2, 7, 7, 19],
        [0, 3, 1, 2],
      ],
      [
        [1, 5, 4, 8],
        [0, 2, 1, 3],
      ],
      [
        [2, 3, 2, 3, 2],
        [4, 3, 2, 1, 0],
      ],
      [
        [2, 3, 2, 3, 2, 3],
        [0, 3, 1, 4, 2, 5],
      ],
    ] as const
  ).map(([shape, perm]) => ({ name: `f32[${shape}] by [${perm}]`, attrs: { perm }, inputs: [f32(shape)] })),
  ...everyWidth.map((dtype) => ({ attrs: { perm: [1, 0] }, inputs: [random(dtype, [9, 17])] })),
]);

const concats = cases(ops.concat, [
  { attrs: { axis: 0 }, inputs: [f32([3])] },
  { attrs: { axis: 0 }, inputs: [f32([3]), f32([0]), f32([17])] },
  { attrs: { axis: 1 }, inputs: [f32([2, 3, 5]), f32([2, 4, 5])] },
  { attrs: { axis: -1 }, inputs: [f32([2, 3, 5]), f32([2, 3, 1]), constant(f32([2, 3, 16]))] },
  { attrs: { axis: 1 }, inputs: [f32([2, 16, 7, 7]), f32([2, 32, 7, 7])] },
  { attrs: { axis: 1 }, inputs: [f32([1, 16, 5, 5]), f32([1, 3, 5, 5]), f32([1, 13, 5, 5])] },
  { attrs: { axis: 1 }, inputs: [f32([2, 24, 5, 5]), f32([2, 24, 5, 5]), f32([2, 24, 5, 5])] },
  { attrs: { axis: 2 }, inputs: [f32([1, 16, 2, 5]), f32([1, 16, 3, 5])] },
  ...everyWidth.map((dtype) => ({
    attrs: { axis: 1 },
    inputs: [random(dtype, [3, 5]), random(dtype, [3, 2])],
  })),
]);

const splits = cases(ops.split, [
  { attrs: { axis: 0, numOutputs: 3 }, inputs: [f32([9])] },
  { name: "a smaller last", attrs: { axis: 0, numOutputs: 4 }, inputs: [f32([10, 3])] },
  { attrs: { axis: -1, numOutputs: 2 }, inputs: [f32([3, 17]), ints(1, 16)] },
  { attrs: { axis: 1, numOutputs: 2 }, inputs: [f32([2, 32, 7, 7]), ints(16, 16)] },
  { attrs: { axis: 1, numOutputs: 3 }, inputs: [f32([2, 8, 3, 3]), ints(3, 0, 5)] },
  { attrs: { axis: 1, numOutputs: 2 }, inputs: [f32([2, 116, 3, 5])] },
  ...everyWidth.map((dtype) => ({ attrs: { axis: 1, numOutputs: 2 }, inputs: [random(dtype, [3, 6])] })),
]);

const last = 2 ** 31 - 1;
const slices = cases(ops.slice, [
  ...(
    [
      [[20], [3], [17], [0], [1]],
      [[20], [17], [3], [0], [-1]],
      [[20], [-1], [-last], [0], [-3]],
      [[20], [1], [last], [0], [4]],
      [
        [5, 33],
        [1, 2],
        [4, 31],
        [0, 1],
        [1, 1],
      ],
      [
        [5, 33],
        [0, -1],
        [5, -34],
        [-2, -1],
        [2, -2],
      ],
      [[5, 33], [2], [2], [1], [1]],
      [[5, 33], [9], [99], [0], [1]],
      [[0, 4], [0], [4], [1], [2]],
      [
        [2, 16, 9, 9],
        [1, 1],
        [last, last],
        [2, 3],
        [2, 2],
      ],
      [[2, 32, 5, 5], [16], [32], [1], [1]],
      [[2, 3, 4, 5], [], [], [], []],
    ] as const
  ).map(([shape, starts, ends, axes, steps]) => ({
    name: `f32[${shape}] from [${starts}] to [${ends}] of [${axes}] by [${steps}]`,
    attrs: {},
    inputs: [f32(shape), ints(...starts), ints(...ends), ints(...axes), ints(...steps)],
  })),
  {
    name: "fed ends",
    attrs: {},
    inputs: [f32([5, 7]), ints(1), given("i64", [1], [3]), ints(1), ints(1)],
  },
  ...everyWidth.map((dtype) => ({
    attrs: {},
    inputs: [random(dtype, [6, 9]), ints(5), ints(-last), ints(0), ints(-2)],
  })),
]);

const expansions = cases(ops.expand, [
  ...(
    [
      [[], [3]],
      [[1], [17]],
      [
        [5, 1],
        [5, 16],
      ],
      [
        [5, 1],
        [1, 16],
      ],
      [[3], [2, 3]],
      [
        [1, 3],
        [2, 1],
      ],
      [[1], [0]],
      [
        [2, 1, 3],
        [4, 2, 5, 3],
      ],
    ] as const
  ).map(([shape, wanted]) => ({
    name: `f32[${shape}] to [${wanted}]`,
    attrs: {},
    inputs: [f32(shape), ints(...wanted)],
  })),
  ...everyWidth.map((dtype) => ({ attrs: {}, inputs: [random(dtype, [3, 1]), ints(3, 7)] })),
]);

const tiles = cases(ops.tile, [
  ...(
    [
      [[3], [4]],
      [
        [2, 3],
        [2, 2],
      ],
      [
        [2, 3],
        [1, 17],
      ],
      [
        [2, 3],
        [0, 2],
      ],
      [[], []],
      [
        [2, 1, 3, 2],
        [1, 5, 2, 1],
      ],
    ] as const
  ).map(([shape, repeats]) => ({
    name: `f32[${shape}] by [${repeats}]`,
    attrs: {},
    inputs: [f32(shape), ints(...repeats)],
  })),
  ...everyWidth.map((dtype) => ({ attrs: {}, inputs: [random(dtype, [2, 5]), ints(3, 2)] })),
]);

const pads = cases(ops.pad, [
  ...(["constant", "reflect", "edge", "wrap"] as const).flatMap((mode) => [
    ...(
      [
        [[17], [2, 3], [0]],
        [
          [5, 7],
          [1, 2, 2, 1],
          [0, 1],
        ],
        [[5, 7], [0, 3], [-1]],
        [
          [1, 3, 6, 5],
          [1, 2, 2, 1],
          [2, 3],
        ],
        [
          [1, 16, 6, 5],
          [1, 1, 1, 1],
          [2, 3],
        ],
      ] as const
    ).map(([shape, amounts, axes]) => ({
      name: `${mode} f32[${shape}] by [${amounts}] along [${axes}]`,
      attrs: { mode },
      inputs: [f32(shape), ints(...amounts), scalar("f32", 1.5), ints(...axes)],
    })),
    ...everyWidth.map((dtype) => ({
      name: `${mode} ${dtype}`,
      attrs: { mode },
      inputs: [random(dtype, [4, 6]), ints(1, 2, 0, 2), scalar(dtype, 1), ints(0, 1)],
    })),
  ]),
  {
    name: "negative amounts",
    attrs: { mode: "constant" },
    inputs: [f32([6, 7]), ints(-1, 2, 1, -3), scalar("f32", 9), ints(0, 1)],
  },
  {
    name: "of nothing",
    attrs: { mode: "constant" },
    inputs: [f32([0, 2]), ints(1, 2), scalar("f32", 9), ints(0)],
  },
  {
    name: "zeros after channels",
    attrs: { mode: "constant" },
    inputs: [f32([2, 24, 5, 3]), ints(0, 4), scalar("f32", 0), ints(1)],
  },
  {
    name: "zeros around channels",
    attrs: { mode: "constant" },
    inputs: [f32([1, 17, 3, 3]), ints(5, 14), constant(scalar("f32", 0)), ints(-3)],
  },
  {
    name: "channels cut",
    attrs: { mode: "constant" },
    inputs: [f32([1, 40, 3, 3]), ints(-3, -9), constant(scalar("f32", 0)), ints(1)],
  },
  { name: "of a scalar", attrs: { mode: "constant" }, inputs: [f32([]), ints(), scalar("f32", 9), ints()] },
]);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const shuffled = upTo(116).map((_, i) => (i % 2) * 58 + (i >> 1));

const picks = cases(ops.pickChannels, [
  { name: "as they are", attrs: { picks: [upTo(20)] }, inputs: [f32([2, 20, 3, 5])] },
  {
    name: "joined, shuffled and split",
    attrs: { picks: [shuffled.slice(0, 58), shuffled.slice(58)] },
    inputs: [f32([1, 58, 7, 7]), f32([1, 58, 7, 7])],
  },
  { name: "backwards", attrs: { picks: [upTo(33).reverse()] }, inputs: [f32([1, 33, 2, 2])] },
  { name: "some of many", attrs: { picks: [[63, 1, 17, 40, 17, 0, -1, 5]] }, inputs: [f32([1, 64, 3, 3])] },
  { name: "zeros", attrs: { picks: [[-1, -1], [2]] }, inputs: [f32([2, 3, 2, 2])] },
  { name: "not maps", attrs: { picks: [[1, 0]] }, inputs: [random("i64", [3, 2])] },
]);

export const movementCases: readonly OpCase[] = [
  ...picks,
  ...transposes,
  ...concats,
  ...splits,
  ...slices,
  ...expansions,
  ...tiles,
  ...pads,
];
