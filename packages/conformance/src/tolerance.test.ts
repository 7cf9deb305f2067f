import { ops, Tensor } from "@coracle/core";
import { expect, test } from "vitest";
import { firstDifference, toleranceOf } from "./index.ts";

const f32 = (...values: number[]): Tensor => Tensor.from("f32", [values.length], values);
const types = (length: number): { inputs: Tensor["type"][]; outputs: Tensor["type"][] } => ({
  inputs: [{ dtype: "f32", shape: [length] }],
  outputs: [{ dtype: "f32", shape: [1] }],
});

test("an exact op allows nothing, a rounding one more for longer sums", () => {
  expect(toleranceOf(ops.relu, {}, types(1), "f32")).toEqual({ relative: 0, absolute: 0 });
  const attrs = { keepDims: false, noopWithEmptyAxes: false };
  const [short, long] = [2, 20_000].map((length) => toleranceOf(ops.reduceSum, attrs, types(length), "f32"));
  expect(short!.relative).toBe(1e-5);
  expect(long!.relative).toBeCloseTo(1e-3);
});

test("integers differ by one only where the op quantises", () => {
  const inputs = [{ dtype: "f32", shape: [3] }] as const;
  expect(toleranceOf(ops.exp, {}, { inputs, outputs: inputs }, "u8").absolute).toBe(1);
  const whole = [{ dtype: "u8", shape: [3] }] as const;
  expect(toleranceOf(ops.add, {}, { inputs: whole, outputs: whole }, "u8").absolute).toBe(0);
});

test("the first difference is named by its position", () => {
  const none = { relative: 0, absolute: 0 };
  const given = Tensor.from("f32", [2, 3], [0, 1, 2, 3, 4, 6]);
  const expected = Tensor.from("f32", [2, 3], [0, 1, 2, 3, 4, 5]);
  expect(firstDifference(given, expected, none)).toContain("element [1,2] of [2,3] is 6; expected 5");
  expect(firstDifference(given, expected, { relative: 0.3, absolute: 0 })).toBeUndefined();
});

test("NaN equals NaN alone, infinity its own sign alone, and zeros of both signs are equal", () => {
  const loose = { relative: 1, absolute: 1 };
  expect(firstDifference(f32(NaN, Infinity, -0), f32(NaN, Infinity, 0), loose)).toBeUndefined();
  expect(firstDifference(f32(NaN), f32(0), loose)).toBeDefined();
  expect(firstDifference(f32(0), f32(NaN), loose)).toBeDefined();
  expect(firstDifference(f32(-Infinity), f32(Infinity), loose)).toBeDefined();
  expect(firstDifference(f32(1e38), f32(Infinity), loose)).toBeDefined();
});
