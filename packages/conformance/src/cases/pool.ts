import { ops } from "@coracle/core";
import { type CaseEntry, cases, f32, given, type OpCase, random } from "../case.ts";

const base = {
  kernel: [2, 2],
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  ceilMode: false,
  autoPad: "none" as const,
};
type Base = Omit<ops.AveragePoolAttrs, "countIncludePad">;

const three: Base = { ...base, kernel: [3, 3], pads: [1, 1, 1, 1] };
const line: Base = { ...base, kernel: [3], strides: [2], pads: [1, 0], dilations: [1] };
const cube: Base = {
  ...base,
  kernel: [2, 3, 2],
  strides: [1, 2, 2],
  pads: [0, 1, 0, 1, 1, 0],
  dilations: [1, 1, 1],
};

const windows: readonly (readonly [string, Base, readonly number[]])[] = [
  ...[1, 3, 15, 16, 17, 32].map((c): readonly [string, Base, readonly number[]] => [
    `2x2 of ${c} channels`,
    base,
    [1, c, 8, 9],
  ]),
  ...[2, 3, 7, 14, 15].map((s): readonly [string, Base, readonly number[]] => [
    `3x3 padded on ${s}`,
    three,
    [2, 16, s, s],
  ]),
  ["3x3 stride 1", { ...three, strides: [1, 1] }, [1, 16, 6, 7]],
  ["5x5 stride 1", { ...base, kernel: [5, 5], strides: [1, 1], pads: [2, 2, 2, 2] }, [1, 8, 9, 9]],
  ["ceil mode", { ...base, kernel: [3, 3], ceilMode: true }, [1, 16, 8, 10]],
  ["ceil mode padded", { ...three, ceilMode: true }, [1, 3, 8, 10]],
  [
    "a ceil window that would start in the padding",
    { ...base, strides: [3, 3], pads: [1, 1, 1, 1], ceilMode: true },
    [1, 2, 7, 7],
  ],
  ["unequal everything", { ...base, kernel: [3, 2], strides: [1, 3], pads: [0, 1, 2, 0] }, [1, 5, 7, 11]],
  ["sameUpper", { ...base, kernel: [3, 3], autoPad: "sameUpper" }, [1, 16, 7, 8]],
  ["sameLower", { ...base, kernel: [3, 3], autoPad: "sameLower" }, [1, 16, 7, 8]],
  ["valid", { ...base, kernel: [3, 3], autoPad: "valid" }, [1, 16, 7, 8]],
  ["the whole map", { ...base, kernel: [7, 7], strides: [1, 1] }, [2, 33, 7, 7]],
  ["dilated", { ...base, kernel: [3, 3], dilations: [2, 2], strides: [1, 1] }, [1, 4, 9, 9]],
  ["batch 0", base, [0, 4, 8, 8]],
  ["1-d", line, [2, 5, 11]],
  ["3-d", cube, [1, 3, 5, 6, 7]],
];

function entries<A>(complete: (attrs: Base) => A): readonly CaseEntry<A>[] {
  return [
    ...windows.map(([name, attrs, shape]) => ({ name, attrs: complete(attrs), inputs: [f32(shape)] })),
    ...(["f64", "f16", "bf16"] as const).map((dtype) => ({
      name: `of ${dtype}`,
      attrs: complete(three),
      inputs: [random(dtype, [1, 4, 6, 7])],
    })),
  ];
}

const max = { storageOrder: 0 as const, withIndices: false };
const globalShapes = [
  [1, 1, 1, 1],
  [2, 3, 7, 7],
  [1, 16, 7, 7],
  [1, 17, 5, 6],
  [1, 33, 14, 14],
  [0, 4, 3, 3],
  [2, 5, 9],
  [1, 3, 2, 3, 4],
];

function globals<A>(op: Parameters<typeof cases<A>>[0], attrs: A): readonly OpCase[] {
  return cases(op, [
    ...globalShapes.map((shape) => ({ attrs, inputs: [f32(shape)] })),
    ...(["f64", "f16", "bf16"] as const).map((dtype) => ({ attrs, inputs: [random(dtype, [1, 3, 5, 5])] })),
  ]);
}

const withIndices = { ...max, withIndices: true };

export const poolCases: readonly OpCase[] = [
  ...cases(ops.maxPool, [
    ...entries((attrs) => ({ ...attrs, ...max })),
    { name: "with indices", attrs: { ...three, ...withIndices }, inputs: [f32([2, 3, 7, 8])] },
    {
      name: "with indices by column",
      attrs: { ...three, ...withIndices, storageOrder: 1 },
      inputs: [f32([2, 3, 7, 8])],
    },
    {
      name: "with equal maxima",
      attrs: { ...three, ...withIndices },
      inputs: [given("f32", [1, 2, 6, 6], [1, 1, 0])],
    },
    { name: "of i8", attrs: { ...three, ...max }, inputs: [random("i8", [1, 5, 7, 7], -128, 127)] },
    { name: "of u8", attrs: { ...three, ...max }, inputs: [random("u8", [1, 16, 7, 7], 0, 255)] },
    { name: "of negative numbers", attrs: { ...three, ...max }, inputs: [f32([1, 16, 7, 7], -9, -1)] },
  ]),
  ...cases(ops.averagePool, [
    ...entries((attrs) => ({ ...attrs, countIncludePad: false })),
    ...entries((attrs) => ({ ...attrs, countIncludePad: true })).map((entry) => ({
      ...entry,
      name: `${entry.name}, counting the padding`,
    })),
  ]),
  ...cases(ops.lpPool, [
    ...entries((attrs) => ({ ...attrs, p: 2 })),
    { name: "p 1", attrs: { ...three, p: 1 }, inputs: [f32([1, 3, 6, 6])] },
    { name: "p 3", attrs: { ...three, p: 3 }, inputs: [f32([1, 3, 6, 6])] },
  ]),
  ...globals(ops.globalAveragePool, {}),
  ...globals(ops.globalMaxPool, {}).filter(({ inputs }) => !inputs[0]!.shape.includes(0)),
  ...globals(ops.globalLpPool, { p: 2 }),
  ...cases(ops.maxUnpool, [
    {
      name: "2x2",
      attrs: { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
      inputs: [f32([1, 1, 2, 2]), given("i64", [1, 1, 2, 2], [1, 3, 8, 14])],
    },
  ]),
];
