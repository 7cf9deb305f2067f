import { type DType, dtypes, narrowDTypes, ops } from "@coracle/core";
import { cases, given, type OpCase, random } from "../case.ts";

const fits: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  bool: [0, 1],
  u8: [0, 200],
  u16: [0, 200],
  u32: [0, 200],
  u64: [0, 200],
};

/** Every dtype to every other, on values that all of them hold. */
const pairs = dtypes.flatMap((from) =>
  dtypes
    .filter((to) => to !== from)
    .map((to) => ({
      name: `${from} to ${to}`,
      attrs: { to },
      inputs: [random(from, [5, 7], fits[to] ? 0 : -100, 100)],
    })),
);

const casts = cases(ops.cast, [
  ...pairs,
  ...[[], [0], [1], [15], [16], [17], [33]].map((shape) => ({
    attrs: { to: "i64" as const },
    inputs: [random("f32", shape, -100, 100)],
  })),
  {
    name: "f32 to i32 truncates",
    attrs: { to: "i32" },
    inputs: [given("f32", [6], [1.9, -1.9, 0.5, -0.5, 2.5, 7])],
  },
  {
    name: "f32 to bool",
    attrs: { to: "bool" },
    inputs: [given("f32", [20], [0, -0, 0.1, NaN, Infinity, -2])],
  },
  {
    name: "f32 to f16 rounds",
    attrs: { to: "f16" },
    inputs: [
      given("f32", [21], [1e-8, 6e-8, 65504, 65519, 65520, 1e9, NaN, -Infinity, 1.0009766, 1 / 3, -0]),
    ],
  },
  {
    name: "f32 to bf16 rounds",
    attrs: { to: "bf16" },
    inputs: [given("f32", [21], [1.00390625, 1.01171875, 3.4e38, NaN, -Infinity, 1 / 3, -0])],
  },
  {
    name: "i64 to i32 wraps",
    attrs: { to: "i32" },
    inputs: [given("i64", [4], [2 ** 31, -(2 ** 31) - 1, 2 ** 32 + 5, 7])],
  },
  { name: "i32 to u8 wraps", attrs: { to: "u8" }, inputs: [given("i32", [19], [256, -1, 300, 128, 7])] },
]);

const narrow = cases(
  ops.cast,
  narrowDTypes.flatMap((dtype) => [
    { name: `f32 to ${dtype}`, attrs: { to: dtype }, inputs: [random("f32", [5, 7], -9, 9)] },
    { name: `${dtype} to f32`, attrs: { to: "f32" as const }, inputs: [random(dtype, [17], -2, 1)] },
    { name: `${dtype} to f16`, attrs: { to: "f16" as const }, inputs: [random(dtype, [17], -2, 1)] },
  ]),
);

const bits = cases(ops.bitCast, [
  { attrs: { to: "i32" }, inputs: [random("f32", [3, 5])] },
  { attrs: { to: "f32" }, inputs: [random("i32", [17])] },
  { attrs: { to: "u8" }, inputs: [random("i8", [0])] },
  { attrs: { to: "f64" }, inputs: [random("i64", [])] },
]);

export const castCases: readonly OpCase[] = [...casts, ...narrow, ...bits];
