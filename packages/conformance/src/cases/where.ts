import { type DType, ops } from "@coracle/core";
import { cases, constant, type OpCase, random } from "../case.ts";

const shapes: readonly (readonly (readonly number[])[])[] = [
  [[], [], []],
  [[17], [17], [17]],
  [[5, 17], [17], []],
  [[1, 17], [5, 1], [1]],
  [
    [2, 1, 4],
    [3, 1],
    [2, 3, 4],
  ],
  [[0], [1], [0]],
  [
    [2, 16, 7, 7],
    [2, 16, 7, 7],
    [1, 16, 1, 1],
  ],
];
const others: readonly DType[] = ["f64", "f16", "i8", "u8", "i16", "i32", "i64", "bool"];

export const whereCases: readonly OpCase[] = cases(ops.where, [
  ...shapes.map(([condition, x, y]) => ({
    attrs: {},
    inputs: [random("bool", condition!), random("f32", x!), random("f32", y!)],
  })),
  ...others.map((dtype) => ({
    attrs: {},
    inputs: [random("bool", [5, 17]), random(dtype, [5, 17]), constant(random(dtype, []))],
  })),
]);
