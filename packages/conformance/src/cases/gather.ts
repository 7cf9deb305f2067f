import { type DType, ops } from "@coracle/core";
import { cases, constant, f32, given, type OpCase, random } from "../case.ts";

const everyWidth: readonly DType[] = ["f64", "f16", "u8", "i16", "i32", "i64", "bool", "i4", "f8e4m3fn"];

const gathers = cases(ops.gather, [
  { name: "a scalar index", attrs: { axis: 0 }, inputs: [f32([5, 3]), given("i64", [], [2])] },
  { attrs: { axis: 0 }, inputs: [f32([17]), random("i64", [33], -17, 16)] },
  { attrs: { axis: 1 }, inputs: [f32([3, 5, 4]), random("i64", [2, 3], -5, 4)] },
  { attrs: { axis: -1 }, inputs: [f32([3, 5]), random("i32", [4], -5, 4)] },
  { attrs: { axis: 0 }, inputs: [f32([5, 3]), random("i64", [0], 0, 4)] },
  {
    name: "rows of a table",
    attrs: { axis: 0 },
    inputs: [constant(f32([50, 17])), random("i64", [2, 9], 0, 49)],
  },
  {
    name: "constant indices",
    attrs: { axis: 1 },
    inputs: [f32([1, 16, 3, 3]), constant(given("i64", [3], [0, 15, -1]))],
  },
  ...everyWidth.map((dtype) => ({
    attrs: { axis: 1 },
    inputs: [random(dtype, [3, 6]), random("i64", [4], -6, 5)],
  })),
]);

const elements = cases(ops.gatherElements, [
  { attrs: { axis: 0 }, inputs: [f32([5, 3]), random("i64", [2, 3], -5, 4)] },
  { attrs: { axis: 1 }, inputs: [f32([5, 17]), random("i64", [5, 33], -17, 16)] },
  { attrs: { axis: -1 }, inputs: [f32([5, 17]), random("i32", [3, 4], -17, 16)] },
  { attrs: { axis: 1 }, inputs: [f32([2, 5, 3]), random("i64", [2, 0, 3], 0, 1)] },
  ...everyWidth.map((dtype) => ({
    attrs: { axis: 0 },
    inputs: [random(dtype, [6, 3]), random("i64", [4, 3], -6, 5)],
  })),
]);

const tuples = cases(ops.gatherND, [
  { attrs: { batchDims: 0 }, inputs: [f32([5, 3]), random("i64", [4, 2], 0, 2)] },
  { attrs: { batchDims: 0 }, inputs: [f32([5, 17]), random("i64", [4, 1], -5, 4)] },
  { attrs: { batchDims: 0 }, inputs: [f32([3, 4, 5]), random("i64", [2, 3, 2], -3, 2)] },
  { attrs: { batchDims: 1 }, inputs: [f32([2, 4, 5]), random("i64", [2, 3, 1], -4, 3)] },
  { attrs: { batchDims: 2 }, inputs: [f32([2, 3, 4, 5]), random("i64", [2, 3, 1], -4, 3)] },
  { attrs: { batchDims: 0 }, inputs: [f32([5, 3]), random("i64", [0, 2], 0, 2)] },
  ...everyWidth.map((dtype) => ({
    attrs: { batchDims: 0 },
    inputs: [random(dtype, [6, 3]), random("i64", [4, 1], -6, 5)],
  })),
]);

const reductions = ["none", "add", "mul", "max", "min"] as const;

const scatteredElements = cases(ops.scatterElements, [
  ...[0, 1, -1].map((axis) => ({
    name: `along ${axis}`,
    attrs: { axis, reduction: "none" as const },
    inputs: [f32([3, 3]), given("i64", [2, 3], [0, 1, 2, 2, 0, 1]), f32([2, 3])],
  })),
  ...reductions.flatMap((reduction) =>
    (["f32", "f64", "i32", "i64"] as const).map((dtype) => ({
      name: `${reduction} ${dtype}${reduction === "none" ? "" : ", repeated indices"}`,
      attrs: { axis: 1, reduction },
      inputs: [
        random(dtype, [2, 7]),
        given("i64", [2, 4], reduction === "none" ? [6, 0, -2, 3] : [1, 1, -1, 6]),
        random(dtype, [2, 4]),
      ],
    })),
  ),
  {
    name: "no updates",
    attrs: { axis: 0, reduction: "add" },
    inputs: [f32([3, 2]), given("i64", [0, 2], [0]), f32([0, 2])],
  },
]);

const scatteredTuples = cases(ops.scatterND, [
  {
    name: "elements",
    attrs: { reduction: "none" },
    inputs: [f32([8]), given("i64", [4, 1], [4, 3, 1, -1]), f32([4])],
  },
  {
    name: "slices",
    attrs: { reduction: "none" },
    inputs: [f32([4, 17]), given("i64", [2, 1], [0, -2]), f32([2, 17])],
  },
  {
    name: "pairs",
    attrs: { reduction: "none" },
    inputs: [f32([4, 5, 3]), given("i64", [2, 1, 2], [0, 1, 3, 4]), f32([2, 1, 3])],
  },
  ...reductions.flatMap((reduction) =>
    (["f32", "f64", "i32", "i64"] as const).map((dtype) => ({
      name: `${reduction} ${dtype}`,
      attrs: { reduction },
      inputs: [
        random(dtype, [4, 3]),
        given("i64", [3, 1], reduction === "none" ? [0, 2, 3] : [0, 2, 0]),
        random(dtype, [3, 3]),
      ],
    })),
  ),
]);

const caches = cases(ops.tensorScatter, [
  {
    attrs: { axis: -2, mode: "linear" },
    inputs: [f32([2, 1, 6, 5]), f32([2, 1, 2, 5]), given("i64", [2], [1, 4])],
  },
  {
    name: "circular",
    attrs: { axis: -2, mode: "circular" },
    inputs: [f32([2, 1, 6, 5]), f32([2, 1, 3, 5]), given("i64", [2], [1, 5])],
  },
  { name: "from the start", attrs: { axis: 1, mode: "linear" }, inputs: [f32([2, 6, 5]), f32([2, 2, 5])] },
]);

export const gatherCases: readonly OpCase[] = [
  ...gathers,
  ...elements,
  ...tuples,
  ...scatteredElements,
  ...scatteredTuples,
  ...caches,
];
