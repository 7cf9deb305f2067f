import { expect, test } from "vitest";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { averagePool } from "./average-pool.ts";
import { globalAveragePool, globalLpPool, globalMaxPool } from "./global-pool.ts";
import { lpPool } from "./lp-pool.ts";
import { maxPool } from "./max-pool.ts";
import { maxUnpool } from "./max-unpool.ts";
import type { PoolAttrs } from "./shared/pool.ts";

const base: PoolAttrs = {
  kernel: [5, 5],
  strides: [1, 1],
  pads: [2, 2, 2, 2],
  dilations: [1, 1],
  ceilMode: false,
  autoPad: "none",
};
const max = { storageOrder: 0 as const, withIndices: false };
const oneTo = (n: number, shape: readonly number[]): Tensor =>
  Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length: n }, (_, i) => i + 1),
  );
const square = oneTo(25, [1, 1, 5, 5]);
const values = (y: Tensor | undefined): number[] => Array.from(y!.data as Float32Array, Number);

test("maxPool with padding, as ONNX's own example", () => {
  const [y] = maxPool.reference([square], { ...base, ...max });
  expect(values(y)).toEqual([
    13, 14, 15, 15, 15, 18, 19, 20, 20, 20, 23, 24, 25, 25, 25, 23, 24, 25, 25, 25, 23, 24, 25, 25, 25,
  ]);
});

test("maxPool's indices count rows first, or columns first, over the whole tensor", () => {
  const attrs = { ...base, kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], ...max, withIndices: true };
  expect(values(maxPool.reference([square], attrs)[1])).toEqual([6, 8, 16, 18]);
  expect(values(maxPool.reference([square], { ...attrs, storageOrder: 1 })[1])).toEqual([6, 16, 8, 18]);
  expect(values(maxPool.reference([oneTo(32, [2, 1, 4, 4])], attrs)[1])).toEqual([
    5, 7, 13, 15, 21, 23, 29, 31,
  ]);
});

test("maxPool keeps the first of equal maxima, and padding never wins", () => {
  const x = Tensor.from("f32", [1, 1, 2, 2], [-3, -3, -3, -5]);
  const attrs = { ...base, kernel: [3, 3], pads: [1, 1, 1, 1], ...max, withIndices: true };
  const [y, indices] = maxPool.reference([x], attrs);
  expect(values(y)).toEqual([-3, -3, -3, -3]);
  expect(values(indices)).toEqual([0, 0, 0, 0]);
});

test("maxPool in ceil mode and dilated, as ONNX's own examples", () => {
  const x = oneTo(16, [1, 1, 4, 4]);
  const ceil = { ...base, kernel: [3, 3], strides: [2, 2], pads: [0, 0, 0, 0], ceilMode: true, ...max };
  expect(values(maxPool.reference([x], ceil)[0])).toEqual([11, 12, 15, 16]);
  const dilated = { ...base, kernel: [2, 2], dilations: [2, 2], pads: [0, 0, 0, 0], ...max };
  expect(values(maxPool.reference([x], dilated)[0])).toEqual([11, 12, 15, 16]);
});

test("maxPool of 8-bit integers", () => {
  const x = Tensor.from("i8", [1, 1, 1, 3], [-128, -5, 7]);
  const attrs = { ...base, kernel: [1, 2], pads: [0, 0, 0, 0], ...max };
  const [y] = maxPool.reference([x], attrs);
  expect(y!.dtype).toBe("i8");
  expect(values(y)).toEqual([-5, 7]);
});

test("averagePool divides by what lies inside, or counts the padding", () => {
  const attrs = { ...base, kernel: [3], strides: [1], dilations: [1], pads: [1, 1] };
  const x = Tensor.from("f32", [1, 1, 3], [3, 6, 12]);
  expect(values(averagePool.reference([x], { ...attrs, countIncludePad: false })[0])).toEqual([4.5, 7, 9]);
  expect(values(averagePool.reference([x], { ...attrs, countIncludePad: true })[0])).toEqual([3, 7, 6]);
});

test("averagePool never counts what ceil mode adds past the padding", () => {
  const attrs = { ...base, kernel: [3], strides: [2], dilations: [1], pads: [0, 0], ceilMode: true };
  const x = Tensor.from("f32", [1, 1, 4], [1, 2, 3, 5]);
  expect(values(averagePool.reference([x], { ...attrs, countIncludePad: true })[0])).toEqual([2, 4]);
});

test("lpPool is the norm of each window", () => {
  const attrs = { ...base, kernel: [2], strides: [2], dilations: [1], pads: [0, 0], p: 2 };
  expect(values(lpPool.reference([Tensor.from("f32", [1, 1, 4], [3, -4, 5, 12])], attrs)[0])).toEqual([
    5, 13,
  ]);
});

test("global pools give one value for each channel", () => {
  const x = Tensor.from("f32", [1, 2, 1, 2], [3, 4, -6, 8]);
  expect(values(globalAveragePool.reference([x], {})[0])).toEqual([3.5, 1]);
  expect(values(globalMaxPool.reference([x], {})[0])).toEqual([4, 8]);
  expect(values(globalLpPool.reference([x], { p: 2 })[0])).toEqual([5, 10]);
  const type: TensorType = { dtype: "f32", shape: ["n", 2, "h", "w"] };
  expect(globalAveragePool.infer([type], {}, [])).toEqual([{ dtype: "f32", shape: ["n", 2, 1, 1] }]);
});

const unpool = { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] };
const pooled = Tensor.from("f32", [1, 1, 2, 2], [5, 6, 7, 8]);
const where = Tensor.from("i64", [1, 1, 2, 2], [5, 7, 13, 15]);

test("maxUnpool puts values back, in a given shape as ONNX's own example", () => {
  expect(values(maxUnpool.reference([pooled, where], unpool)[0])).toEqual([
    0, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 0, 7, 0, 8,
  ]);
  const [y] = maxUnpool.reference([pooled, where, Tensor.ints([1, 1, 5, 5])], unpool);
  expect(values(y)).toEqual([0, 0, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 0, 0, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0]);
});

test("maxUnpool rejects an index outside", () => {
  const wrong = Tensor.from("i64", [1, 1, 2, 2], [5, 7, 13, 16]);
  expect(() => maxUnpool.reference([pooled, wrong], unpool)).toThrow("index 16; expected one in [0, 15].");
});

test("pools reject a rank that their kernel does not fit", () => {
  expect(() => maxPool.infer([{ dtype: "f32", shape: [1, 2, 3] }], { ...base, ...max }, [])).toThrow(
    "input has shape [1,2,3]; expected rank 4.",
  );
});
