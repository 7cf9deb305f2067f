import { describe, expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "./index.ts";
import { f32, i64, run, runBig, tensor, typeOf, vector } from "./testing/run.ts";

const { NaN: nan } = Number;
const big = (...values: bigint[]): Tensor => Tensor.from("i64", [values.length], BigInt64Array.from(values));

test("shapes broadcast as in numpy", () => {
  const column = f32([2, 1], [10, 20]);
  expect(run(ops.add, {}, [column, vector(1, 2, 3)])).toEqual({
    shape: [2, 3],
    values: [11, 12, 13, 21, 22, 23],
  });
  expect(run(ops.mul, {}, [f32([], [3]), f32([0, 2], [])])).toEqual({ shape: [0, 2], values: [] });
  expect(
    typeOf(ops.add, {}, [
      { dtype: "f32", shape: ["n", 1] },
      { dtype: "f32", shape: [4] },
    ]).shape,
  ).toEqual(["n", 4]);
});

test("integers wrap, and i64 keeps every digit", () => {
  expect(run(ops.add, {}, [tensor("u8", [1], [250]), tensor("u8", [1], [10])]).values).toEqual([4]);
  expect(run(ops.mul, {}, [tensor("i32", [1], [65537]), tensor("i32", [1], [65537])]).values).toEqual([
    131073,
  ]);
  expect(runBig(ops.add, {}, [big(2n ** 62n), big(1n)])).toEqual([2n ** 62n + 1n]);
  expect(runBig(ops.mul, {}, [big(2n ** 62n), big(4n)])).toEqual([0n]);
});

test("integer division truncates toward zero, and by zero gives zero", () => {
  expect(run(ops.div, {}, [i64([7, -7, 7, 5]), i64([2, 2, -2, 0])]).values).toEqual([3, -3, -3, 0]);
  expect(run(ops.div, {}, [tensor("i32", [2], [-7, 1]), tensor("i32", [2], [2, 0])]).values).toEqual([-3, 0]);
  expect(run(ops.div, {}, [vector(1, -1), vector(0, 0)]).values).toEqual([Infinity, -Infinity]);
});

test("mod has the divisor's sign, fmod the dividend's", () => {
  const [x, y] = [i64([-4, 7, 5, 4, -7, 8]), i64([2, -3, 8, -2, 3, 5])];
  expect(run(ops.mod, { fmod: false }, [x, y]).values).toEqual([0, -2, 5, 0, 2, 3]);
  expect(run(ops.mod, { fmod: true }, [x, y]).values.map((v) => v + 0)).toEqual([0, 1, 5, 0, -1, 3]);
});

test("pow mixes dtypes and has x's, and no exponent takes forever", () => {
  expect(run(ops.pow, {}, [tensor("i32", [3], [1, 2, 3]), vector(4, 5, 6)]).values).toEqual([1, 32, 729]);
  expect(run(ops.pow, {}, [vector(1, 2, 3), i64([4, 5, 6])]).values).toEqual([1, 32, 729]);
  expect(runBig(ops.pow, {}, [big(3n, 2n, -1n, 2n), big(40n, 2n ** 62n, -3n, -1n)])).toEqual([
    12157665459056928801n - 2n ** 64n,
    0n,
    -1n,
    0n,
  ]);
});

test("min and max propagate NaN", () => {
  expect(run(ops.max, {}, [vector(1, nan, 3), vector(2, 2, nan)]).values).toEqual([2, nan, nan]);
  expect(run(ops.min, {}, [vector(1, nan, 3), vector(2, 2, nan)]).values).toEqual([1, nan, nan]);
});

test("shifts by the width or more give zero", () => {
  const x = Tensor.from("u64", [2], BigUint64Array.of(16n, 2n ** 63n));
  const y = Tensor.from("u64", [2], BigUint64Array.of(2n, 2n ** 62n));
  expect(runBig(ops.bitShift, { direction: "right" }, [x, y])).toEqual([4n, 0n]);
  expect(runBig(ops.bitShift, { direction: "left" }, [x, y])).toEqual([64n, 0n]);
  expect(
    run(ops.bitShift, { direction: "left" }, [tensor("u8", [2], [255, 1]), tensor("u8", [2], [1, 9])]).values,
  ).toEqual([254, 0]);
});

test("bitwise functions work on unsigned numbers above 2^31", () => {
  const [x, y] = [tensor("u32", [1], [0xf0000001]), tensor("u32", [1], [0x80000003])];
  expect(run(ops.bitwiseAnd, {}, [x, y]).values).toEqual([0x80000001]);
  expect(run(ops.bitwiseXor, {}, [x, y]).values).toEqual([0x70000002]);
});

test("comparisons with NaN are false", () => {
  const [x, y] = [vector(nan, 1, 2), vector(nan, 1, 1)];
  expect(run(ops.equal, {}, [x, y]).values).toEqual([0, 1, 0]);
  expect(run(ops.greaterOrEqual, {}, [x, y]).values).toEqual([0, 1, 1]);
  expect(run(ops.less, {}, [x, y]).values).toEqual([0, 0, 0]);
});

test("prelu scales what is below zero", () => {
  expect(run(ops.prelu, {}, [f32([2, 2], [-1, 2, -3, 4]), vector(0.5, 2)]).values).toEqual([
    -0.5, 2, -1.5, 4,
  ]);
});

test("a fused activation is applied to the result", () => {
  expect(
    run(ops.add, { activation: { kind: "clip", min: 0, max: 6 } }, [vector(-5, 5), vector(1, 4)]).values,
  ).toEqual([0, 6]);
});

test("where picks by the condition, broadcasting all three", () => {
  const condition = tensor("bool", [2, 1], [1, 0]);
  expect(run(ops.where, {}, [condition, vector(1, 2), f32([], [9])])).toEqual({
    shape: [2, 2],
    values: [1, 2, 9, 9],
  });
});

describe("type rules", () => {
  test("refuse shapes that do not broadcast and mixed dtypes", () => {
    const f = (...shape: number[]) => ({ dtype: "f32", shape }) as const;
    expect(() => typeOf(ops.add, {}, [f(2, 3), f(2)])).toThrow(
      "shapes [2,3] and [2]; expected dimensions that are equal or 1.",
    );
    expect(() => typeOf(ops.add, {}, [f(2), { dtype: "i32", shape: [2] }])).toThrow(
      "f32 and i32; expected one dtype",
    );
    expect(() => typeOf(ops.and, {}, [f(2), f(2)])).toThrow("inputs are f32; expected bool.");
  });
});

describe("cast", () => {
  const to = (dtype: "f16" | "bf16" | "i32" | "i8" | "bool" | "u64" | "i64", x: Tensor): number[] =>
    run(ops.cast, { to: dtype }, [x]).values;

  test("rounds floats to nearest even", () => {
    expect(to("f16", vector(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -24, 2 ** -26))).toEqual([
      1,
      1 + 2 ** -9,
      65504,
      Infinity,
      2 ** -24,
      0,
    ]);
    expect(to("bf16", vector(1 + 2 ** -8, 1 + 3 * 2 ** -8, nan))).toEqual([1, 1 + 2 ** -6, nan]);
  });

  test("truncates to integers, wraps them, and keeps the low bits of i64", () => {
    expect(to("i32", vector(1.9, -1.9))).toEqual([1, -1]);
    expect(to("i8", tensor("i32", [2], [200, -129]))).toEqual([-56, 127]);
    expect(to("i32", big(2n ** 60n + 7n, -(2n ** 40n) - 1n))).toEqual([7, -1]);
    expect(to("bool", vector(0, -0, 0.1, nan))).toEqual([0, 0, 1, 1]);
    expect(to("i64", vector(1e30, nan))).toEqual([2 ** 63, 0]);
    expect(to("u64", vector(2 ** 63))).toEqual([2 ** 63]);
  });

  test("bitCast reads the same bytes and asks for the same width", () => {
    expect(run(ops.bitCast, { to: "i32" }, [vector(1)]).values).toEqual([0x3f800000]);
    expect(() => typeOf(ops.bitCast, { to: "i64" }, [{ dtype: "f32", shape: [] }])).toThrow(
      "f32 to i64; expected dtypes of the same width.",
    );
  });
});
