import { expect, test } from "vitest";
import type { Shape } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { matMul } from "./mat-mul.ts";

const f32 = (shape: Shape): TensorType => ({ dtype: "f32", shape });
const tensor = (shape: readonly number[], values: readonly number[]): Tensor =>
  Tensor.from("f32", shape, values);
const values = ([y]: readonly Tensor[]): number[] => Array.from(y!.data as Float32Array, Number);
const a = tensor([2, 3], [1, 2, 3, 4, 5, 6]);
const b = tensor([3, 2], [7, 8, 9, 10, 11, 12]);

test("multiplies", () => {
  expect(values(matMul.reference([a, b], {}))).toEqual([58, 64, 139, 154]);
});

test("transposes either side", () => {
  const [at, bt] = [tensor([3, 2], [1, 4, 2, 5, 3, 6]), tensor([2, 3], [7, 9, 11, 8, 10, 12])];
  expect(values(matMul.reference([at, b], { transA: true }))).toEqual([58, 64, 139, 154]);
  expect(values(matMul.reference([a, bt], { transB: true }))).toEqual([58, 64, 139, 154]);
  expect(values(matMul.reference([at, bt], { transA: true, transB: true }))).toEqual([58, 64, 139, 154]);
});

test("scales, adds the bias, then applies the activation", () => {
  const attrs = { alpha: 0.5, activation: { kind: "clip", min: 0, max: 50 } } as const;
  expect(values(matMul.reference([a, b, tensor([2], [-100, 1])], attrs))).toEqual([0, 33, 0, 50]);
});

test("vectors lose their dimension again", () => {
  const v = tensor([3], [1, 0, 2]);
  const products = [matMul.reference([a, v], {}), matMul.reference([v, b], {}), matMul.reference([v, v], {})];
  expect(products.map(values)).toEqual([[7, 16], [29, 32], [5]]);
  expect(products.map(([y]) => y!.shape)).toEqual([[2], [2], []]);
});

test("batches broadcast", () => {
  const left = tensor([2, 1, 1, 1], [1, 2]);
  const right = tensor([3, 1, 1], [10, 20, 30]);
  const y = matMul.reference([left, right], {});
  expect(y[0]!.shape).toEqual([2, 3, 1, 1]);
  expect(values(y)).toEqual([10, 20, 30, 20, 40, 60]);
});

test("64-bit integers are exact, and 32-bit ones wrap", () => {
  const big = Tensor.from("i64", [1, 1], BigInt64Array.of(2n ** 53n + 1n));
  const three = Tensor.from("i64", [1, 1], BigInt64Array.of(3n));
  expect(matMul.reference([big, three], {})[0]!.data[0]).toBe(3n * 2n ** 53n + 3n);
  const small = Tensor.from("i32", [1, 1], [2 ** 30]);
  expect(matMul.reference([small, Tensor.from("i32", [1, 1], [3])], {})[0]!.data[0]).toBe(-(2 ** 30));
});

test("an empty inner dimension gives zeros", () => {
  expect(values(matMul.reference([tensor([2, 0], []), tensor([0, 2], [])], {}))).toEqual([0, 0, 0, 0]);
});

test("types keep symbols", () => {
  expect(matMul.infer([f32(["n", 128, 64]), f32([64, 32])], {}, [])).toEqual([f32(["n", 128, 32])]);
  expect(matMul.flops!([f32([3, 2, 4]), f32([4, 5])], [], {})).toBe(2 * 3 * 2 * 4 * 5);
});

test("says what did not fit", () => {
  expect(() => matMul.infer([f32([2, 3]), f32([2, 3])], {}, [])).toThrow(
    "a has 3 columns and b 2 rows; expected the same number (a [2,3], b [2,3]).",
  );
  expect(() => matMul.infer([f32([2, 3]), f32([3, 4]), f32([3])], {}, [])).toThrow(
    "bias has shape [3]; expected [4] (columns of b).",
  );
  expect(() => matMul.infer([f32([]), f32([3, 4])], {}, [])).toThrow(
    "a is a scalar; expected at least 1 dimension.",
  );
});
